"""Redial policy: whether an absent member is called again.

last attempt of the intent      called again
none                            at once
not rung, delayed               after a growing wait, without limit, if the
                                policy still lets the ring before it be repeated
removed by us                   at once
refused by Twilio               when the entry changes or a person asks
busy, no answer, failed, left,  if the policy names it: after the backoff,
machine                         while attempts are left; else when asked
handed on to another room       when a person asks
any other end                   when a person asks
"""

import zlib

from msgspec import Struct

from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.ledger import Record
from reconciler.model.roster import Cause, Redial
from reconciler.planning.describe import redialing
from reconciler.planning.plan import Phase, Waiting

STABLE_CALL_SECONDS = 600.0
"""Seconds of being connected after which earlier rings no longer count."""

UNRECORDED = "Twilio has no record of call"
"""How the reason of an attempt begins that ended because of that."""

HANDED_ON = "the call under way was handed on to"
"""How the reason begins of an attempt that another room has taken over."""

_FIRST_DELAY_SECONDS = 1.0
_MAX_DELAY_SECONDS = 300.0
_DOUBLINGS = 10
_NO_RING = frozenset({CallOutcome.DELAYED, CallOutcome.NOT_RUNG})
_AT_ONCE = frozenset({CallOutcome.REMOVED, CallOutcome.NOT_RUNG})


class RingAllowed(Struct, frozen=True):
    """The phone may be called now, as ring *number* of the intent."""

    number: int
    reason: str


def may_ring(record: Record, policy: Redial, now: float) -> RingAllowed | Waiting:
    """Read the table above for a member who is absent and has no open attempt."""
    latest = record.latest
    if latest is None:
        return RingAllowed(1, "declared and not in the room")
    if latest.outcome in _AT_ONCE:
        return RingAllowed(_next(record), f"the last call was {latest.outcome}")
    if latest.outcome is CallOutcome.DELAYED:
        return _after_delay(record, latest, policy, now)
    if latest.state is AttemptState.REFUSED:
        return _after_refusal(record, latest, now)
    return _after_call(record, latest, policy, now)


def _next(record: Record) -> int:
    """The ring's number: a call that was found does not begin them again."""
    mine = (
        attempt.number for attempt in record.attempts if attempt.intent == record.intent
    )
    return max(mine, default=0) + 1


def _changed_since(record: Record, attempt: Attempt, now: float) -> bool:
    """Whether the entry changed after the ring; a change to come proves nothing."""
    return attempt.created_at < record.changed_at <= now


def _after_delay(
    record: Record, latest: Attempt, policy: Redial, now: float
) -> RingAllowed | Waiting:
    """A delay takes nothing from what the policy makes of the last real ring."""
    rang = _last_rung(record)
    judged = _after_call(record, rang, policy, now) if rang else None
    if isinstance(judged, Waiting):
        return judged
    row = 0
    for attempt in reversed(record.attempts):
        if attempt.outcome is not CallOutcome.DELAYED:
            break
        row += 1
    wait = min(_MAX_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2 ** min(row - 1, _DOUBLINGS))
    until = (latest.ended_at or latest.created_at) + wait * _jitter(latest)
    if now >= until:
        return RingAllowed(_next(record), f"retrying: {latest.reason}")
    return Waiting(record.label, Phase.WAITING, f"delayed: {latest.reason}", until)


def _last_rung(record: Record) -> Attempt | None:
    """The last ring of the intent that was over by itself."""
    attempts = [
        attempt
        for attempt in record.attempts
        if attempt.intent == record.intent
        and attempt.outcome is not CallOutcome.DELAYED
    ]
    over = attempts and attempts[-1].state is AttemptState.ENDED
    return attempts[-1] if over and attempts[-1].outcome not in _AT_ONCE else None


def _after_refusal(
    record: Record, latest: Attempt, now: float
) -> RingAllowed | Waiting:
    if _changed_since(record, latest, now):
        return RingAllowed(_next(record), "the entry changed since Twilio refused it")
    said = latest.reason
    said = said if said.startswith("Twilio") else f"not called: {said}"
    reason = f"{said}. Once that is corrected: {_again(latest)}"
    return Waiting(record.label, Phase.STALLED, reason)


