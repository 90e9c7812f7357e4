"""Effective roster at an instant: declaration, mode, schedule and overrides.

layer                    changes                                          source
base roster              as the file has it, roles applied                none
presence                 members outside their periods are not declared   schedule
mode                     the fields that the mode names                   mode NAME
state                    the room's state                                 schedule
overrides, oldest first  see ``model.declaration.Override``               override

A mode by override counts before the schedule's, and that before the file's; so does
a state. Of the overrides about one subject the newest counts (``subject``). An
override counts from when it is made: its ``at`` is on record, but not compared, for
the clocks of two machines differ. One of a label or mode that is not declared has
no effect until it is; nor has one whose coaching does not fit, see ``override_fit``.

A state field that the file does not declare, and a schedule's mode or an override does,
is ``Member.temporary``; one that the file declares otherwise is ``Member.overridden``.
The mode that the file itself names declares for good.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from reconciler.model.declaration import (
    NORMAL,
    Declaration,
    Effective,
    Mode,
    Origin,
    Override,
    OverrideVerb,
    ScheduleEntry,
)
from reconciler.model.roster import Group, Member, RoomState, Roster, Unlisted, Value
from reconciler.planning.occurrences import active, next_change
from reconciler.planning.override_fit import NOT_APPLIED, Misfit, misfit

STATE_FIELDS = ("coaching", "end_conference_on_exit", "hold", "muted")
"""What a mode or an override may say of a member."""

STRANGERS = (Unlisted.KEEP, Unlisted.MUTE, Unlisted.HOLD, Unlisted.REMOVE)
"""What happens to strangers, from the mildest to the strictest."""

Subject = tuple[str, str, str]


def subject(override: Override) -> Subject:
    """What an override is about: of two with the same, the newer alone counts."""
    match override.verb:
        case OverrideVerb.SET:
            return "set", override.labels[0], override.fields[0][0]
        case OverrideVerb.START | OverrideVerb.END:
            return "state", "", ""
        case OverrideVerb.MUTE_ALL | OverrideVerb.ONLY | OverrideVerb.MODE:
            return str(override.verb), "", ""
        case _:
            assert_never(override.verb)


def lasting(overrides: Iterable[Override], at: float) -> tuple[Override, ...]:
    """The overrides that have not ended at *at*, oldest first."""
    chosen = (each for each in overrides if each.until is None or each.until > at)
    return tuple(sorted(chosen, key=lambda each: each.id))


def in_force(overrides: Iterable[Override], at: float) -> tuple[Override, ...]:
    """Of the lasting overrides the newest of each subject, oldest first."""
    newest = {subject(each): each for each in lasting(overrides, at)}
    return tuple(sorted(newest.values(), key=lambda each: each.id))


def superseded(overrides: Iterable[Override], new: Override) -> tuple[Override, ...]:
    """The older overrides that *new* covers to their end: they never count again."""
    return tuple(
        each
        for each in overrides
        if each.id != new.id
        and subject(each) == subject(new)
        and (new.until is None or (each.until is not None and each.until <= new.until))
    )


def is_plain(declaration: Declaration) -> bool:
    """Whether the roster alone is all that is declared."""
    return declaration == Declaration(declaration.roster)


def effective(
    declaration: Declaration, overrides: Sequence[Override], at: float
) -> Effective:
    """The roster at *at*, in Unix seconds, and until when nothing changes it.

    ``until`` is the soonest instant after *at* at which a period of the
    declaration begins or ends, or an override ends.
    """
    if not overrides and is_plain(declaration):
        return Effective(declaration.roster)
    words = in_force(overrides, at)
    entry = _entry(declaration.schedule, at)
    chosen = _mode(declaration, entry, words, at)
    declared = {each.label for each in declaration.roster.members}
    layers, unfit = _laid(declaration, entry, chosen, words, at), list[Origin]()
    while found := misfit(layers.members, declared, words):
        unfit += (_unfit(found, each) for each in words if found.covers(each))
        words = tuple(each for each in words if not found.covers(each))
        layers = _laid(declaration, entry, chosen, words, at)
    layers.note_unfit(unfit)
    until = _until(declaration, lasting(overrides, at), at)
    return Effective(
        layers.roster(declaration.roster), chosen.name, until, layers.described()
    )


def _laid(
    declaration: Declaration,
    entry: ScheduleEntry | None,
    chosen: "_Chosen",
    words: Iterable[Override],
    at: float,
) -> "_Layers":
    """Every layer on the base roster."""
    layers = _Layers.of(declaration.roster)
    _apply_presences(layers, declaration, at)
    if chosen.mode is not None:
        _apply_mode(layers, chosen.mode, chosen.origin)
        if chosen.by_file:
            layers.declare(declaration.roster)
    _apply_state(layers, declaration, entry, words, at)
    for override in words:
        _apply_override(layers, override)
    return layers


def _unfit(found: Misfit, override: Override) -> Origin:
    """Why *override* is not applied, as the origin of what counts instead."""
    origin = _by(override, f"{NOT_APPLIED}: {found.fault}")
    return replace(origin, label=found.label, field=override.fields[0][0])


def is_for_a_time(*members: Member | None) -> bool:
    """Whether an override or a mode changes one of *members*."""
    return any(each is not None and each.for_a_time for each in members)


@dataclass(slots=True)
class _Layers:
    """A roster while layers are laid on it: members by label, in the file's order.

    ``declared`` is the roster as the file has it, with the mode that the file names.
    """

    members: dict[str, Member]
    state: RoomState
    unlisted: Unlisted
    declared: Roster
    origins: dict[tuple[str, str], Origin] = field(default_factory=dict)

    @classmethod
    def of(cls, roster: Roster) -> "_Layers":
        members = {each.label: each for each in roster.members}
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
        for each in origins:
            key = each.label, each.field
            if each.field == "coaching" or key not in self.origins:
                self.origins[key] = each

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
            labels = tuple(each for each in group.labels if each in self.members)
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


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The mode that counts, and who chose it; ``mode`` None changes nothing.

    ``by_file`` says that the file names it itself, for good.
    """

    name: str
    mode: Mode | None
    origin: Origin
    by_file: bool = False


