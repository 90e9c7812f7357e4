"""Limits of concurrency per process.

rooms                 at most ``MAX_ROOMS_AT_ONCE`` are evaluated or acted on
creates               at most ``MAX_CALLS_IN_FLIGHT``
looks                 at most ``MAX_READS_IN_FLIGHT``
changes and removals  at most ``MAX_CHANGES_IN_FLIGHT``, so many of one room too
silences              at most ``RESERVED_FOR_SILENCES`` beyond those
silences sent again   within those of changes: one that hangs takes two places

Any request may hang for long. None may keep a silence of another room, or the
observation that shows it to be needed, from leaving at once.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.engine.limits.call_permits import CallPermits

MAX_ROOMS_AT_ONCE = 20
MAX_CALLS_IN_FLIGHT = 20
MAX_READS_IN_FLIGHT = 20
MAX_CHANGES_IN_FLIGHT = 20
RESERVED_FOR_SILENCES = 4


class InFlight:
    """The requests that Twilio has not answered, those of all rooms together.

    Unless *strict*, each room may have one create under way whatever the others have.
    With *permits* the creates of all processes of the account count.
    """

    def __init__(
        self,
        calls: int = MAX_CALLS_IN_FLIGHT,
        changes: int = MAX_CHANGES_IN_FLIGHT,
        reserved: int = RESERVED_FOR_SILENCES,
        *,
        strict: bool = False,
        permits: CallPermits | None = None,
    ) -> None:
        self.max_calls = calls
        self.strict = strict
        self.permits = permits
        self._of_account = calls
        self.calls = 0
        self._taken = 0
        self.reads = asyncio.Semaphore(MAX_READS_IN_FLIGHT)
        self.max_changes = changes
        self.silences = RequestSlots(self, changes + reserved)
        self.changes = RequestSlots(self, changes)

    def calls_free(self, wanted: int) -> int:
        """How many of *wanted* more creates may be under way; nobody waits for one."""
        free = min(wanted, max(0, self.max_calls - self.calls))
        return free if self.permits is None else self.permits.free(free)

    def begin(self, calls: int) -> Callable[[], bool]:
        """So many creates more are under way; asked later, whether they may leave."""
        self._count(calls)
        permits = self.permits
        if permits is None:
            return lambda: True
        epoch = permits.epoch
        return lambda: permits.good(epoch)

    def end(self, calls: int) -> None:
        """So many creates were answered, or not sent."""
        self._count(-calls)

    def _count(self, calls: int) -> None:
        self.calls += calls
        if self.permits is not None:
            self.permits.use(self.calls)

    def share(self, portion: float) -> None:
        """Let only a *portion* of the creates be under way here, one at least.

        Permits share those of the account by themselves.
        """
        if self.permits is None:
            self.max_calls = max(1, int(self._of_account * portion))

    @property
    def changes_free(self) -> int:
        """How many more changes may be under way beside the reserved places."""
        return max(0, self.max_changes - self._taken)

    def take(self, limit: int) -> bool:
        """Take a slot if fewer than *limit* are taken."""
        if self._taken >= limit:
            return False
        self._taken += 1
        return True

    def give_back(self) -> None:
        """Free a slot, or hand it on: to a silence before anything else."""
        self._taken -= 1
        for slots in (self.silences, self.changes):
            slots.hand_over()


@dataclass(slots=True)
class RequestSlots:
    """To be entered for a request, and left when it is over; first come, first served."""

    pool: InFlight
    limit: int
    _waiting: "deque[asyncio.Future[None]]" = field(default_factory=deque)

    async def __aenter__(self) -> None:
        if not self.pool.take(self.limit):
            await self._wait()

    async def __aexit__(self, *_: object) -> None:
        self.pool.give_back()

    def hand_over(self) -> None:
        """Let in whoever has waited longest, if there is a slot."""
        while self._waiting and self._waiting[0].done():
            del self._waiting[0]
        if self._waiting and self.pool.take(self.limit):
            self._waiting.popleft().set_result(None)

    async def _wait(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.pool.give_back()
            raise
