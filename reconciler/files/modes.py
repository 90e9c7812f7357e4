"""Modes: named variations of a room, expanded to changes per member."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec.structs import replace
from yaml.nodes import Node

from reconciler.files.coaching_field import read_coaching
from reconciler.files.directory import SharedKind
from reconciler.files.keys import MODE_KEYS
from reconciler.files.layers import role_keys
from reconciler.files.mapping import Entry, did_you_mean, entries, known, shown
from reconciler.files.name import check_name
from reconciler.files.room_members import ROLE, Cast
from reconciler.files.scalar import boolean
from reconciler.files.value import read_word
from reconciler.files.yaml_text import Page
from reconciler.model.declaration import NORMAL, Mode
from reconciler.model.roster import Fields, Unlisted, Value
from reconciler.planning.circle import circles

OTHERS: Final = "others"
UNLISTED: Final = "unlisted"


def read_modes(page: Page, entry: Entry | None, cast: Cast) -> tuple[Mode, ...]:
    """The modes of a room, and the shared ones that it does not declare itself."""
    own = (entries(page, "modes", entry.value) if entry else None) or {}
    modes = {name: read_mode(page, each, cast) for name, each in own.items()}
    shared = replace(cast, strict=False)
    for name, shared_entry in page.inputs.all(SharedKind.MODES).items():
        if name not in modes:
            page.inputs.find(SharedKind.MODES, name)
            modes[name] = read_mode(
                page, Entry(shared_entry.key, shared_entry.value), shared
            )
    return tuple(modes[name] for name in sorted(modes))


def read_mode(page: Page, entry: Entry, cast: Cast | None) -> Mode:
    """One mode; without a *cast* its form alone is checked."""
    name = entry.key.value
    check_name(page, "mode", entry.key)
    if name == NORMAL:
        hint = "normal is the roster without a mode: choose another name"
        page.wrong(entry.key, "the mode normal cannot be declared", hint)
    found = entries(page, f"mode {shown(name)}", entry.value) or {}
    unlisted = found.pop(UNLISTED, None)
    word = (
        read_word(page, UNLISTED, unlisted.value, tuple(Unlisted)) if unlisted else None
    )
    fields = {key: _fields(page, each, cast) for key, each in found.items()}
    members = tuple(_expanded(page, found, fields, cast)) if cast else ()
    if cast:
        _check_circles(page, entry, members, cast)
    return Mode(name, members, Unlisted(word) if word else None)


def _fields(page: Page, entry: Entry, cast: Cast | None) -> Fields:
    """The state fields that a mode gives whom its key names."""
    what = f"{shown(entry.key.value)} in a mode"
    hint = "a mode can only change muted, hold, coaching and end_conference_on_exit"
    found = known(page, what, entry.value, MODE_KEYS, {"to": hint, "timeout": hint})
    if found is None:
        return ()
    role = found.pop("role", None)
    if role and cast:
        keys = role_keys(page, role, cast.layers)
        found = {name: keys[name] for name in MODE_KEYS if name in keys} | found
    return tuple(sorted(_values(page, found, cast)))


def _values(
    page: Page, found: dict[str, Entry], cast: Cast | None
) -> Iterator[tuple[str, Value]]:
    for name, entry in found.items():
        if name == "coaching":
            whom = read_coaching(page, {"coaching": entry})
            _check_target(page, entry, whom, cast)
        else:
            whom = boolean(page, name, entry.value)
        if whom is not None:
            yield name, whom


def _check_target(
    page: Page, entry: Entry, whom: str | bool | None, cast: Cast | None
) -> None:
    if cast is None or not cast.strict or not isinstance(whom, str):
        return
    labels = [member.label for member in cast.members]
    if whom not in labels:
        hint = did_you_mean(whom, labels)
        page.wrong(entry.value, f"no participant has the label {shown(whom)}", hint)


def _expanded(
    page: Page, found: Mapping[str, Entry], fields: Mapping[str, Fields], cast: Cast
) -> Iterator[tuple[str, Fields]]:
    """What each member gets: of a role, over it of a group, over it of their label.

    ``others`` are those whom no key names.
    """
    named: dict[str, list[str]] = {}
    for key, entry in found.items():
        for label in _labels(page, key, entry.key, cast):
            named.setdefault(label, []).append(key)
    others = [OTHERS] if OTHERS in found else []
    for label in sorted(member.label for member in cast.members):
        keys = sorted(named.get(label, others), key=cast.rank)
        _check_ambiguous(
            page, label, found, fields, [(key, cast.rank(key)) for key in keys]
        )
        merged = {name: value for key in keys for name, value in fields[key]}
        if merged.get("coaching") == label:
            _note_own_coach(page, label, found[keys[-1]].key, cast)
            del merged["coaching"]
        if merged:
            yield label, tuple(sorted(merged.items()))


def _note_own_coach(page: Page, label: str, node: Node, cast: Cast) -> None:
    if cast.strict:
        hint = f"name {label} as well, without coaching"
        page.wrong(node, f"{shown(label)} cannot coach themselves", hint)


def _check_circles(
    page: Page, entry: Entry, members: Sequence[tuple[str, Fields]], cast: Cast
) -> None:
    """Note coaches who in this mode coach each other."""
    targets: dict[str, Value | None] = {e.label: e.coaching for e in cast.members}
    changed = {
        label: dict(fields)["coaching"]
        for label, fields in members
        if "coaching" in dict(fields)
    }
    if not changed:
        return
    targets |= changed
    for circle in circles(targets, lambda label: _label(targets[label])):
        path = " → ".join((*circle, circle[0]))
        hint = f"write coaching: false for {circle[0]}, or for another of them"
        page.wrong(entry.key, f"circular coaching in this mode: {path}", hint)


def _label(target: Value | None) -> str | None:
    return target if isinstance(target, str) else None


def _check_ambiguous(
    page: Page,
    label: str,
    found: Mapping[str, Entry],
    fields: Mapping[str, Fields],
    keys: Sequence[tuple[str, int]],
) -> None:
    """Note a field that two keys of one rank set otherwise, and no higher one sets."""
    last: dict[str, tuple[str, int, Value]] = {}
    unclear: dict[str, tuple[str, str]] = {}
    for key, rank in keys:
        for name, value in fields[key]:
            before, other_rank, other = last.get(name, (key, rank, value))
            if rank > other_rank:
                unclear.pop(name, None)
            elif other != value:
                unclear[name] = (before, key)
            last[name] = (key, rank, value)
    for name, (first, second) in unclear.items():
        message = (
            f"{shown(label)} is in {shown(first)} and {shown(second)}, which set "
            f"{name} "
            "differently"
        )
        page.wrong(found[second].key, message, f"write {name} for {label} as well")


def _labels(page: Page, key: str, node: Node, cast: Cast) -> tuple[str, ...]:
    labels = () if key == OTHERS else cast.labels(key)
    if labels is None and cast.strict:
        known_here = [
            *(member.label for member in cast.members),
            *(group.name for group in cast.groups),
            *{ROLE + member.role for member in cast.members if member.role},
            *(OTHERS, UNLISTED),
        ]
        hint = (
            did_you_mean(key, known_here)
            or "name a label, a group, role NAME or others"
        )
        page.wrong(node, f"{shown(key)} matches no participant", hint)
    return labels or ()
