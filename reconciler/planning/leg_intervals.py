"""Intervals of legs: since when each is as it is, and why it is still overheard.

a leg is             its earlier interval ends       a new one begins
as before            -                               -
different, or gone   at this observation             at this observation
overheard now and    at the observation before, or   there, with cause until-seen up to
not before           when it was made or declared    this observation, then a further one
told by events       when they date it: see          there, with cause until-seen while
                     ``leg_events``                  it is overheard
"""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from reconciler.model.recorded_observation import (
    LegInterval,
    ObservedLeg,
    ObservedRoom,
    OverheardCause,
    RoomCheck,
)
from reconciler.planning.leg_events import replayed

Advance = tuple[ObservedRoom, tuple[LegInterval, ...]]


def advance(
    before: ObservedRoom | None, after: ObservedRoom, check: RoomCheck | None = None
) -> Advance:
    """*after* with what it continues of *before*, and the intervals that ended.

    *check* is the last one on record, of whatever process: the room was observed as it
    was before at the latest of these times.
    """
    known = [before.seen_at] if before else []
    known += [check.checked_at] if check else []
    known += [after.previous_at] if after.previous_at is not None else []
    after = replace(after, previous_at=max(known, default=None))
    legs_before = {leg.call_sid: leg for leg in before.legs} if before else {}
    legs: list[ObservedLeg] = []
    ended: list[LegInterval] = []
    for leg in after.legs:
        continued, intervals = _continued(
            legs_before.pop(leg.call_sid, None), leg, after
        )
        legs.append(continued)
        ended += intervals
    for gone in legs_before.values():
        last, intervals = _walked(gone, replayed(gone, None, after), after.room)
        ended += intervals
        last = last or gone
        ended += _interval(after.room, last, last.since, after.seen_at)
    return replace(after, legs=tuple(legs), events=()), tuple(ended)


def open_intervals(room: ObservedRoom) -> tuple[LegInterval, ...]:
    """The intervals of connected legs that last."""
    return tuple(
        replace(interval, ends_at=None)
        for leg in room.legs
        for interval in _interval(room.room, leg, leg.since, float("inf"))
    )


def _continued(
    old: ObservedLeg | None, leg: ObservedLeg, after: ObservedRoom
) -> tuple[ObservedLeg, list[LegInterval]]:
    if states := replayed(old, leg, after):
        return _observed_after(old, leg, after, states)
    cause = _cause(old, leg)
    if cause is not leg.cause:
        leg = replace(leg, cause=cause)
    if old is not None and _state(old) == _state(leg):
        return _lasting(old, leg), []
    begins_at = _begins_at(old, leg, after)
    ended = list(_interval(after.room, old, old.since, begins_at)) if old else []
    if leg.overheard:
        late = replace(leg, cause=OverheardCause.UNTIL_SEEN)
        ended += _interval(after.room, late, begins_at, after.seen_at)
    return replace(leg, since=after.seen_at), ended


def _observed_after(
    old: ObservedLeg | None,
    leg: ObservedLeg,
    after: ObservedRoom,
    states: Iterable[ObservedLeg],
) -> tuple[ObservedLeg, list[LegInterval]]:
    """*leg*, which went through *states* since it was *old*."""
    last, ended = _walked(old, states, after.room)
    unseen = last is None or last.cause is OverheardCause.UNTIL_SEEN
    leg = replace(leg, cause=_cause(None if unseen else last, leg))
    if last is not None and _state(last) == _state(leg):
        return replace(leg, since=last.since), ended
    if last is not None:
        ended += _interval(after.room, last, last.since, after.seen_at)
    return replace(leg, since=after.seen_at), ended


def _walked(
    old: ObservedLeg | None, states: Iterable[ObservedLeg], room: str
) -> tuple[ObservedLeg | None, list[LegInterval]]:
    """The last of *states*, and the intervals of those before it, with their causes."""
    last, ended = old, list[LegInterval]()
    for leg in states:
        overheard_cause = last.cause if last and last.overheard else None
        late = (overheard_cause or OverheardCause.UNTIL_SEEN) if leg.overheard else None
        state = replace(leg, cause=late)
        if last is not None and _state(last) == _state(state):
            continue
        if last is not None:
            ended += _interval(room, last, last.since, state.since)
        last = state
    return last, ended


def _lasting(old: ObservedLeg, leg: ObservedLeg) -> ObservedLeg:
    """*leg*, which is in the state of *old*: *old* itself where nothing differs."""
    said = leg.participant, leg.member, leg.declared_at
    same = said == (old.participant, old.member, old.declared_at)
    same = same and leg.participant.created_at == old.participant.created_at
    return old if same else replace(leg, since=old.since)


def _cause(old: ObservedLeg | None, leg: ObservedLeg) -> OverheardCause | None:
    """Why it is overheard: what is said of it now, else what was said before."""
    if not (leg.overheard and leg.participant.connected):
        return None
    before = old.cause if old else None
    return leg.cause or before or OverheardCause.UNTIL_CORRECTED


def _begins_at(old: ObservedLeg | None, leg: ObservedLeg, after: ObservedRoom) -> float:
    """When the state of *leg* began, as early as may be if it is overheard."""
    if not leg.overheard or (old is not None and old.cause is not None):
        return after.seen_at
    if after.previous_at is None:
        return after.seen_at
    bounds = [after.previous_at]
    if old is None:
        bounds.append(leg.participant.created_at or after.previous_at)
    else:
        bounds.append(old.since)
    if old is None or old.permitted is not leg.permitted:
        bounds.append(leg.declared_at or after.previous_at)
    return min(max(bounds), after.seen_at)


def _state(leg: ObservedLeg) -> tuple[Any, ...]:
    """What an interval is of: another state is another interval."""
    shown = leg.participant
    return (
        shown.conference_sid,
        shown.connected,
        shown.muted,
        shown.hold,
        shown.coaching,
        leg.audience,
        leg.target,
        leg.permitted,
        leg.cause,
        leg.label,
    )


def _interval(
    room: str, leg: ObservedLeg, begins_at: float, ends_at: float
) -> Iterator[LegInterval]:
    """The interval of a connected leg; none of no length."""
    shown = leg.participant
    if shown.connected and begins_at < ends_at:
        yield LegInterval(
            room=room,
            conference_sid=shown.conference_sid,
            call_sid=shown.call_sid,
            label=leg.label,
            begins_at=begins_at,
            ends_at=ends_at,
            audience=leg.audience,
            target=leg.target,
            permitted=leg.permitted,
            muted=shown.muted,
            hold=shown.hold,
            coaching=shown.coaching,
            cause=leg.cause,
        )
