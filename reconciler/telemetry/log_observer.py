"""Observer that writes log lines, and a fan-out of observers."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from reconciler.engine.loop.observer import ControllerObserver, NullObserver, RunOutcome
from reconciler.engine.loop.resync_schedule import Capacity
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.action import Ring
from reconciler.model.converged_room import RestoredRoom
from reconciler.model.errors import ReconcilerError
from reconciler.planning.describe import describe, subject

_log = logging.getLogger("reconciler.loop")

_CALM = frozenset({Outcome.DONE, Outcome.GONE})


class LogObserver(NullObserver):
    """Logs what an operator wants to read: actions, failures and load.

    A line names the run under which what it tells is on record, if it is. What
    looks find is logged when it changes, and queued rings once a room.
    """

    def __init__(self) -> None:
        self._runs: dict[str, str] = {}
        self._found: dict[str, Mapping[str, object]] = {}
        self._queued: set[str] = set()

    def on_run_ended(self, room: str, outcome: RunOutcome, seconds: float) -> None:
        """For those who look closely."""
        if not _log.isEnabledFor(logging.DEBUG):
            return
        fields = {"room": room, "result": str(outcome), "seconds": round(seconds, 3)}
        _log.debug("run ended", extra=fields)

    def on_evaluated(
        self,
        result: ReconcileResult,
        drift: Collection[str],
        at: float,  # noqa: ARG002 - ControllerObserver
    ) -> None:
        """What was found, where anything is to be done and it was not logged yet."""
        plan = result.evaluation.plan
        self._runs[result.room] = result.run
        if not any(isinstance(action, Ring) for action in plan.actions):
            self._queued.discard(result.room)
        if not (drift or plan.withheld or plan.unknown):
            self._found.pop(result.room, None)
            return
        found = {
            "generation": plan.generation,
            "state": str(result.state),
            "drift": " ".join(sorted(drift)) or None,
            "withheld": len(plan.withheld) or None,
            "reason": plan.unknown,
        }
        if self._found.get(result.room) == found:
            return
        self._found[result.room] = found
        read = plan.unknown is None
        message = "room is not as declared" if read else "room could not be read"
        _log.info(
            message, extra={"room": result.room, "run": result.run or None, **found}
        )

    def on_action(self, room: str, outcome: ActionOutcome) -> None:
        """Every outcome, with Twilio's request id; queued rings once a room."""
        if outcome.result is Outcome.PACED:
            self._queue(room, outcome)
            return
        level = logging.INFO if outcome.result in _CALM else logging.WARNING
        fields = {
            "room": room,
            "run": self._runs.get(room) or None,
            "label": subject(outcome.action),
            "action": describe(outcome.action),
            "reason": outcome.action.reason,
            "result": str(outcome.result),
            "answer": outcome.message or None,
            "code": outcome.code,
            "request_id": outcome.request_id,
        }
        _log.log(level, "action", extra=fields)

    def _queue(self, room: str, outcome: ActionOutcome) -> None:
        """Rings wait for the calls per second: how many, and for how long."""
        if room not in self._queued:
            self._queued.add(room)
            _log.info("calls queued", extra={"room": room, "reason": outcome.message})

    def on_error(self, room: str, outcome: RunOutcome, error: Exception) -> None:
        """An expected error in a line; an unexpected one with its traceback."""
        expected = isinstance(error, ReconcilerError)
        fields = {"room": room or None, "result": str(outcome), "error": str(error)}
        trace = None if expected else error
        _log.log(
            logging.WARNING if expected else logging.ERROR,
            "error in a run",
            extra=fields,
            exc_info=trace,
        )

    def on_capacity(self, capacity: Capacity) -> None:
        """Figures, when the resync periods cannot be kept."""
        if not capacity.met:
            _log.warning(
                "resync periods cannot be kept", extra={"reason": capacity.warning}
            )


@dataclass(frozen=True, slots=True)
class FanOutObserver:
    """Tells each of ``all``, in order.

    Most visits find a room unchanged: observers that note nothing of that are left out.
    """

    all: tuple[ControllerObserver, ...]
    _on_unchanged: tuple[Callable[[str, float], None], ...] = field(init=False)

    def __post_init__(self) -> None:
        noting = (x.on_unchanged for x in self.all if _notes_unchanged(x))
        object.__setattr__(self, "_on_unchanged", tuple(noting))

    def on_queue_depth(self, depth: Mapping[Priority, int], running: int) -> None:
        for observer in self.all:
            observer.on_queue_depth(depth, running)

    def on_new_room(self, room: str, at: float) -> None:
        for observer in self.all:
            observer.on_new_room(room, at)

    def on_room_left(self, room: str) -> None:
        for observer in self.all:
            observer.on_room_left(room)

    def on_run_ended(self, room: str, outcome: RunOutcome, seconds: float) -> None:
        for observer in self.all:
            observer.on_run_ended(room, outcome, seconds)

    def on_planned(self, evaluation: Evaluation, at: float) -> None:
        for observer in self.all:
            observer.on_planned(evaluation, at)

    def on_evaluated(
        self, result: ReconcileResult, drift: Collection[str], at: float
    ) -> None:
        for observer in self.all:
            observer.on_evaluated(result, drift, at)

    def on_unchanged(self, room: str, at: float) -> None:
        for note in self._on_unchanged:
            note(room, at)

    def on_restored(self, restored: RestoredRoom, at: float) -> None:
        for observer in self.all:
            observer.on_restored(restored, at)

    def on_action(self, room: str, outcome: ActionOutcome) -> None:
        for observer in self.all:
            observer.on_action(room, outcome)

    def on_error(self, room: str, outcome: RunOutcome, error: Exception) -> None:
        for observer in self.all:
            observer.on_error(room, outcome, error)

    def on_capacity(self, capacity: Capacity) -> None:
        for observer in self.all:
            observer.on_capacity(capacity)


def _notes_unchanged(observer: ControllerObserver) -> bool:
    return type(observer).on_unchanged is not NullObserver.on_unchanged
