"""States of a leg between two observations, as Twilio's signed events date them.

the events of a leg                                          are used
numbered in the order of their times, the last one says of   all that are not older than
the leg what the observation shows                           the observation before
otherwise                                                    none

An event is dated to the second: a leg counts as audible from the beginning of that
second, and as silent from its end, or from when the event came.

Listings lag behind events. A leg that is shown otherwise than its last event says is
looked at again soon (``is_outdated``).
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from msgspec.structs import replace

from reconciler.model.observation import Observation, Participant, ParticipantStatus
from reconciler.model.recorded_observation import (
    WIDTH,
    Audience,
    LegEvent,
    ObservedLeg,
    ObservedRoom,
)
from reconciler.planning.audience import audibility

LISTING_LAG_SECONDS = 10.0
"""Seconds for which a listing may lag behind an event: two, often; more than four, never seen."""

LOOK_AGAIN_SECONDS = 1.0


def is_outdated(observation: Observation, events: Iterable[LegEvent]) -> bool:
    """Whether *observation* shows a leg otherwise than the last of *events* says of it."""
    conference = observation.conference
    if conference is None:
        return False
    ordered = sorted(events, key=lambda event: event.sequence)
    last = {x.call_sid: x for x in ordered if x.conference_sid == conference.sid}
    shown = {x.call_sid: x for x in observation.participants}
    return any(not _is_shown(event, shown.get(sid)) for sid, event in last.items())


def _is_shown(event: LegEvent, leg: Participant | None) -> bool:
    if leg is None or leg.status is not ParticipantStatus.CONNECTED:
        return event.left
    return _agrees(event, leg)


def replayed(
    old: ObservedLeg | None, leg: ObservedLeg | None, after: ObservedRoom
) -> tuple[ObservedLeg, ...]:
    """What *old* went through until it was *leg* in *after*, each state ``since`` when.

    The last one is *leg*, or of one that left (None) a leg that is not connected.
    Without *old* it joined meanwhile. Empty where the events do not say it.
    """
    base = leg or old
    events = _between(base.participant, after) if base else []
    if base is None or not events or not _leads_to(events, leg):
        return ()
    if old and leg and old.permitted is not leg.permitted:
        return ()
    return tuple(_states(old, base, after, events))


def overheard_between(room: ObservedRoom) -> bool:
    """Whether an event tells that a leg, now otherwise, was overheard meanwhile."""
    legs = {leg.call_sid: leg for leg in room.legs}
    return any(
        WIDTH[_widest(event)] > WIDTH[leg.permitted]
        and event in _between(leg.participant, room)
        and not _agrees(event, leg.participant)
        for event in room.events
        if (leg := legs.get(event.call_sid)) is not None
    )


def _between(leg: Participant, after: ObservedRoom) -> list[LegEvent]:
    """The events of *leg* since the observation before, by their numbers.

    Those of the same second as that observation may be older than it: what they came to
    is newer only if it is another state than was observed, so the last of them counts.
    """
    since = after.previous_at
    if since is None:
        return []
    events = sorted(
        (
            x
            for x in after.events
            if x.call_sid == leg.call_sid
            and x.conference_sid == leg.conference_sid
            and x.by > since
            and x.at <= after.seen_at
        ),
        key=lambda x: x.sequence,
    )
    doubtful = [x for x in events if x.at < since]
    return doubtful[-1:] + [x for x in events if x.at >= since]


def _leads_to(events: list[LegEvent], leg: ObservedLeg | None) -> bool:
    if any(x.at > y.at for x, y in pairwise(events)):
        return False
    if any(x.left for x in events[:-1]):
        return False
    return events[-1].left if leg is None else _agrees(events[-1], leg.participant)


def _agrees(event: LegEvent, shown: Participant) -> bool:
    told = (event.muted, event.hold, event.coaching, event.left)
    return told == (shown.muted, shown.hold, shown.coaching, False)


def _states(
    old: ObservedLeg | None,
    base: ObservedLeg,
    after: ObservedRoom,
    events: list[LegEvent],
) -> Iterator[ObservedLeg]:
    target = base.participant.call_sid_to_coach
    if target is None and old is not None:
        target = old.participant.call_sid_to_coach
    at = after.previous_at or 0.0
    audience = old.audience if old else Audience.NOBODY
    for event in events:
        state = _state(base, event, target, after)
        narrower = WIDTH[state.audience] < WIDTH[audience] or event.left
        at = min(max(at, event.by if narrower else event.at), after.seen_at)
        audience = state.audience
        yield replace(state, since=at)


def _state(
    base: ObservedLeg, event: LegEvent, target: str | None, after: ObservedRoom
) -> ObservedLeg:
    """*base* as *event* tells it."""
    if event.left:
        gone = replace(base.participant, status=ParticipantStatus.COMPLETE)
        return replace(base, participant=gone, audience=Audience.NOBODY, target=None)
    shown = replace(
        base.participant,
        muted=event.muted,
        hold=event.hold,
        coaching=event.coaching,
        call_sid_to_coach=target if event.coaching else None,
    )
    others = (x.participant for x in after.legs if x.call_sid != base.call_sid)
    status = after.conference.status if after.conference else None
    hearing = audibility(status, (*others, shown))
    audience, heard_by = hearing.audience(base.call_sid)
    return replace(base, participant=shown, audience=audience, target=heard_by)


def _widest(event: LegEvent) -> Audience:
    if event.muted or event.hold or event.left:
        return Audience.NOBODY
    return Audience.TARGET if event.coaching else Audience.ROOM
