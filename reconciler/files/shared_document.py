"""Shared documents: people, groups, roles and modes for all rooms of a load."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.files.directory import Name, SharedEntry, SharedKind, SharedPart
from reconciler.files.groups import note_no_rows, read_csv, read_labels
from reconciler.files.keys import PERSON_KEYS
from reconciler.files.label import check_label
from reconciler.files.layers import read_role
from reconciler.files.mapping import Entry, entries, is_extension, known, shown
from reconciler.files.member_fields import read_fields
from reconciler.files.modes import read_mode
from reconciler.files.name import check_name
from reconciler.files.node_shape import shape
from reconciler.files.referenced_files import SourceText
from reconciler.files.timezone_field import read_timezone
from reconciler.files.version import check_version
from reconciler.files.yaml_text import Page

KEYS: Final = ("version", *SharedKind)
_HINTS: Final = {"label": "the label is the key"} | dict.fromkeys(
    ("replaces", "schedule"), "write it in the room, under participants"
)


def is_shared(node: Node) -> bool:
    """Whether a document declares for all rooms: it names no conference.

    A part of a roster, which rooms include, has no version.
    """
    if not isinstance(node, MappingNode):
        return False
    names = {str(key.value) for key, _ in node.value if isinstance(key, ScalarNode)}
    names = {name for name in names if not is_extension(name)}
    if "conference" in names:
        return False
    kinds = names - {"version"}
    return "people" in names or not names or (kinds != names and kinds <= {*SharedKind})


def read_shared(page: Page, nodes: list[Node]) -> SharedPart:
    """What the documents *nodes* declare; what is wrong is noted."""
    errors, names = page.errors, dict[Name, SharedEntry]()
    for node in nodes:
        _read(page, node, names)
    texts = {
        name: SourceText(source_text.text, page.secret)
        for name, source_text in page.sources.items()
    }
    texts[page.file] = SourceText(page.text, page.secret)
    return SharedPart(names, texts, page.errors > errors)


def _read(page: Page, node: Node, names: dict[Name, SharedEntry]) -> None:
    found = known(
        page, "a document without conference", node, KEYS, {}, extensible=True
    )
    if not found:
        return
    if found.keys() == {"version"}:
        page.wrong(node, "a roster needs the key conference", "add conference: my-room")
    check_version(page, node, found.get("version"))
    for kind in SharedKind:
        if kind in found:
            for name, declared in _READERS[kind](page, found[kind]).items():
                _add(page, names, (kind, name), declared)


def _add(
    page: Page, names: dict[Name, SharedEntry], name: Name, declared: SharedEntry
) -> None:
    first = names.setdefault(name, declared)
    if first is not declared:
        where = page.place(first.key)
        message = (
            f"{shown(name[1])} is declared twice under {name[0]}; first at {where}"
        )
        page.wrong(declared.key, message, "declare it in one place")


def _people(page: Page, entry: Entry) -> dict[str, SharedEntry]:
    rows, files, complete = _rows(page, entry)
    found = entries(page, "people", rows) if rows else None
    for each in (found or {}).values():
        keys, unread = _check_person(page, each), page.inputs.unread
        if "to" not in keys and page.place(each.key) not in unread:
            label = shown(each.key.value)
            page.wrong(each.key, f"{label} has no 'to'", 'add to: "+1…"')
    return _declared(found, files) if complete else {}


def _rows(page: Page, entry: Entry) -> tuple[Node | None, frozenset[str], bool]:
    """The people of a mapping, or of the CSV file that it names; whether that is all."""
    file = _csv_of(entry.value)
    if file is None:
        return entry.value, frozenset({page.file}), True
    page.inputs.room.clear()
    people = read_csv(page, file)
    files = frozenset({page.file, *page.inputs.room})
    return (people.rows, files, people.complete) if people else (None, files, False)


def _csv_of(node: Node) -> Node | None:
    """The file named by ``{csv: FILE}``; a person called csv has keys."""
    if isinstance(node, MappingNode) and len(node.value) == 1:
        (key, value), *_ = node.value
        if key.value == "csv" and isinstance(value, ScalarNode):
            return value
    return None


def _check_person(page: Page, entry: Entry) -> dict[str, Entry]:
    """The keys of a person, with what is wrong with them noted."""
    check_label(page, entry.key)
    what = f"person {shown(entry.key.value)}"
    found = known(page, what, entry.value, PERSON_KEYS, _HINTS) or {}
    read_fields(page, found)
    if "timezone" in found:
        read_timezone(page, found["timezone"].value)
    return found


def _groups(page: Page, entry: Entry) -> dict[str, SharedEntry]:
    found = entries(page, "groups", entry.value) or {}
    read = {name: _group(page, each) for name, each in found.items()}
    return {name: shared_entry for name, shared_entry in read.items() if shared_entry}


def _group(page: Page, entry: Entry) -> SharedEntry | None:
    check_name(page, "group", entry.key)
    rows, files, complete = _rows(page, entry)
    if isinstance(rows, SequenceNode) and rows is entry.value:
        read_labels(page, f"group {shown(entry.key.value)}", rows)
    elif rows is entry.value:
        hint = "write [ann, bob] or {csv: people.csv}; a room says want, role and each"
        page.wrong(entry.value, "a group for all rooms is a list of labels", hint)
        return None
    if rows is None:
        return None
    if isinstance(rows, MappingNode):
        for each in (entries(page, "people", rows) or {}).values():
            _check_person(page, each)
    if not complete:
        return None
    if isinstance(rows, MappingNode) and not rows.value:
        note_no_rows(page, rows, entry.key.value)
    elif not rows.value:
        message = f"the group {shown(entry.key.value)} has no members"
        page.wrong(entry.key, message, "write [ann, bob]")
    return _one(entry.key, rows, files)


def _roles(page: Page, entry: Entry) -> dict[str, SharedEntry]:
    found = entries(page, "roles", entry.value) or {}
    for each in found.values():
        read_fields(page, read_role(page, each))
    return _declared(found, frozenset({page.file}))


def _modes(page: Page, entry: Entry) -> dict[str, SharedEntry]:
    found = entries(page, "modes", entry.value) or {}
    for each in found.values():
        read_mode(page, each, None)
    return _declared(found, frozenset({page.file}))


def _declared(
    found: Mapping[str, Entry] | None, files: frozenset[str]
) -> dict[str, SharedEntry]:
    return {
        name: _one(entry.key, entry.value, files)
        for name, entry in (found or {}).items()
    }


def _one(key: ScalarNode, value: Node, files: frozenset[str]) -> SharedEntry:
    return SharedEntry(key, value, files, (*sorted(files), shape(value)))


_READERS: Final[
    Mapping[SharedKind, Callable[[Page, Entry], dict[str, SharedEntry]]]
] = MappingProxyType(
    {
        SharedKind.PEOPLE: _people,
        SharedKind.GROUPS: _groups,
        SharedKind.ROLES: _roles,
        SharedKind.MODES: _modes,
    }
)
