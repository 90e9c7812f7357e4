"""Why a member is not in the room: in progress, unknown, ended or not called."""

from reconciler.model.attempt import UNCERTAIN, Attempt, AttemptState
from reconciler.model.ledger import Record
from reconciler.model.observation import (
    Call,
    CallStatus,
    Observation,
    Participant,
    ParticipantStatus,
)
from reconciler.model.roster import Redial
from reconciler.planning.describe import redialing, resolving
from reconciler.planning.plan import Phase, Waiting
from reconciler.planning.redial import RingAllowed, may_ring

LOST_CREATE_SECONDS = 30.0
"""Seconds for which a lost create is looked for before a person is asked."""

NO_RECORD_SECONDS = 60.0
"""Seconds after which a call without a record of its own needs a person."""

OVER_WITHOUT_RECORD_SECONDS = 300.0
"""Seconds after which a call without a record or a leg counts as ended."""

JOINING_SECONDS = 30.0
"""Seconds that may pass between an answer and the listing that shows it."""


FOUND_IN_CALLS = "found in the calls list"
"""The reason of an attempt whose call no answer and no leg has shown to be ours."""


def on_the_way(leg: Participant, record: Record) -> Waiting:
    """A leg that the listing shows and that has not answered."""
    ringing = leg.status is ParticipantStatus.RINGING
    attempt = record.open
    return Waiting(
        record.label,
        Phase.RINGING if ringing else Phase.DIALING,
        "ringing" if ringing else f"{leg.status} at Twilio",
        since=attempt.created_at if attempt else None,
    )


def absence(
    record: Record, policy: Redial, observation: Observation, now: float
) -> RingAllowed | Waiting:
    """What to make of a member whom a complete listing does not show."""
    attempt = record.open
    if attempt is None:
        return may_ring(record, policy, now)
    if attempt.state is AttemptState.PLACED:
        call = observation.calls.get(attempt.call_sid or "")
        return _placed(attempt, call, now)
    return _lost(attempt, now)


def _lost(attempt: Attempt, now: float) -> Waiting:
    if now < attempt.created_at + LOST_CREATE_SECONDS:
        return Waiting(
            attempt.label,
            Phase.DIALING,
            "the request may have reached Twilio; looking for the call",
            since=attempt.created_at,
        )
    return Waiting(
        attempt.label,
        Phase.STALLED,
        "needs a decision: the call may have reached the phone, but no record of it "
        f"was found. {_resolving(attempt)}",
        since=attempt.created_at,
    )


def _placed(attempt: Attempt, call: Call | None, now: float) -> Waiting:
    label, since = attempt.label, attempt.created_at
    if call is None:
        if now < since + NO_RECORD_SECONDS:
            reason = "Twilio does not show the call yet"
            return Waiting(label, Phase.DIALING, reason, since=since)
        reason = (
            f"needs a decision: Twilio has no record of call {attempt.call_sid}. "
            f"{_resolving(attempt)}"
        )
        return Waiting(label, Phase.STALLED, reason, since=since)
    if call.status is CallStatus.RINGING:
        return Waiting(label, Phase.RINGING, "ringing", since=since)
    if call.status is not CallStatus.IN_PROGRESS:
        return Waiting(label, Phase.DIALING, f"{call.status} at Twilio", since=since)
    return _answered(attempt, call, now)


def _answered(attempt: Attempt, call: Call, now: float) -> Waiting:
    """A call that is in progress, and not in the room."""
    label, since = attempt.label, attempt.created_at
    seen_at = attempt.connected_at or call.started_at or since
    if now < seen_at + JOINING_SECONDS:
        return Waiting(label, Phase.RINGING, "answered, not listed yet", since=since)
    if _only_found(attempt):
        reason = (
            f"needs a decision: call {attempt.call_sid}, which was found in the calls "
            "list and has not joined the room, may be another system's. "
            f"{_resolving(attempt)}"
        )
        return Waiting(label, Phase.STALLED, reason, since=since)
    return Waiting(
        label,
        Phase.LEFT,
        "on the phone, but moved out of the room to another call flow; to call them "
        f"after that: {redialing(attempt.room, label)}",
        settled=True,
    )


def _only_found(attempt: Attempt) -> bool:
    """Whether neither Twilio's answer nor a connected leg shows the call to be ours."""
    return attempt.reason == FOUND_IN_CALLS and attempt.connected_at is None


def _resolving(attempt: Attempt) -> str:
    command = resolving(attempt.room, attempt.label)
    return f"Did the phone ring? {command} --rung (or --not-rung)"


def undecided(attempt: Attempt, now: float) -> bool:
    """Whether a create without an answer was looked for, and waits for a person.

    So does one that a host's wrong clock dated after *now* by as much.
    """
    return (
        attempt.state in UNCERTAIN
        and abs(now - attempt.created_at) >= LOST_CREATE_SECONDS
    )


def maybe_anothers(attempt: Attempt, observation: Observation, now: float) -> bool:
    """Whether a call that was only found was answered, and has not joined the room."""
    call = observation.calls.get(attempt.call_sid or "")
    if attempt.state is not AttemptState.PLACED or not _only_found(attempt):
        return False
    if call is None or call.status is not CallStatus.IN_PROGRESS:
        return False
    listed = any(x.call_sid == call.sid for x in observation.participants)
    answered_at = call.started_at or attempt.created_at
    return not listed and now >= answered_at + JOINING_SECONDS


def unrecorded(
    attempt: Attempt,
    observation: Observation,
    now: float,
    after_seconds: float = NO_RECORD_SECONDS,
) -> bool:
    """Whether Twilio has neither record nor leg of a call placed that long ago."""
    sid = attempt.call_sid
    return (
        attempt.state is AttemptState.PLACED
        and now >= attempt.created_at + after_seconds
        and sid not in observation.calls
        and all(leg.call_sid != sid for leg in observation.participants)
    )
