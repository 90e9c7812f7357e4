"""Times at which this process may place calls, of an account that several share.

Processes reserve times from one timeline of the account, some at a time, and only while
they have calls to place. No two have the same time, so that the sum keeps the account's
calls per second. A process that dies takes its times along: nobody uses them. Whoever
asks again waits behind the others, so that each gets its turn.

A time is good for ``GOOD_SECONDS`` and is never used later: then it would meet those of
others. Connecting takes about as long for each call, and keeps them apart. Times are so
far apart that, however late within that each is used, and however much of the time that
the database took to answer they are late by, no second has more than the calls per
second. A database that is slow makes calls fewer, and never keeps all of them back.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from msgspec import Struct, field

from reconciler.engine.ports import Clock
from reconciler.model.errors import StoreError

GOOD_SECONDS = 0.1
"""Seconds after a time within which a call may still be begun."""

LATEST_SECONDS = 1.5
"""Seconds after its time within which the first byte of a call has to leave."""

QUICK_SECONDS = 0.1
"""Seconds within which the database is expected to answer, until it was slower."""

SLOWEST_SECONDS = 5.0
"""Seconds after which times are not used that the database gave, whatever is expected."""

AHEAD_SECONDS = 0.05
"""Seconds before its time from which on a call is put on record."""

SLICE_SECONDS = 0.5
"""Seconds' worth of calls that are reserved together at most; always at least one."""

ASK_SECONDS = 0.05
"""Seconds after which whoever got no time asks again."""

CALL_WAIT_SECONDS = 0.5
"""Seconds for which a call waits for its time without another observation of its room."""


class Reservation(Struct, frozen=True):
    """``calls`` times, ``gap_seconds`` apart; the first is in ``wait_seconds``."""

    wait_seconds: float
    calls: int
    gap_seconds: float


Reserve = Callable[[int, float], Awaitable[Reservation]]
"""Reserves a number of times, so many seconds apart; StoreError."""


class CallSlots(Struct):
    """The times that are reserved. ``monotonic`` gives seconds that never go back."""

    per_second: float
    reserve: Reserve
    monotonic: Clock
    _times: deque[float] = field(default_factory=deque)
    _unmet: int = 0
    _expected_seconds: float = QUICK_SECONDS
    _task: "asyncio.Task[None] | None" = None

    @property
    def gap(self) -> float:
        """Seconds between two times, of which the database says within ``_expected_seconds``."""
        return (1.0 + GOOD_SECONDS + self._expected_seconds) / self.per_second

    def take(self, wanted: int) -> tuple[float, float]:
        """0.0 and the time of one call, or the seconds to wait; *wanted* are to go."""
        now = self.monotonic()
        while self._times and self._times[0] + GOOD_SECONDS <= now:
            self._times.popleft()
        if self._times and self._times[0] <= now + AHEAD_SECONDS:
            return 0.0, self._times.popleft()
        if self._times:
            early = self._times[0] - AHEAD_SECONDS - now
            return max(ASK_SECONDS, early - CALL_WAIT_SECONDS), 0.0
        self._unmet += wanted
        if self._task is None:
            self._task = asyncio.create_task(self._ask())
        return ASK_SECONDS, 0.0

    def good(self, at: float) -> bool:
        """Whether the call whose time is *at* may still leave, now that it is connected."""
        return self.monotonic() < at + LATEST_SECONDS

    async def turn(self, at: float, within: float) -> float:
        """Wait for the time *at*, or for another one if it has passed; that time.

        After *within* seconds nothing is waited for any longer.
        """
        until = self.monotonic() + within
        while at + GOOD_SECONDS <= self.monotonic() < until:
            wait, found = self.take(1)
            await asyncio.sleep(wait)
            at = at if wait else found
        await asyncio.sleep(max(0.0, at - self.monotonic()))
        return at

    async def _ask(self) -> None:
        gap, expected = self.gap, self._expected_seconds
        most = max(1, int(SLICE_SECONDS / gap))
        calls, self._unmet = min(most, max(1, self._unmet)), 0
        began = self.monotonic()
        try:
            reservation = await self.reserve(calls, gap)
        except StoreError:
            return
        finally:
            self._task = None
        ended = self.monotonic()
        took = ended - began
        self._expected_seconds = min(SLOWEST_SECONDS, max(QUICK_SECONDS, 2.0 * took))
        if took <= expected:
            first = ended + reservation.wait_seconds
            self._times.extend(
                first + n * reservation.gap_seconds for n in range(reservation.calls)
            )
