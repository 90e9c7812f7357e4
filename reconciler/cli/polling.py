"""Polls until interrupted."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

from reconciler.engine.waiting import wait_for_event


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
        await wait_for_event(stop, every)
