"""The simulation's loop, for days: it lets go of what is done."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from reconciler.play.world.virtual_loop import VirtualLoop

T = TypeVar("T")

_ROOM = 1000
"""Tasks that are kept beside those that were not done at the last count."""


class LongLoop(VirtualLoop):
    """A virtual loop whose memory does not grow with what has been done."""

    def __init__(self, seed: int, start: float) -> None:
        super().__init__(seed, start)
        self._most = _ROOM

    def _task(
        self,
        loop: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, T],
        **more: Any,
    ) -> asyncio.Task[T]:
        if len(self._tasks) >= self._most:
            self.let_go()
        return super()._task(loop, work, **more)

    def let_go(self) -> None:
        """Forget the tasks that are done."""
        self._tasks = [each for each in self._tasks if not each.done()]
        self._most = len(self._tasks) + _ROOM