def _after_call(
    record: Record, latest: Attempt, policy: Redial, now: float
) -> RingAllowed | Waiting:
    outcome = latest.outcome
    cause = _CAUSES.get(outcome) if outcome else None
    if cause is None or cause not in policy.on:
        return _not_retried(record, latest)
    rung = _counted(record, now)
    if cause is not Cause.LEFT and _changed_since(record, latest, now):
        return RingAllowed(_next(record), f"the entry changed since: {outcome}")
    if rung >= policy.attempts:
        return Waiting(
            record.label,
            Phase.STALLED,
            f"{outcome}; gave up after {rung} of {policy.attempts} attempts. "
            f"To call again: {_again(latest)}",
        )
    wait = policy.backoff * 2 ** min(max(rung - 1, 0), _DOUBLINGS) * _jitter(latest)
    until = (latest.ended_at or latest.created_at) + wait
    if now >= until:
        return RingAllowed(_next(record), f"redialed after: {outcome}")
    reason = f"{outcome}; retrying (attempt {rung + 1} of {policy.attempts})"
    return Waiting(record.label, Phase.WAITING, reason, until)


_CAUSES = {
    CallOutcome.BUSY: Cause.BUSY,
    CallOutcome.NO_ANSWER: Cause.NO_ANSWER,
    CallOutcome.FAILED: Cause.FAILED,
    CallOutcome.LEFT: Cause.LEFT,
    CallOutcome.MACHINE: Cause.MACHINE,
}

_RESPECTED = {
    CallOutcome.MACHINE: (Phase.FAILED, "an answering machine took the call"),
    CallOutcome.LEFT: (Phase.LEFT, "hung up"),
    CallOutcome.ROOM_ENDED: (Phase.LEFT, "the conference ended"),
    CallOutcome.MOVED: (Phase.LEFT, "was moved to another call flow"),
    CallOutcome.CANCELED: (Phase.LEFT, "the call was canceled by somebody"),
    CallOutcome.RUNG: (Phase.LEFT, "the call reached the phone, as a person decided"),
}


def _not_retried(record: Record, latest: Attempt) -> Waiting:
    fallback = (Phase.FAILED, f"the call ended: {latest.outcome}")
    phase, what = _RESPECTED.get(latest.outcome or CallOutcome.LEFT, fallback)
    if latest.reason.startswith((UNRECORDED, HANDED_ON)):
        what = latest.reason
    return Waiting(
        record.label,
        phase,
        f"{what}. Not called again automatically; to call: {_again(latest)}",
        settled=True,
    )


def _again(attempt: Attempt) -> str:
    return redialing(attempt.room, attempt.label)


def _counted(record: Record, now: float) -> int:
    """Rings of the intent since it was last steady or the entry changed.

    A call that was found was made by the person, and is no ring of ours.
    """
    rung = 0
    for attempt in reversed(record.attempts):
        if attempt.intent != record.intent or _changed_since(record, attempt, now):
            break
        if _stable(attempt):
            break
        if not (
            attempt.number == 0 or _let_off(attempt) or attempt.outcome in _NO_RING
        ):
            rung += 1
    return rung


def _let_off(attempt: Attempt) -> bool:
    """Whether we called the ring off before anybody answered."""
    return attempt.outcome is CallOutcome.REMOVED and attempt.connected_at is None


def _stable(attempt: Attempt) -> bool:
    if attempt.connected_at is None or attempt.ended_at is None:
        return False
    return attempt.ended_at - attempt.connected_at >= STABLE_CALL_SECONDS


def _jitter(attempt: Attempt) -> float:
    """0.9 to 1.1, the same for the same attempt: no two phones in step."""
    key = f"{attempt.room}/{attempt.label}/{attempt.id}".encode()
    return 0.9 + zlib.crc32(key) % 1000 / 5000
