"""Observer interface of the loop, for metrics, logs and health checks."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from reconciler.engine.loop.resync_schedule import Capacity
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.outcome import ActionOutcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.action import Change
from reconciler.model.converged_room import RestoredRoom


class RunOutcome(StrEnum):
    """How a run ended.

    rested    the cache says that nothing changed since the last evaluation
    quiet     nothing was to be done: nothing was written or sent
    owed      changes are deferred until warm-up has finished
    acted     a pass was made under the lease
    busy      another process holds the room
    unknown   the room could not be read whole
    outage    the database could not be used
    refused   Twilio refused our credentials
    failed    an error that nobody expected, or a refused action
    stopped   the daemon stops
    """

    UNCHANGED = "rested"
    NO_CHANGES = "quiet"
    DEFERRED = "owed"
    ACTED = "acted"
    BUSY = "busy"
    UNKNOWN = "unknown"
    OUTAGE = "outage"
    REFUSED = "refused"
    FAILED = "failed"
    STOPPED = "stopped"


class Heartbeat(Struct, frozen=True):
    """Signs of life, in seconds on the loop's clock; None for what never was.

    ``oldest_run_at`` is when the run began that is under way for longest.
    """

    loop_at: float | None = None
    ticked_at: float | None = None
    oldest_run_at: float | None = None
    last_clean_at: float | None = None
    warm: bool = False


class ControllerObserver(Protocol):
    """Told of what the loop does. Nothing here may raise, block or wait."""

    def on_queue_depth(self, depth: Mapping[Priority, int], running: int) -> None:
        """How many rooms wait in each lane, and how many are worked on."""
        ...

    def on_new_room(self, room: str, at: float) -> None:
        """A room is new to the loop at the Unix time *at*, and is yet to be read."""
        ...

    def on_room_left(self, room: str) -> None:
        """A room is another process's from now on."""
        ...

    def on_run_ended(self, room: str, outcome: RunOutcome, seconds: float) -> None:
        """A run is over, and was more than a visit to a room at rest."""
        ...

    def on_planned(self, evaluation: Evaluation, at: float) -> None:
        """An observation of a room that is about to be acted on; ``on_evaluated`` follows.

        *at* is the Unix time at which the observation began.
        """
        ...

    def on_evaluated(
        self, result: ReconcileResult, drift: Collection[str], at: float
    ) -> None:
        """An observation of a room, with the fields that are not as declared.

        *at* is the Unix time at which the observation began.
        """
        ...

    def on_unchanged(self, room: str, at: float) -> None:
        """A visit to a room at rest showed it as the last observation did: a short run.

        *at* is the Unix time at which it began.
        """
        ...

    def on_restored(self, restored: RestoredRoom, at: float) -> None:
        """A room is as another process evaluated it; ``on_unchanged`` follows.

        It stands for the first ``on_evaluated`` of the room. *at* is the Unix time at
        which the visit began.
        """
        ...

    def on_action(self, room: str, outcome: ActionOutcome) -> None:
        """An action was sent, or not, with its result."""
        ...

    def on_error(self, room: str, outcome: RunOutcome, error: Exception) -> None:
        """A run, or the loop itself when *room* is "", met *error* and continues."""
        ...

    def on_capacity(self, capacity: Capacity) -> None:
        """Whether the resync periods can be kept; told about once a minute."""
        ...


class NullObserver:
    """Observes nothing."""

    def on_queue_depth(self, depth: Mapping[Priority, int], running: int) -> None:
        pass

    def on_new_room(self, room: str, at: float) -> None:
        pass

    def on_room_left(self, room: str) -> None:
        pass

    def on_run_ended(self, room: str, outcome: RunOutcome, seconds: float) -> None:
        pass

    def on_planned(self, evaluation: Evaluation, at: float) -> None:
        pass

    def on_evaluated(
        self, result: ReconcileResult, drift: Collection[str], at: float
    ) -> None:
        pass

    def on_unchanged(self, room: str, at: float) -> None:
        pass

    def on_restored(self, restored: RestoredRoom, at: float) -> None:
        pass

    def on_action(self, room: str, outcome: ActionOutcome) -> None:
        pass

    def on_error(self, room: str, outcome: RunOutcome, error: Exception) -> None:
        pass

    def on_capacity(self, capacity: Capacity) -> None:
        pass


def drift_of(result: ReconcileResult) -> frozenset[str]:
    """The fields that an observation found otherwise than declared.

    ``present`` stands for people who are to be called or removed.
    """
    names: set[str] = set()
    for action in result.evaluation.plan.actions:
        if isinstance(action, Change):
            names.update(field_change.name for field_change in action.field_changes)
        else:
            names.add("present")
    return frozenset(names)
