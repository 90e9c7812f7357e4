"""Threads for blocking work, awaited by coroutines."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Any, TypeVar

T = TypeVar("T")


class WorkerThreads:
    """At most *size* threads, which run work in the order of submission.

    Daemon threads: a hanging query does not block interpreter exit, as it would with
    ``ThreadPoolExecutor``, which joins its threads.
    """

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._most = size
        self._threads = 0
        self._idle = Semaphore(0)
        self._line: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = (
            SimpleQueue()
        )

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Let *work* be done; it can be cancelled until a thread has taken it."""
        future: Future[T] = Future()
        self._line.put((future, work))
        if self._threads < self._most and not self._idle.acquire(blocking=False):
            self._threads += 1
            Thread(target=self._serve, name=self._name, daemon=True).start()
        return future

    def end(self) -> None:
        """Let every thread end after the work that is in the line now."""
        for _ in range(self._threads):
            self._line.put(None)

    def _serve(self) -> None:
        while (taken := self._line.get()) is not None:
            _do(*taken)
            del taken
            self._idle.release()


def _do(future: Future[T], work: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        done = work()
    except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
        future.set_exception(error)
    else:
        future.set_result(done)


class Dropped(Exception):  # noqa: N818 - a state of the work
    """Work was taken out of the line by somebody else than who waits for it."""


async def outcome(future: Future[T], wait_seconds: float) -> T:
    """What the work came to; Dropped if it was cancelled before it began.

    A caller that is cancelled before the work has begun is so at once, and
    nothing is done; one that is cancelled later is so when the work is over, or
    *wait_seconds* later, whichever is first.
    """
    waiting = asyncio.wrap_future(future)
    try:
        await asyncio.wait({waiting})
    except asyncio.CancelledError:
        if not future.cancel():
            await _over(waiting, wait_seconds)
        raise
    if waiting.cancelled():
        raise Dropped
    return waiting.result()


async def _over(waiting: asyncio.Future[Any], wait_seconds: float) -> None:
    """Wait for the end, however often cancelled meanwhile; the outcome is nobody's."""
    loop = asyncio.get_running_loop()
    until = loop.time() + wait_seconds
    while not waiting.done() and (left := until - loop.time()) > 0:
        with suppress(asyncio.CancelledError):
            await asyncio.wait({waiting}, timeout=left)
    if not waiting.cancel() and not waiting.cancelled():
        waiting.exception()
