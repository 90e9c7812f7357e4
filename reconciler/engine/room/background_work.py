"""Requests that continue after the pass that sent them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.room.call_batch import CallBatch
from reconciler.engine.room.late_requests import LateRequests
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.engine.room.outcome import ActionOutcome
from reconciler.engine.room.place_call import CallPlacer


def _ignored(room: str, seconds: float) -> None:
    """Nobody looks again."""


@dataclass(slots=True)
class BackgroundWork:
    """What is under way in each room, and what became of it.

    ``requeue`` is told of a room that should be looked at, and in how many
    seconds: its requests are answered, or rings were not begun.
    """

    placer: CallPlacer
    limiter: AccountLimiter
    stopping: Callable[[], bool]
    requeue: Callable[[str, float], None] = _ignored
    late: LateRequests = field(init=False)
    _batches: dict[str, CallBatch] = field(default_factory=dict)
    _halted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.late = LateRequests(self._requeue)

    def of(self, session: LeaseSession) -> CallBatch:
        """The batch of a leased room; another lease has a batch of its own."""
        batch = self._batches.get(session.room)
        if batch is None or batch.session is not session:
            batch = self._batches[session.room] = CallBatch(
                self.placer,
                session,
                self.limiter,
                partial(self._stopping, session.room),
                partial(self._requeue, session.room),
            )
        return batch

    def active(self, room: str) -> bool:
        """Whether requests of *room* are under way beside its passes."""
        batch = self._batches.get(room)
        return bool(self.late.busy(room)) or (batch is not None and batch.active)

    def under_way(self, room: str) -> frozenset[int]:
        """The attempts of *room* whose answers are still to come, by id."""
        batch = self._batches.get(room)
        return batch.under_way() if batch else frozenset()

    def collect(self, room: str) -> list[ActionOutcome]:
        """What became of requests of *room* since this was asked last.

        It is on record, or will be with the next notes of the room.
        """
        batch = self._batches.get(room)
        return self.late.collect(room) + (batch.collect() if batch else [])

    def raise_error(self, room: str) -> None:
        """Raise, once, what ended the creates of *room* early."""
        batch = self._batches.get(room)
        if batch is None:
            return
        try:
            batch.raise_error()
        finally:
            if batch.over:
                del self._batches[room]

    def stop(self, room: str) -> None:
        """Place no more calls for *room* until ``resume``."""
        self._halted.add(room)

    def resume(self, room: str) -> None:
        """Calls for *room* may be placed again."""
        self._halted.discard(room)

    def halted(self, room: str) -> bool:
        """Whether no more calls for *room* are placed."""
        return room in self._halted

    def _stopping(self, room: str) -> bool:
        return self.halted(room) or self.stopping()

    async def finish(self, room: str) -> None:
        """Wait until all of *room* is answered; see ``CallBatch.finish``."""
        await self.late.finish(room)
        batch = self._batches.get(room)
        if batch is not None:
            await batch.finish()

    async def close(self, within: float) -> None:
        """Wait until all is answered, but for no longer than *within* seconds."""
        batches = [batch for batch in self._batches.values() if batch.active]
        for batch in batches:
            batch.stop()
        await asyncio.gather(
            self.late.finish(within=within),
            *(batch.finish(within) for batch in batches),
        )

    def _requeue(self, room: str, seconds: float) -> None:
        self.requeue(room, seconds)
