"""Full conferences: members wait until a place is free."""

from reconciler.model.attempt import Attempt, CallOutcome
from reconciler.model.ledger import Record
from reconciler.model.roster import Member
from reconciler.planning.context import PlanningContext
from reconciler.planning.plan import Phase, Waiting
from reconciler.planning.redial import RingAllowed

FULL = 16020
"""Twilio's code for a conference without a place."""

MOST_PARTICIPANTS = 250
"""Twilio: conference participant resource, MaxParticipants."""


def when_free(
    room: PlanningContext, member: Member, record: Record, found: RingAllowed | Waiting
) -> RingAllowed | Waiting:
    """*found*, or what it is where the last ring met a full conference."""
    latest = record.latest
    if (
        latest is None
        or latest.code != FULL
        or latest.outcome is not CallOutcome.DELAYED
    ):
        return found
    most = dict(member.create_only).get("max_participants", MOST_PARTICIPANTS)
    inside = [leg for leg in room.legs if not room.leaving(leg.call_sid)]
    if isinstance(most, int) and len(inside) >= most:
        reason = f"the conference is full ({len(inside)}): called when somebody leaves"
        return Waiting(record.label, Phase.WAITING, reason)
    never_rang = all(
        attempt.outcome is CallOutcome.DELAYED for attempt in record.attempts
    )
    if isinstance(found, Waiting) and never_rang and _somebody_left(room, latest):
        return RingAllowed(latest.number + 1, "the conference is no longer full")
    return found


def _somebody_left(room: PlanningContext, full: Attempt) -> bool:
    """Whether a call ended, or was taken out, after the ring that found no place."""
    since = full.created_at
    ended = any(
        attempt.ended_at is not None and attempt.ended_at > since and attempt.call_sid
        for record in room.records.values()
        for attempt in record.attempts
    )
    removed = (fields.get("removed") for fields in room.ledger.memory.values())
    return ended or any(isinstance(at, int) and at + 1 > since for at in removed)
