"""An event loop without a clock, a selector or chance.

Time stands still while anything is ready to run, then jumps to the next timer.
What is ready at once runs in an order that the seed decides, since nothing in
the product may rely on another. Each callback belongs to the process in whose
context it was made; a process that was killed never runs again, and one that
is frozen runs what it missed when it wakes.
"""

import asyncio
import heapq
import random
import warnings
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")


class Process:
    """A life of the product: killed for good, or frozen for a while."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.frozen = False
        self.stopping = False
        self.missed: list[asyncio.Handle] = []
        self.woken_at = 0.0
        self.steps = 0
        self.ambush: tuple[int, Callable[[], None]] | None = None

    def __repr__(self) -> str:
        return self.name


OWNER: ContextVar[Process | None] = ContextVar("OWNER", default=None)


class Stuck(RuntimeError):  # noqa: N818 - a state of the loop
    """Nothing is ready, and nothing ever will be."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs on virtual seconds, which begin at *start*."""

    _ready: list[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self, seed: int, start: float) -> None:
        super().__init__()
        self._now = start
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._tasks: list[asyncio.Task[Any]] = []
        self.untaken: list[dict[str, Any]] = []
        self.set_task_factory(self._task)  # type: ignore[arg-type]

    def time(self) -> float:
        """Virtual Unix seconds."""
        return self._now

    def _task(
        self,
        loop: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, T],
        **more: Any,
    ) -> asyncio.Task[T]:
        task = asyncio.Task(work, loop=loop, **more)
        self._tasks.append(task)
        return task

    def _run_once(self) -> None:
        if not self._ready:
            self._jump()
        batch = list(self._ready)
        self._ready.clear()
        if len(batch) > 1:
            self._random.shuffle(batch)
        for handle in batch:
            self._step(handle)

    def _jump(self) -> None:
        scheduled = self._scheduled
        while scheduled and scheduled[0].cancelled():
            heapq.heappop(scheduled)._scheduled = False  # type: ignore[attr-defined]
        if not scheduled:
            raise Stuck("everybody waits for somebody else")
        self._now = max(self._now, scheduled[0].when())
        while scheduled and scheduled[0].when() <= self._now:
            handle = heapq.heappop(scheduled)
            handle._scheduled = False  # type: ignore[attr-defined]
            if not handle.cancelled():
                self._ready.append(handle)

    def _step(self, handle: asyncio.Handle) -> None:
        if handle.cancelled():
            return
        owner: Process | None = handle._context.get(OWNER)  # type: ignore[attr-defined]
        if owner is None:
            handle._run()
        elif owner.frozen:
            owner.missed.append(handle)
        elif owner.alive:
            self._live(owner, handle)

    def _live(self, owner: Process, handle: asyncio.Handle) -> None:
        owner.steps += 1
        if owner.ambush is not None and owner.steps >= owner.ambush[0]:
            spring, owner.ambush = owner.ambush[1], None
            spring()
            self._step(handle)
        else:
            handle._run()

    def freeze(self, process: Process) -> None:
        """Stop a process where it stands, as a host does that suspends it."""
        process.frozen = True

    def wake(self, process: Process) -> None:
        """Let a frozen process go on with what it missed."""
        process.frozen = False
        process.woken_at = self._now
        self._ready.extend(process.missed)
        process.missed.clear()

    def end(self) -> None:
        """Close the loop; what was killed or still waits is thrown away quietly.

        The ``finally`` of what is thrown away may begin work for which there is no
        loop any more: its coroutines go with the error that this raises.
        """
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            for task in self._tasks:
                if not task.done():
                    task._log_destroy_pending = False  # type: ignore[attr-defined]
                    with suppress(BaseException):
                        task.get_coro().close()
        self._tasks.clear()
        self._ready.clear()
        self._scheduled.clear()
        self.close()

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody took: the dead leave such things behind."""
        self.untaken.append(context)

    def _process_events(self, event_list: list[Any]) -> None:
        """There is no selector."""

    def _write_to_self(self) -> None:
        """There is nobody to be woken."""
