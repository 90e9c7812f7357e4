"""Connection pool and limit of concurrent requests."""

import asyncio
import sys
from collections import deque

import httpx

from reconciler.twilio.http.connection import Connection
from reconciler.twilio.http.request_bytes import Origin


class Slots:
    """At most *limit* at a time, first come first served; None is no limit."""

    def __init__(self, limit: int | None) -> None:
        self._limit = sys.maxsize if limit is None else limit
        self._free = self._limit
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def taken(self) -> int:
        """How many are taken."""
        return self._limit - self._free

    def over(self, idle: int) -> bool:
        """Whether *idle* connections beside those in use are too many."""
        return self.taken + idle > self._limit

    def take(self) -> bool:
        """Take a slot if one is free; False if one has to be waited for."""
        if self._free:
            self._free -= 1
            return True
        return False

    async def wait(self, seconds: float | None) -> None:
        """Take the next slot that comes free; PoolTimeout after *seconds*."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        timer = None if seconds is None else loop.call_later(seconds, _expire, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give_back()
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def give_back(self) -> None:
        """Hand a slot to whoever has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


def _expire(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(httpx.PoolTimeout("no connection became free in time"))


class Idle:
    """Connections that may be used again, closed after *expiry* seconds of rest.

    The one used last is used next.
    """

    def __init__(self, expiry: float) -> None:
        self._expiry = expiry
        self._resting: list[Connection] = []
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._resting)

    def put(self, connection: Connection) -> None:
        """Keep *connection*, which owes no answer."""
        loop = connection.loop
        connection.idle_since = loop.time()
        self._resting.append(connection)
        if self._timer is None:
            self._timer = loop.call_later(self._expiry, self._sweep, loop)

    def take(self, origin: Origin) -> Connection | None:
        """An open connection to *origin* on which nothing unasked has come."""
        resting = self._resting
        for place in range(len(resting) - 1, -1, -1):
            connection = resting[place]
            if connection.origin == origin:
                del resting[place]
                if connection.quiet():
                    return connection
                connection.close()
        return None

    def drop(self, connection: Connection) -> None:
        """Forget *connection*, which was lost."""
        if connection in self._resting:
            self._resting.remove(connection)

    def evict(self) -> None:
        """Close the one that has rested longest."""
        self._resting.pop(0).close()

    def clear(self) -> None:
        """Close all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._resting:
            self.evict()

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        while self._resting and self._due() <= loop.time():
            self.evict()
        if self._resting:
            self._timer = loop.call_at(self._due(), self._sweep, loop)

    def _due(self) -> float:
        return self._resting[0].idle_since + self._expiry
