"""When a room is run next, by how its last run ended.

ended with           the next run
a pass               when the pass asked for one, and at the resync
no lease             in about a second: another process holds the room
an error, unknown    later each time; an outage, within a resync
refused credentials  later each time, at first after two seconds
"""

from collections.abc import Callable

from msgspec import Struct, field

from reconciler.engine.loop.boundary_timers import BoundaryTimers
from reconciler.engine.loop.observer import RunOutcome
from reconciler.engine.loop.resync_schedule import ResyncSchedule
from reconciler.engine.loop.warm_up import WarmUp
from reconciler.engine.loop.work_queue import MAX_BACKOFF_SECONDS, Priority, WorkQueue
from reconciler.engine.loop.worker import RunResult
from reconciler.engine.ports import Clock

MIN_REQUEUE_SECONDS = 0.25
"""Seconds between two visits to a room unless somebody marks it."""

BUSY_RETRY_SECONDS = 1.0
"""Seconds, more or less, until a room is tried again that another process holds."""

REFUSED_RETRY_SECONDS = 2.0
MAX_REFUSED_RETRY_SECONDS = 60.0
"""Seconds until refused credentials are tried again: at first, doubling, at most."""

_DOUBLINGS = 16
"""More would only make a number too large to be useful."""

_TO_RETRY = frozenset({RunOutcome.UNKNOWN, RunOutcome.FAILED})
_OUTAGES = frozenset({RunOutcome.OUTAGE, RunOutcome.UNKNOWN, RunOutcome.REFUSED})


class NextRun(Struct):
    """Marks rooms for their next run. ``last_clean_at`` is when a pass last came to its end.

    ``monotonic`` gives seconds that never go back, ``jitter`` a number from 0 up to 1.
    """

    queue: WorkQueue
    resync_schedule: ResyncSchedule
    monotonic: Clock
    jitter: Callable[[], float]
    warm_up: WarmUp = field(default_factory=WarmUp)
    boundaries: BoundaryTimers = field(default_factory=BoundaryTimers)
    last_clean_at: float | None = None

    def after(self, room: str, result: RunResult, began: float) -> None:
        """*room* was run from *began* on, with *result*."""
        now = self.monotonic()
        if result.outcome is not RunOutcome.UNCHANGED:
            self.boundaries.put(room, result.until)
        soon = self.resync_schedule.looked(
            room,
            now,
            now - began,
            active=result.active,
            managed=result.managed,
            observed=result.observed,
        )
        if result.outcome in _TO_RETRY:
            self._retry(room, result.outcome)
            return
        deferred = result.outcome is RunOutcome.DEFERRED
        self.warm_up.read(room, deferred=deferred)
        self.queue.forget(room)
        self.last_clean_at = now
        wait = result.requeue_after
        if soon is not None:
            wait = soon if wait is None else min(wait, soon)
        if not deferred and wait is not None:
            self.requeue(room, wait)

    def after_busy(self, room: str) -> None:
        """Another process holds *room*; after warm-up only the retry is left to wait for."""
        self.warm_up.read(room, deferred=not self.warm_up.over)
        self.requeue(room, BUSY_RETRY_SECONDS * (0.5 + self.jitter()))

    def after_error(self, room: str, outcome: RunOutcome) -> None:
        """The run broke off: nothing is known, so the resync waits as well."""
        wait = self._retry(room, outcome)
        self.resync_schedule.postpone(room, self.monotonic() + wait)

    def requeue(self, room: str, seconds: float) -> None:
        """Run *room* in so many *seconds*, or soon after."""
        at = self.monotonic() + max(MIN_REQUEUE_SECONDS, seconds)
        self.queue.mark_at(room, Priority.RETRY, at)

    def remove(self, room: str) -> None:
        """*room* is another process's from now on."""
        self.resync_schedule.remove(room)
        self.queue.remove(room)
        self.warm_up.remove(room)
        self.boundaries.put(room, None)

    def _retry(self, room: str, outcome: RunOutcome) -> float:
        """Try again later, and later each time; the seconds until then.

        An outage is over for all rooms at once: none waits for longer than a
        resync takes.
        """
        outage = outcome in _OUTAGES
        most = self.resync_schedule.resync if outage else MAX_BACKOFF_SECONDS
        least = 0.0
        if outcome is RunOutcome.REFUSED:
            doublings = min(self.queue.failures(room), _DOUBLINGS)
            doubled = REFUSED_RETRY_SECONDS * 2.0**doublings
            least = min(MAX_REFUSED_RETRY_SECONDS, doubled)
        start = self.monotonic() + least
        return least + self.queue.requeue_with_backoff(room, start, self.jitter(), most)
