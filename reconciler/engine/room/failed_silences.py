"""Silences of a plan that did not come about, and what must wait for them."""

from collections.abc import Iterable, Mapping

from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.model.action import Action, Change, Remove
from reconciler.model.observation import Observation
from reconciler.planning.order import coached_calls, relies

UNANSWERED = "waits for a mute or hold that must come first"


class FailedSilences:
    """Those of one plan so far; see ``planning.order`` for what relies on them."""

    def __init__(self, evaluation: Evaluation) -> None:
        observation = evaluation.observation
        legs = observation.participants if isinstance(observation, Observation) else ()
        self._coached: Mapping[str, str] = coached_calls(legs)
        self._failed: list[tuple[Change | Remove, str]] = []

    def add_unanswered(self, silences: Iterable[Change | Remove]) -> None:
        """Nothing may rely yet on these, which hang."""
        self._failed += ((action, UNANSWERED) for action in silences)

    def add_outcomes(self, outcomes: Iterable[ActionOutcome]) -> None:
        """Nothing may rely on those of the silences that did not work."""
        for outcome in outcomes:
            action = outcome.action
            if outcome.result is Outcome.DONE or not isinstance(action, Change):
                continue
            if action.silences:
                why = f"a mute or hold that must come first failed: {outcome.message}"
                self._failed.append((action, why))

    def reason(self, action: Action) -> str:
        """Why *action* must not be done, "" if it may."""
        found = (
            why
            for silence, why in self._failed
            if relies(action, silence, self._coached)
        )
        return next(found, "")
