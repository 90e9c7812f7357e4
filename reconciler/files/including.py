"""``include``: parts of rosters in other files.

A room's own entries hold over those of the parts that it includes; what two parts give
differently is an error.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.files.document import documents
from reconciler.files.mapping import Entry, entries, known, shown
from reconciler.files.named_file import read_named
from reconciler.files.yaml_text import Page

JOINED: Final = frozenset(
    ("defaults", "participants", "roles", "groups", "modes", "redial", "limits")
)
"""Keys whose entries are joined; of any other the room's own value holds."""

_HINTS: Final = {
    "conference": "only the file that includes this one names the conference",
    "version": "only the file that includes this one has a version",
}


def with_included(
    page: Page, found: dict[str, Entry], keys: Iterable[str]
) -> dict[str, Entry]:
    """The keys of a room, and of the parts that it includes."""
    entry = found.get("include")
    if entry is None:
        return found
    part_keys = [key for key in keys if key not in _HINTS]
    parts = dict[str, dict[str, Entry]]()
    _read_all(page, entry.value, part_keys, (page.file,), parts)
    return found | _over(page, _joined(page, list(parts.values())), found)


def _read_all(
    page: Page,
    node: Node,
    keys: Sequence[str],
    above: tuple[str, ...],
    parts: dict[str, dict[str, Entry]],
) -> None:
    """Read what *node* includes into *parts*; *above* are the files that led here."""
    for each in _names(page, node):
        part = read_named(page, "include", each)
        if part is None or part.file in parts:
            if part is not None and part.file in above:
                _note_circle(page, each, above, part.file)
            continue
        if part.file in above:
            _note_circle(page, each, above, part.file)
            continue
        parts[part.file] = found = _read_part(page, part, keys)
        if "include" in found:
            below = found.pop("include").value
            _read_all(page, below, keys, (*above, part.file), parts)


def _names(page: Page, node: Node) -> Iterator[Node]:
    if isinstance(node, SequenceNode) and not node.tag:
        yield from node.value
    elif isinstance(node, ScalarNode):
        yield node
    else:
        page.wrong(
            node, "include must be a list of files", "write include: [part.yaml]"
        )


def _note_circle(page: Page, node: Node, above: tuple[str, ...], file: str) -> None:
    path = " → ".join((*above[above.index(file) :], file))
    page.wrong(node, f"circular include: {path}", "remove one of them")


def _read_part(page: Page, part: Page, keys: Sequence[str]) -> dict[str, Entry]:
    """The keys of a part of a roster, without those that are wrong."""
    nodes = list(documents(part, named=True))
    if len(nodes) > 1:
        part.sources[part.file] = page.sources[part.file]
        part.wrong(
            nodes[1],
            "a part of a roster must be a single document",
            "remove the line ---",
        )
    page.adopt(*part.problems)
    if not nodes:
        if not part.errors:
            part.wrong_at(
                1, 1, "no part of a roster in this file", "write participants: {}"
            )
            page.adopt(*part.problems)
        return {}
    what = "a part of a roster"
    return known(page, what, nodes[0], keys, _HINTS, extensible=True) or {}


def _joined(page: Page, parts: Sequence[dict[str, Entry]]) -> dict[str, Entry]:
    result: dict[str, Entry] = {}
    for part in parts:
        for name, entry in part.items():
            first = result.get(name)
            if first is None:
                result[name] = entry
            elif name in JOINED:
                result[name] = _both(page, name, first, entry, twice=True)
            else:
                _note_twice(page, name, entry.key, first.key)
    return result


def _over(
    page: Page, parts: dict[str, Entry], own: dict[str, Entry]
) -> dict[str, Entry]:
    """*parts*, with what the room says itself on top."""
    return {
        name: _both(page, name, own[name], entry, twice=False)
        if name in own and name in JOINED
        else own.get(name, entry)
        for name, entry in parts.items()
    }


def _both(page: Page, name: str, first: Entry, second: Entry, *, twice: bool) -> Entry:
    """The entries of both mappings; *twice* says that a common one is noted."""
    mine = entries(page, name, first.value)
    others = entries(page, name, second.value)
    if mine is None or others is None or not isinstance(first.value, MappingNode):
        return first
    for key in mine.keys() & others.keys() if twice else ():
        _note_twice(page, key, others[key].key, mine[key].key)
    more = [
        (entry.key, entry.value) for key, entry in others.items() if key not in mine
    ]
    node = first.value
    joined = MappingNode("", [*node.value, *more], node.start_mark, node.end_mark)
    return Entry(first.key, joined)


def _note_twice(page: Page, name: str, second: Node, first: Node) -> None:
    where = page.place(first)
    message = f"{shown(name)} is in two files that this room includes; first at {where}"
    page.wrong(second, message, "keep one, or write it in the room itself")
