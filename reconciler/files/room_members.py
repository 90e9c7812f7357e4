"""Members of a room: participants and members of groups, each once."""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct, field
from yaml.nodes import MappingNode, Node, ScalarNode

from reconciler.files.coaching_field import check_coaching
from reconciler.files.groups import (
    Candidates,
    group_of,
    read_groups,
    roles_by_label,
)
from reconciler.files.layers import Layers, read_roles
from reconciler.files.mapping import Entry, entries, shown
from reconciler.files.member_fields import RoomDefaults, read_fields, read_member
from reconciler.files.replacing import check_replacements
from reconciler.files.scalar import unquoted_form
from reconciler.files.warnings import (
    warn_of_callbacks,
    warn_of_machines,
    warn_of_start,
    warn_of_twins,
)
from reconciler.files.yaml_text import Page
from reconciler.model.roster import Group, Member

MOST: Final = 250
ROLE: Final = "role "
"""What a mode's key for a role begins with."""


class Cast(Struct, frozen=True):
    """Everybody whom a room declares; ``found`` has the entry of each label.

    ``participants`` are those of them that the room does not know from groups alone.

    ``candidates`` are its groups as the file has them. Where not ``strict``, modes
    may name others, too: they are written for several rooms, or nobody was read.
    """

    found: Mapping[str, Entry] = field(default_factory=dict)
    participants: Mapping[str, Entry] = field(default_factory=dict)
    members: tuple[Member, ...] = ()
    candidates: tuple[Candidates, ...] = ()
    groups: tuple[Group, ...] = ()
    layers: Layers = field(default_factory=Layers)
    strict: bool = True

    def group(self, name: str) -> Group | None:
        """The group called *name*."""
        return next((each for each in self.groups if each.name == name), None)

    def labels(self, key: str) -> tuple[str, ...] | None:
        """The members that *key* of a mode names, None where it names nobody."""
        if key in self.found:
            return (key,)
        if group := self.group(key):
            return group.labels
        return tuple(e.label for e in self.members if ROLE + e.role == key) or None

    def rank(self, key: str) -> int:
        """Which of two keys of a mode that name a member counts: the higher."""
        return 3 if key in self.found else 2 if self.group(key) else 1


def read_layers(
    page: Page, found: Mapping[str, Entry], groups: list[Candidates]
) -> Layers:
    """The roles of a room, and what its groups say of their members."""
    roles = read_roles(page, found.get("roles"))
    for each in roles.values():
        read_fields(page, each)
    people = {
        label: row for candidates in groups for label, row in candidates.people.items()
    }
    return Layers(roles, people, roles_by_label(page, groups))


def read_cast(
    page: Page,
    found: Mapping[str, Entry],
    shared: RoomDefaults,
    groups: list[Candidates],
) -> Cast:
    """The members and groups of a room."""
    own = _participants(page, found.get("participants"))
    _check_names(page, groups, own)
    everybody = own | dict(_listed(groups, own))
    if len(everybody) > MOST:
        message = f"a conference takes at most {MOST} people, not {len(everybody)}"
        key = (found.get("participants") or found["groups"]).key
        page.wrong(key, message, "Twilio rejects more (error 16020)")
        return Cast(strict=False)
    members = _members(page, everybody, shared)
    made = {
        candidates.name: (candidates.key, group_of(page, candidates))
        for candidates in groups
    }
    if members:
        first = found.get("participants") or found["groups"]
        _warn(page, first.key, everybody, members)
        warn_of_twins(page, everybody, members, [group for _, group in made.values()])
        warn_of_machines(page, made, members)
    return Cast(
        everybody,
        own,
        tuple(members.values()),
        tuple(groups),
        tuple(group for _, group in made.values()),
        shared.layers,
        strict=all(candidates.complete for candidates in groups),
    )


def groups_of(page: Page, found: Mapping[str, Entry]) -> list[Candidates]:
    """The groups of a room as its file has them."""
    return read_groups(page, found.get("groups")) if "groups" in found else []


def _participants(page: Page, entry: Entry | None) -> dict[str, Entry]:
    if entry is None:
        return {}
    if isinstance(entry.value, ScalarNode) and unquoted_form(entry.value) == "null":
        page.wrong(entry.value, "participants is null", "write {} for nobody")
        return {}
    return entries(page, "participants", entry.value) or {}


def _check_names(
    page: Page, groups: list[Candidates], own: Mapping[str, Entry]
) -> None:
    for candidates in groups:
        if candidates.name in own:
            where = page.place(own[candidates.name].key)
            message = f"{shown(candidates.name)} is a participant, too, at {where}"
            page.wrong(candidates.key, message, "give the group another name")


def _listed(
    groups: list[Candidates], own: Mapping[str, Entry]
) -> Iterator[tuple[str, Entry]]:
    """An entry without keys for each label that only groups name."""
    seen = set(own)
    for group in groups:
        for label, place in group.labels.items():
            if label not in seen:
                seen.add(label)
                start, end = place.start_mark, place.end_mark
                key = ScalarNode("", label, start, end, style='"')
                yield label, Entry(key, MappingNode("", [], start, end))


def _members(
    page: Page, found: Mapping[str, Entry], shared: RoomDefaults
) -> dict[str, Member]:
    members: dict[str, Member] = {}
    places: dict[str, Node] = {}
    for label, entry in found.items():
        members[label], place = read_member(page, entry, shared)
        if place is not None:
            places[label] = place
    check_coaching(page, members, places)
    keys = {label: entry.key for label, entry in found.items()}
    check_replacements(page, members, keys)
    return members


def _warn(
    page: Page, key: Node, found: Mapping[str, Entry], members: Mapping[str, Member]
) -> None:
    warn_of_callbacks(page, found, members)
    warn_of_start(page, key, tuple(members.values()))
