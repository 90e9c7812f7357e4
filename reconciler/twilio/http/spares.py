"""Connections made shortly before they are needed, on which nothing was ever sent.

A request that must not be sent twice leaves on a connection of its own. With TLS that
takes two round trips and some milliseconds of CPU, which are spent here while the
caller still writes to the database.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import httpx
from msgspec import Struct

from reconciler.twilio.http.connection import Connection
from reconciler.twilio.http.request_bytes import Origin

SPARE_SECONDS = 5.0
"""Seconds for which a connection waits to be used: servers keep idle ones far longer."""

MOST_SPARES = 24


class _Spare(Struct, frozen=True):
    """A connection, or what makes it; since when, on the loop's clock."""

    origin: Origin
    since: float
    making: "asyncio.Task[Connection]"


class Spares:
    """Fresh connections by *connect*, at most ``MOST_SPARES``, for *seconds* each."""

    def __init__(
        self,
        connect: Callable[[Origin], Awaitable[Connection]],
        seconds: float = SPARE_SECONDS,
    ) -> None:
        self._connect = connect
        self._seconds = seconds
        self._spares: deque[_Spare] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._spares)

    def expect(self, origin: Origin, requests: int) -> None:
        """Have connections for so many *requests* to *origin*, as far as they miss."""
        loop = asyncio.get_running_loop()
        self._let_go(loop.time() - self._seconds)
        for _ in range(min(requests, MOST_SPARES) - len(self._spares)):
            making = loop.create_task(self._made(origin))
            making.add_done_callback(_seen)
            self._spares.append(_Spare(origin, loop.time(), making))
        self._watch(loop)

    async def take(self, origin: Origin) -> Connection | None:
        """A connection to *origin* on which nothing came or went; None without one.

        One that is being made is waited for.
        """
        now = asyncio.get_running_loop().time()
        self._let_go(now - self._seconds)
        while (spare := self._next(origin)) is not None:
            try:
                connection = await spare.making
            except (OSError, ValueError, httpx.TransportError):
                continue
            if await _unused(connection):
                return connection
            connection.close()
        return None

    def clear(self) -> None:
        """Close all; what is being made is not."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._spares:
            _close(self._spares.popleft())

    async def _made(self, origin: Origin) -> Connection:
        return await self._connect(origin)

    def _next(self, origin: Origin) -> _Spare | None:
        for place, spare in enumerate(self._spares):
            if spare.origin == origin:
                del self._spares[place]
                return spare
        return None

    def _let_go(self, before: float) -> None:
        while self._spares and self._spares[0].since <= before:
            _close(self._spares.popleft())

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close in time what nobody uses."""
        if self._timer is None and self._spares:
            at = self._spares[0].since + self._seconds
            self._timer = loop.call_at(at, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        self._let_go(loop.time() - self._seconds)
        self._watch(loop)


async def _unused(connection: Connection) -> bool:
    """Whether it is open and nothing waits to be read, but for TLS's own records."""
    if not connection.quiet() and not connection.closed:
        await asyncio.sleep(0)
    return connection.quiet()


def _seen(making: "asyncio.Task[Connection]") -> None:
    """A failure is nobody's: whoever needs a connection makes one, and is told."""
    if not making.cancelled():
        making.exception()


def _close(spare: _Spare) -> None:
    if not spare.making.done():
        spare.making.cancel()
    elif not spare.making.cancelled() and spare.making.exception() is None:
        spare.making.result().close()
