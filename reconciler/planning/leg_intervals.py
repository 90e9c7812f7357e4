"""Intervals of legs: since when each is as it is, and why it is still overheard.

a leg is             its earlier interval ends       a new one begins
as before            -                               -
different, or gone   at this observation             at this observation
overheard now and    at the observation before, or   there, with cause until-seen up to
not before           when it was made or declared    this observation, then a further one
told by events       when they date it: see          there, with cause until-seen while
                     ``leg_events``                  it is overheard
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.ledger import Record
from reconciler.model.observation import (
    Conference,
    ConferenceStatus,
    Observation,
    Participant,
)
from reconciler.model.recorded_observation import (
    Audience,
    LegInterval,
    ObservedLeg,
    ObservedRoom,
    OverheardCause,
    RoomCheck,
)
from reconciler.model.roster import Member, Roster, Unlisted
from reconciler.planning.audience import audibility, started
from reconciler.planning.leg_events import replayed
from reconciler.planning.plan import Plan

Advance = tuple[ObservedRoom, tuple[LegInterval, ...]]


def observed_room(
    roster: Roster,
    plan: Plan,
    observation: Observation,
    records: Mapping[str, Record],
    seen_at: float,
    *,
    previous_at: float | None = None,
    started_sid: str | None = None,
) -> ObservedRoom:
    """What to record of *observation*, which *plan* compares with *roster*.

    *previous_at* is when the room was last observed before, *started_sid* the
    conference that was seen to have started.
    """
    conference = with_status(observation, started_sid)
    status = conference.status if conference else None
    hearing = audibility(status, observation.participants)
    members = {leg.call_sid: x.member for x in plan.people for leg in x.legs}

    def observed(leg: Participant) -> ObservedLeg:
        member = members.get(leg.call_sid)
        record = records.get(member.label) if member else None
        audience, target = hearing.audience(leg.call_sid)
        return ObservedLeg(
            participant=leg,
            member=member.label if member else None,
            audience=audience,
            target=target,
            permitted=permitted(member, roster.unlisted),
            since=seen_at,
            declared_at=record.changed_at if record else None,
        )

    return ObservedRoom(
        observation.room,
        seen_at,
        plan.generation,
        conference=conference,
        legs=tuple(map(observed, observation.participants)),
        previous_at=previous_at,
        calls=observation.calls,
        searched=observation.searched,
        last=observation.last,
    )


def with_status(observation: Observation, started_sid: str | None) -> Conference | None:
    """The conference, in progress if it is *started_sid* or its legs say so."""
    conference = observation.conference
    if conference is None or conference.status is ConferenceStatus.IN_PROGRESS:
        return conference
    known = conference.sid == started_sid
    if known or started(conference.status, observation.participants):
        return replace(conference, status=ConferenceStatus.IN_PROGRESS)
    return conference


def with_participants(
    room: ObservedRoom,
    shown: Mapping[str, Participant],
    causes: Mapping[str, OverheardCause],
    seen_at: float,
) -> ObservedRoom:
    """*room* at a later moment, with its legs as *shown* by call SID; others are gone.

    *causes* say why legs are overheard.
    """
    status = room.conference.status if room.conference else None
    hearing = audibility(status, shown.values())
    legs: list[ObservedLeg] = []
    for leg in room.legs:
        if leg.call_sid in shown:
            audience, target = hearing.audience(leg.call_sid)
            later = replace(
                leg,
                participant=shown[leg.call_sid],
                audience=audience,
                target=target,
                since=seen_at,
                cause=causes.get(leg.call_sid),
            )
            legs.append(later)
    return replace(room, legs=tuple(legs), seen_at=seen_at, previous_at=room.seen_at)


def permitted(member: Member | None, unlisted: Unlisted) -> Audience:
    """The widest audience that a roster allows a leg, of a member or of nobody."""
    if member is None:
        silent = unlisted in {Unlisted.MUTE, Unlisted.HOLD}
        return Audience.NOBODY if silent else Audience.ROOM
    if member.muted or member.hold:
        return Audience.NOBODY
    return Audience.TARGET if member.coaching else Audience.ROOM


def fingerprint(room: ObservedRoom | None) -> str:
    """A hash that two observations share if nothing differs that is recorded.

    "" for a room without a conference and for None: such a room needs no row.
    """
    if room is None or (room.conference is None and not room.legs):
        return ""
    conference = room.conference
    said = [
        [conference.sid, conference.status] if conference else None,
        sorted(_said(leg) for leg in room.legs),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _said(leg: ObservedLeg) -> list[Any]:
    shown = leg.participant
    return [
        shown.call_sid,
        shown.conference_sid,
        shown.label or "",
        shown.status,
        shown.muted,
        shown.hold,
        shown.coaching,
        shown.call_sid_to_coach or "",
        shown.end_conference_on_exit,
        shown.start_conference_on_enter,
        leg.member or "",
        leg.permitted,
    ]


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
