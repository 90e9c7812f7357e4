"""What a pass records of calls: corrections, identities, and what was sent on them."""

from collections.abc import Iterable, Mapping

from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.model.action import Change, ChangeKind, Remove
from reconciler.model.ledger import Correction, CorrectionResult, Ledger
from reconciler.model.observation import Call, Observation, Unknown
from reconciler.model.roster import Value
from reconciler.planning.call_facts import REMOVED
from reconciler.planning.flapping import corrected_fields
from reconciler.planning.listing_lag import safety_fields, shows

Memory = dict[str, dict[str, Value | None]]

_CORRECTED = {
    Outcome.DONE: CorrectionResult.DONE,
    Outcome.UNTAKEN: CorrectionResult.UNTAKEN,
    Outcome.FAILED: CorrectionResult.FAILED,
}


def corrections(outcome: ActionOutcome, now: float) -> Iterable[Correction]:
    """What was set on a call. What was not sent, or may be lost, is no correction."""
    result = _CORRECTED.get(outcome.result)
    if isinstance(outcome.action, Change) and result is not None:
        names = corrected_fields(outcome.action) or safety_fields(outcome.action)
        for name in names:
            yield Correction(outcome.action.call_sid, name, now, result)


def confirmed(
    ledger: Ledger, observation: Observation | Unknown
) -> tuple[tuple[str, str], ...]:
    """Corrections that the listing shows for the first time, by call and field."""
    if isinstance(observation, Unknown):
        return ()
    legs = {leg.call_sid: leg for leg in observation.participants}
    return tuple(
        dict.fromkeys(
            (correction.call_sid, correction.field)
            for correction in ledger.corrections
            if correction.seen_at is None and correction.call_sid in legs
            if shows(legs[correction.call_sid], correction.field)
        )
    )


def identities(ledger: Ledger, observation: Observation | Unknown) -> tuple[Call, ...]:
    """Calls of people in the room that were told apart for the first time.

    One is told again once its record says who answered.
    """
    if isinstance(observation, Unknown):
        return ()
    return tuple(
        call
        for leg in observation.participants
        if (call := observation.calls.get(leg.call_sid))
        and _news(ledger.identities.get(call.sid), call)
    )


def _news(known: Call | None, call: Call) -> bool:
    return known is None or (known.answered_by is None and bool(call.answered_by))


_MAY_BE_DONE = frozenset({Outcome.DONE, Outcome.UNKNOWN})


def to_remember(
    outcome: ActionOutcome, now: float
) -> Mapping[str, dict[str, Value | None]]:
    action = outcome.action
    if isinstance(action, Change):
        if action.kind is ChangeKind.ANNOUNCE:
            return (
                {}
                if outcome.result in _MAY_BE_DONE
                else {action.call_sid: _forget(action)}
            )
        if outcome.result is Outcome.DONE and action.memory:
            return {action.call_sid: dict(action.memory)}
    if (
        isinstance(action, Remove)
        and action.call_sid
        and outcome.result is Outcome.DONE
    ):
        return {action.call_sid: {REMOVED: int(now)}}
    return {}


def _forget(change: Change) -> dict[str, Value | None]:
    """An announcement that surely was not played may be tried again."""
    return {name: None for name, _ in change.memory}
