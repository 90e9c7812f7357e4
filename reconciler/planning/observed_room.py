"""An observation as it is recorded: who hears whom, who may, and what tells it from another."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from reconciler.model.ledger import Record
from reconciler.model.observation import (
    Conference,
    ConferenceStatus,
    Observation,
    Participant,
)
from reconciler.model.recorded_observation import (
    Audience,
    ObservedLeg,
    ObservedRoom,
    OverheardCause,
)
from reconciler.model.roster import Member, Roster, Unlisted
from reconciler.planning.audience import audibility, started
from reconciler.planning.plan import Plan


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
        sorted(_comparable(leg) for leg in room.legs),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _comparable(leg: ObservedLeg) -> list[Any]:
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
