"""Gives rooms of the work queue to free workers, each a task from room to room."""

import asyncio
from collections.abc import Awaitable, Callable

from msgspec import Struct, field

from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.observer import RunOutcome
from reconciler.engine.loop.work_queue import WorkQueue
from reconciler.engine.ports import Clock
from reconciler.engine.waiting import wait_for_tasks

GRACE_SECONDS = 2.0
"""Seconds that a cancelled run has to finish the request that is under way."""


class WorkerPool(Struct):
    """Runs at most ``workers`` rooms at a time.

    ``visit`` runs a room and says how that ended, and raises nothing; ``ended`` is told
    of it, with the seconds that it took. ``pulse_seconds`` is for how many seconds the
    loop sleeps at most, ``wake`` what wakes it. ``interrupted`` says that the loop has
    something else to do before another room is taken. ``running`` has the tasks by
    room, ``began`` when they took it, by ``monotonic``.
    """

    queue: WorkQueue
    limiter: AccountLimiter
    clock: Clock
    monotonic: Clock
    workers: int
    pulse_seconds: float
    wake: asyncio.Event
    visit: Callable[[str], Awaitable[RunOutcome]]
    ended: Callable[[str, RunOutcome, float], None]
    interrupted: Callable[[], bool]
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    began: dict[str, float] = field(default_factory=dict)

    def begin(self, now: float) -> float:
        """Give rooms to free workers; seconds until there may be more to do."""
        while len(self.running) < self.workers:
            wait = self._seconds_to_wait(now)
            if wait:
                return wait
            taken = self.queue.take(now)
            if taken is not None:
                self.began[taken] = now
                self.running[taken] = asyncio.create_task(self._work(taken))
        return self.pulse_seconds

    def _seconds_to_wait(self, now: float) -> float:
        """0.0 if a room may be taken now, else seconds, at most until the next pulse."""
        due = self.queue.next_at(now)
        if due is None or due > now:
            return (
                self.pulse_seconds
                if due is None
                else min(self.pulse_seconds, due - now)
            )
        return min(self.pulse_seconds, self.limiter.admit(self.clock()))

    async def _work(self, room: str) -> None:
        """Run *room*, and then one after the other that is due."""
        taken: str | None = room
        while taken is not None:
            taken = await self._run(taken)
        self.wake.set()

    async def _run(self, room: str) -> str | None:
        """One run; the room to continue with. Nothing that happens in it ends the loop."""
        outcome = RunOutcome.STOPPED
        try:
            outcome = await self.visit(room)
        finally:
            now = self.monotonic()
            self.queue.done(room, now)
            task = self.running.pop(room)
            self.ended(room, outcome, now - self.began.pop(room))
            if outcome is RunOutcome.STOPPED:
                self.wake.set()
        next_room = self._next_room(now)
        if next_room is not None:
            self.began[next_room] = now
            self.running[next_room] = task
        return next_room

    def _next_room(self, now: float) -> str | None:
        """A room that waits, if one may be taken at once."""
        if self.interrupted() or not self.queue.waiting:
            return None
        return None if self.limiter.admit(self.clock()) else self.queue.take(now)

    async def drain(self, acts_in: Callable[[str], bool], within: float) -> None:
        """Let runs that hold a room finish; looks, which change nothing, do not."""
        for room, task in self.running.items():
            if not acts_in(room):
                task.cancel()
        await wait_for_tasks(self.running.values(), within)
        for task in self.running.values():
            task.cancel()
        await wait_for_tasks(self.running.values(), GRACE_SECONDS)
