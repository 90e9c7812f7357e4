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

from collections.abc import Iterable, Sequence
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

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
from reconciler.model.roster import Member, RoomState, Unlisted
from reconciler.planning.occurrences import active, next_change
from reconciler.planning.override_fit import NOT_APPLIED, Misfit, misfit
from reconciler.planning.roster_layers import RosterLayers

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
    chosen = (
        override
        for override in overrides
        if override.until is None or override.until > at
    )
    return tuple(sorted(chosen, key=lambda override: override.id))


def in_force(overrides: Iterable[Override], at: float) -> tuple[Override, ...]:
    """Of the lasting overrides the newest of each subject, oldest first."""
    newest = {subject(override): override for override in lasting(overrides, at)}
    return tuple(sorted(newest.values(), key=lambda override: override.id))


def superseded(overrides: Iterable[Override], new: Override) -> tuple[Override, ...]:
    """The older overrides that *new* covers to their end: they never count again."""
    return tuple(
        override
        for override in overrides
        if override.id != new.id
        and subject(override) == subject(new)
        and (
            new.until is None
            or (override.until is not None and override.until <= new.until)
        )
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
    declared = {member.label for member in declaration.roster.members}
    layers, unfit = _laid(declaration, entry, chosen, words, at), list[Origin]()
    while found := misfit(layers.members, declared, words):
        unfit += (
            _unfit(found, override) for override in words if found.covers(override)
        )
        words = tuple(override for override in words if not found.covers(override))
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
) -> "RosterLayers":
    """Every layer on the base roster."""
    layers = RosterLayers.of(declaration.roster)
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
    return any(member is not None and member.for_a_time for member in members)


class _Chosen(Struct, frozen=True):
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
    modes = {mode.name: mode for mode in declaration.modes}
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


def _apply_presences(layers: RosterLayers, declaration: Declaration, at: float) -> None:
    for presence in declaration.presences:
        if not any(active(period, at) for period in presence.periods):
            until = next_change(presence.periods, at)
            for label in presence.labels:
                layers.dismiss(label, Origin(label, "presence", "schedule", until))


def _apply_mode(layers: RosterLayers, mode: Mode, origin: Origin) -> None:
    for label, fields in mode.members:
        layers.put(label, dict(fields), origin)
    if mode.unlisted is not None:
        layers.put_unlisted(mode.unlisted, origin)


def _apply_state(
    layers: RosterLayers,
    declaration: Declaration,
    entry: ScheduleEntry | None,
    words: Iterable[Override],
    at: float,
) -> None:
    overrides = [x for x in words if x.verb in {OverrideVerb.START, OverrideVerb.END}]
    if not overrides and entry is not None and entry.state is not None:
        until = _schedule_until(declaration.schedule, at)
        layers.put_state(entry.state, Origin("", "state", "schedule", until))


def _apply_override(layers: RosterLayers, override: Override) -> None:
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
    times = [override.until for override in overrides]
    times += [_schedule_until(declaration.schedule, at)]
    times += [next_change(presence.periods, at) for presence in declaration.presences]
    return min((time for time in times if time is not None), default=None)
