"""Observer interface of the loop, for metrics, logs and health checks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from reconciler.engine.loop.resync_schedule import Capacity
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.outcome import ActionOutcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.action import Change


class RunOutcome(StrEnum):
    """How a run ended.

    rested    the room is at rest, and as the last look showed it
    quiet     nothing was to be done: nothing was written or sent
    owed      something is to be done, but not before every room was read
    acted     a pass was made under the lease
    busy      another process holds the room
    unknown   the room could not be read whole
    outage    the database could not be used
    refused   Twilio refused our credentials
    failed    an error that nobody expected, or a refused action
    stopped   the daemon stops
    """

    RESTED = "rested"
    QUIET = "quiet"
    OWED = "owed"
    ACTED = "acted"
    BUSY = "busy"
    UNKNOWN = "unknown"
    OUTAGE = "outage"
    REFUSED = "refused"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Heartbeat:
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

    def waiting(self, depth: Mapping[Priority, int], running: int) -> None:
        """How many rooms wait in each lane, and how many are worked on."""
        ...

    def met(self, room: str, at: float) -> None:
        """A room is new to the loop at the Unix time *at*, and is yet to be read."""
        ...

    def ended(self, room: str, ending: RunOutcome, seconds: float) -> None:
        """A run is over, and was more than a visit to a room at rest."""
        ...

    def looked(self, made: ReconcileResult, drift: Collection[str], at: float) -> None:
        """A look at a room, with the fields that are not as declared.

        *at* is the Unix time at which the look began.
        """
        ...

    def rested(self, room: str, at: float) -> None:
        """A visit to a room at rest showed it as the last look did: a short run.

        *at* is the Unix time at which it began.
        """
        ...

    def did(self, room: str, deed: ActionOutcome) -> None:
        """An action was sent, or not, with its result."""
        ...

    def trouble(self, room: str, ending: RunOutcome, error: Exception) -> None:
        """A run, or the loop itself when *room* is "", met *error* and continues."""
        ...

    def strained(self, capacity: Capacity) -> None:
        """Whether the resync periods can be kept; told about once a minute."""
        ...


class NullObserver:
    """Observes nothing."""

    def waiting(self, depth: Mapping[Priority, int], running: int) -> None:
        """Take no note."""

    def met(self, room: str, at: float) -> None:
        """Take no note."""

    def ended(self, room: str, ending: RunOutcome, seconds: float) -> None:
        """Take no note."""

    def looked(self, made: ReconcileResult, drift: Collection[str], at: float) -> None:
        """Take no note."""

    def rested(self, room: str, at: float) -> None:
        """Take no note."""

    def did(self, room: str, deed: ActionOutcome) -> None:
        """Take no note."""

    def trouble(self, room: str, ending: RunOutcome, error: Exception) -> None:
        """Take no note."""

    def strained(self, capacity: Capacity) -> None:
        """Take no note."""


def drift_of(made: ReconcileResult) -> frozenset[str]:
    """The fields that a look found otherwise than declared.

    ``present`` stands for people who are to be called or removed.
    """
    names: set[str] = set()
    for action in made.look.plan.actions:
        if isinstance(action, Change):
            names.update(shift.name for shift in action.shifts)
        else:
            names.add("present")
    return frozenset(names)
