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

from msgspec import Struct, field

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
        self.reads = SlotPool().slots(MAX_READS_IN_FLIGHT)
        self.max_changes = changes
        self._written = SlotPool()
        self.silences = self._written.slots(changes + reserved)
        self.changes = self._written.slots(changes)

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
        return max(0, self.max_changes - self._written.taken)


class SlotPool(Struct):
    """Counts the requests that are under way; those of one kind wait by themselves."""

    taken: int = 0
    _kinds: "list[RequestSlots]" = field(default_factory=list)

    def slots(self, limit: int) -> "RequestSlots":
        """Those of another kind: they may leave while fewer than *limit* are under way.

        A slot that comes free goes to the kind that was asked for first.
        """
        slots = RequestSlots(self, limit)
        self._kinds.append(slots)
        return slots

    def give_back(self) -> None:
        """Free a slot, or hand it on."""
        self.taken -= 1
        for slots in self._kinds:
            if slots.waiting:
                slots.hand_over()


class RequestSlots(Struct):
    """To be entered for a request, and left when it is over; first come, first served."""

    pool: SlotPool
    limit: int
    waiting: "deque[asyncio.Future[None]]" = field(default_factory=deque)

    def take(self) -> bool:
        """Take a slot, which is given back to the pool; False if ``wait`` is to."""
        if self.pool.taken >= self.limit:
            return False
        self.pool.taken += 1
        return True

    async def __aenter__(self) -> None:
        if not self.take():
            await self.wait()

    async def __aexit__(self, *_: object) -> None:
        self.pool.give_back()

    def hand_over(self) -> None:
        """Let in whoever has waited longest, if there is a slot."""
        while self.waiting and self.waiting[0].done():
            del self.waiting[0]
        if self.waiting and self.take():
            self.waiting.popleft().set_result(None)

    async def wait(self) -> None:
        """Take the next slot that comes free."""
        turn = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.pool.give_back()
            raise
