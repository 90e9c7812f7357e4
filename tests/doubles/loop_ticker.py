"""A ticker that virtual time can drive."""

import asyncio
from collections.abc import Callable

from reconciler.ticker import TICK_SECONDS


class LoopTicker:
    """A ticker by the event loop alone: what virtual time can drive."""

    def __init__(
        self, tick: Callable[[], None], *, every: float = TICK_SECONDS
    ) -> None:
        self._tick = tick
        self._every = every
        self._next: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to tick."""
        self.stop()
        self._arm()

    def stop(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        self._next = loop.call_at(loop.time() + self._every, self._ring)

    def _ring(self) -> None:
        self._arm()
        self._tick()