def _entry(schedule: Iterable[ScheduleEntry], at: float) -> ScheduleEntry | None:
    for entry in schedule:
        if entry.period is None or active(entry.period, at):
            return entry
    return None


def _mode(
    declaration: Declaration,
    entry: ScheduleEntry | None,
    words: Iterable[Override],
    at: float,
) -> _Chosen:
    modes = {each.name: each for each in declaration.modes}
    for override in words:
        name = override.mode
        if name is not None and (name in modes or name == NORMAL):
            return _Chosen(name, modes.get(name), _by(override, f"mode {name}"))
    name, until = declaration.mode, None
    scheduled = entry is not None and entry.mode is not None
    if entry is not None and entry.mode is not None:
        name, until = entry.mode, _schedule_until(declaration.schedule, at)
    origin = Origin("", "mode", f"mode {name}", until)
    return _Chosen(name, modes.get(name), origin, by_file=not scheduled)


def _apply_presences(layers: _Layers, declaration: Declaration, at: float) -> None:
    for presence in declaration.presences:
        if not any(active(each, at) for each in presence.periods):
            until = next_change(presence.periods, at)
            for label in presence.labels:
                layers.dismiss(label, Origin(label, "presence", "schedule", until))


def _apply_mode(layers: _Layers, mode: Mode, origin: Origin) -> None:
    for label, fields in mode.members:
        layers.put(label, dict(fields), origin)
    if mode.unlisted is not None:
        layers.put_unlisted(mode.unlisted, origin)


def _apply_state(
    layers: _Layers,
    declaration: Declaration,
    entry: ScheduleEntry | None,
    words: Iterable[Override],
    at: float,
) -> None:
    said = [x for x in words if x.verb in {OverrideVerb.START, OverrideVerb.END}]
    if not said and entry is not None and entry.state is not None:
        until = _schedule_until(declaration.schedule, at)
        layers.put_state(entry.state, Origin("", "state", "schedule", until))


def _apply_override(layers: _Layers, override: Override) -> None:
    origin = _by(override, "override")
    match override.verb:
        case OverrideVerb.SET:
            layers.put(override.labels[0], dict(override.fields), origin)
        case OverrideVerb.MUTE_ALL:
            for label in layers.members.keys() - set(override.labels):
                layers.put(label, {"muted": True}, origin)
            layers.put_unlisted(_stricter(layers.unlisted, Unlisted.MUTE), origin)
        case OverrideVerb.ONLY:
            for label in layers.members:
                layers.put(label, {"hold": label not in override.labels}, origin)
            layers.put_unlisted(_stricter(layers.unlisted, Unlisted.HOLD), origin)
        case OverrideVerb.START:
            layers.put_state(RoomState.OPEN, origin)
        case OverrideVerb.END:
            layers.put_state(RoomState.ENDED, origin)
        case OverrideVerb.MODE:
            pass
        case _:
            assert_never(override.verb)


def _by(override: Override, source: str) -> Origin:
    return Origin("", "", source, override.until, override.who, override.reason)


def _stricter(one: Unlisted, other: Unlisted) -> Unlisted:
    return max(one, other, key=STRANGERS.index)


def _schedule_until(schedule: Iterable[ScheduleEntry], at: float) -> float | None:
    return next_change([x.period for x in schedule if x.period is not None], at)


def _until(
    declaration: Declaration, overrides: Iterable[Override], at: float
) -> float | None:
    times = [each.until for each in overrides]
    times += [_schedule_until(declaration.schedule, at)]
    times += [next_change(each.periods, at) for each in declaration.presences]
    return min((each for each in times if each is not None), default=None)
