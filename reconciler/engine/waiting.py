"""Ways to wait: for an event, for tasks, for work that must not be cut short."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def wait_for_event(event: asyncio.Event, seconds: float | None) -> None:
    """Until *event* is set, at most *seconds*; None: for as long as it takes."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def wait_for_tasks(
    tasks: "Iterable[asyncio.Task[Any]]", seconds: float | None = None
) -> None:
    """Until *tasks* have ended, at most *seconds*; what they raise stays in them."""
    waited = set(tasks)
    if waited:
        await asyncio.wait(waited, timeout=seconds)


async def wait_for_first(*awaitables: Awaitable[object]) -> None:
    """Until one of *awaitables* has ended; what that raised.

    Those that are tasks already continue, the others are canceled.
    """
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    begun = [x for x, given in zip(tasks, awaitables, strict=True) if x is not given]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in begun:
            task.cancel()
    for task in ended:
        task.result()


async def wait_through(task: "asyncio.Task[Any]") -> bool:
    """Until *task* has ended, however often this is canceled; whether it was."""
    canceled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            canceled = True
    return canceled


async def run_to_completion(
    work: Coroutine[Any, Any, T], cancelled: Callable[[], None] = lambda: None
) -> T:
    """Await *work* to its end even if cancelled meanwhile; then be cancelled.

    *cancelled* is called first, to let *work* end sooner.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        cancelled()
        if not task.done():
            await asyncio.wait({task})
        if not task.cancelled():
            task.exception()
        raise
