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
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Process:
    """A life of the product: killed for good, or frozen for a while."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.frozen = False
        self.stopping = False
        self.missed: list[_Handle] = []
        self.woken_at = 0.0
        self.killed_at: float | None = None
        self.steps = 0
        self.ambush: tuple[int, Callable[[], None]] | None = None

    def __repr__(self) -> str:
        return self.name


OWNER: ContextVar[Process | None] = ContextVar("OWNER", default=None)


class Stuck(RuntimeError):  # noqa: N818 - a state of the loop
    """Nothing is ready, and nothing ever will be."""


def _nothing() -> None:
    """What a handle that was cancelled would do."""


class _Handle(asyncio.TimerHandle):
    """A callback, without what asyncio keeps of it for its debug mode."""

    __slots__ = ()

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        self._when = when
        self._callback = callback
        self._args = args
        self._loop = loop
        self._context = copy_context() if context is None else context
        self._cancelled = False
        self._repr = self._source_traceback = None

    def cancel(self) -> None:
        self._cancelled = True
        self._callback, self._args = _nothing, ()


class _Due(float):
    """When a handle is due: a heap of these is ordered without calls of Python."""

    __slots__ = ("handle",)
    handle: _Handle


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs on virtual seconds, which begin at *start*.

    It does with a callback what asyncio's own loops do, in as few calls as it can:
    a run makes thousands of them.
    """

    _ready: deque[_Handle]
    _scheduled: list[_Due]
    _stopping: bool

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

    def call_soon(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> _Handle:
        handle = _Handle(0.0, callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> _Handle:
        due = _Due(when)
        due.handle = handle = _Handle(when, callback, args, self, context)
        heapq.heappush(self._scheduled, due)
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> _Handle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def _run_once(self) -> None:
        """What is ready, again and again until the loop is stopped."""
        ready, step = self._ready, self._step
        while True:
            if not ready:
                self._jump()
            if len(ready) == 1:
                step(ready.popleft())
            else:
                batch = list(ready)
                ready.clear()
                self._random.shuffle(batch)
                for handle in batch:
                    step(handle)
            if self._stopping:
                return

    def _jump(self) -> None:
        scheduled = self._scheduled
        while scheduled and scheduled[0].handle._cancelled:
            heapq.heappop(scheduled)
        if not scheduled:
            raise Stuck("everybody waits for somebody else")
        self._now = now = max(self._now, float(scheduled[0]))
        while scheduled and scheduled[0] <= now:
            handle = heapq.heappop(scheduled).handle
            if not handle._cancelled:
                self._ready.append(handle)

    def _step(self, handle: _Handle) -> None:
        if handle._cancelled:
            return
        owner: Process | None = handle._context.get(OWNER)
        if owner is not None:
            if owner.frozen:
                owner.missed.append(handle)
                return
            if not owner.alive or self._is_ambushed(owner, handle):
                return
        try:
            handle._context.run(handle._callback, *handle._args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - as asyncio does
            self.call_exception_handler({"exception": error, "handle": handle})

    def _is_ambushed(self, owner: Process, handle: _Handle) -> bool:
        """Whether something befalls the process before its next step."""
        owner.steps += 1
        if owner.ambush is None or owner.steps < owner.ambush[0]:
            return False
        spring, owner.ambush = owner.ambush[1], None
        spring()
        self._step(handle)
        return True

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
