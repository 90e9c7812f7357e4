"""A roster while layers are laid on it, each value with its origin."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.declaration import (
    Origin,
)
from reconciler.model.roster import Group, Member, RoomState, Roster, Unlisted, Value

STATE_FIELDS = ("coaching", "end_conference_on_exit", "hold", "muted")
"""What a mode or an override may say of a member."""


class RosterLayers(Struct):
    """A roster while layers are laid on it: members by label, in the file's order.

    ``declared`` is the roster as the file has it, with the mode that the file names.
    """

    members: dict[str, Member]
    state: RoomState
    unlisted: Unlisted
    declared: Roster
    origins: dict[tuple[str, str], Origin] = field(default_factory=dict)

    @classmethod
    def of(cls, roster: Roster) -> "RosterLayers":
        members = {member.label: member for member in roster.members}
        return cls(members, roster.state, roster.unlisted, roster)

    def declare(self, base: Roster) -> None:
        """What the layers come to so far is what the file says of *base*."""
        members = tuple(self.members.values())
        self.declared = replace(base, members=members, unlisted=self.unlisted)

    def put(self, label: str, fields: Mapping[str, Value], origin: Origin) -> None:
        """Give a member other values; nothing where it is not declared."""
        member = self.members.get(label)
        if member is None:
            return
        changed: dict[str, Any] = {
            name: value
            for name, value in fields.items()
            if getattr(member, name) != value
        }
        if changed:
            self.members[label] = replace(member, **changed)
        for name in changed:
            self._note(label, name, origin)

    def put_state(self, state: RoomState, origin: Origin) -> None:
        """Open or end the room."""
        if self.state is not state:
            self.state = state
            self._note("", "state", origin)

    def put_unlisted(self, unlisted: Unlisted, origin: Origin) -> None:
        """Say what happens to strangers."""
        if self.unlisted is not unlisted:
            self.unlisted = unlisted
            self._note("", "unlisted", origin)

    def dismiss(self, label: str, origin: Origin) -> None:
        """Let a member be declared no more."""
        if self.members.pop(label, None) is not None:
            self._note(label, "presence", origin)

    def _note(self, label: str, name: str, origin: Origin) -> None:
        self.origins[label, name] = replace(origin, label=label, field=name)

    def note_unfit(self, origins: Iterable[Origin]) -> None:
        """Say of overrides that are not applied why, unless the field has a reason."""
        for origin in origins:
            key = origin.label, origin.field
            if origin.field == "coaching" or key not in self.origins:
                self.origins[key] = origin

    def roster(self, base: Roster) -> Roster:
        """*base* as the layers leave it."""
        groups = base.groups
        if len(self.members) < len(base.members):
            groups = tuple(self._groups(base.groups))
        return replace(
            base,
            members=tuple(self._temporary()),
            state=self.state,
            unlisted=self.unlisted,
            groups=groups,
            temporary_unlisted=self.unlisted is not self.declared.unlisted,
        )

    def _temporary(self) -> Iterator[Member]:
        """The members, with the fields that are declared for a time only."""
        declared = {each.label: each for each in self.declared.members}
        for label, member in self.members.items():
            file = declared[label]
            names = () if member is file else tuple(_changed(file, member))
            if not names:
                yield member
                continue
            added = tuple(x for x in names if getattr(file, x) is None)
            other = tuple(x for x in names if x not in added)
            yield replace(member, temporary=added, overridden=other)

    def _groups(self, groups: Iterable[Group]) -> Iterator[Group]:
        for group in groups:
            labels = tuple(label for label in group.labels if label in self.members)
            if labels:
                yield replace(group, labels=labels)

    def described(self) -> tuple[Origin, ...]:
        """The origins, sorted by label and field."""
        return tuple(self.origins[key] for key in sorted(self.origins))


def _changed(file: Member, member: Member) -> Iterator[str]:
    """State fields that *member* declares otherwise than *file*."""
    for name in STATE_FIELDS:
        if getattr(member, name) not in {None, getattr(file, name)}:
            yield name
