"""What a room shows once Twilio answered the requests of a pass.

An answer to an update shows the participant. A removal that was answered may still
take a while: only an observation shows that somebody is gone.
"""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.model.action import Change, Harm
from reconciler.model.observation import Observation
from reconciler.model.recorded_observation import (
    ObservedLeg,
    ObservedRoom,
    OverheardCause,
)
from reconciler.planning.observed_room import (
    fingerprint,
    observed_room,
    with_participants,
)
from reconciler.planning.plan import Withheld
from reconciler.planning.predicted_room import changed

_CAUSES: Mapping[Outcome, OverheardCause] = {
    Outcome.FAILED: OverheardCause.REFUSED,
    Outcome.UNTAKEN: OverheardCause.NOT_TAKEN,
    Outcome.DELAYED: OverheardCause.DELAYED,
    Outcome.UNKNOWN: OverheardCause.UNANSWERED,
}


def observed_of(
    evaluation: Evaluation, previous_at: float | None, started_sid: str | None
) -> ObservedRoom | None:
    """What *evaluation* observed, to be recorded; None if it observed nothing.

    *previous_at* is when the room was last observed before, *started_sid* the
    conference that was seen to have started.
    """
    desired, observation = evaluation.desired, evaluation.observation
    if desired is None or not isinstance(observation, Observation):
        return None
    room = observed_room(
        desired.roster,
        evaluation.plan,
        observation,
        evaluation.ledger.records,
        evaluation.observed_at,
        previous_at=previous_at,
        started_sid=started_sid,
    )
    if evaluation.events:
        room = replace(room, events=evaluation.events)
    return withholding(room, evaluation.plan.withheld)


def observed_after(
    room: ObservedRoom, outcomes: Iterable[ActionOutcome], now: float
) -> ObservedRoom | None:
    """*room* as the answers show it at *now*, None if they show nothing new."""
    shown = {leg.call_sid: leg.participant for leg in room.legs}
    causes: dict[str, OverheardCause] = {}
    for outcome in outcomes:
        action = outcome.action
        if isinstance(action, Change) and action.call_sid in shown:
            sid = action.call_sid
            if outcome.result is Outcome.DONE:
                shown[sid] = changed(shown[sid], action)
            elif action.harm is Harm.SILENCE and outcome.result in _CAUSES:
                causes[sid] = _CAUSES[outcome.result]
    after = with_participants(room, shown, causes, now)
    return after if causes or fingerprint(after) != fingerprint(room) else None


def withholding(room: ObservedRoom, withheld: Iterable[Withheld]) -> ObservedRoom:
    """*room* with the legs whose silences guards withhold marked as such."""
    held = {
        each.action.call_sid
        for each in withheld
        if isinstance(each.action, Change) and each.action.harm is Harm.SILENCE
    }
    if not held:
        return room
    return replace(room, legs=tuple(_held(leg, held) for leg in room.legs))


def _held(leg: ObservedLeg, held: Iterable[str]) -> ObservedLeg:
    withheld = leg.overheard and leg.call_sid in held
    return replace(leg, cause=OverheardCause.WITHHELD) if withheld else leg
