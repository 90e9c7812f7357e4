"""Polls until interrupted."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable


async def until_interrupted(
    once: Callable[[], Awaitable[object]], every: float
) -> None:
    """Do *once* every so many seconds until SIGINT or SIGTERM; then return."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    while not stop.is_set():
        await once()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every)
