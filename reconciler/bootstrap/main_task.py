"""The result of a coroutine that is all that an event loop runs."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def result_of(work: Coroutine[Any, Any, T], runner: asyncio.Runner | None = None) -> T:
    """What *work* returns, run by *runner* or on a loop of asyncio's own.

    The result is kept from the loop's main task. ``asyncio.Runner`` has Python's
    ``signal`` module describe that task at its end, with the whole of its result: of a
    thousand rooms that takes longer than to plan them.
    """
    found: list[T] = []

    async def keep() -> None:
        found.append(await work)

    if runner is None:
        asyncio.run(keep())
    else:
        runner.run(keep())
    return found[0]
