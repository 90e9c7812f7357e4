"""Refuses to block an event loop that runs."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from reconciler.model.errors import EventLoopRunning


def refuse_in_loop(
    instead: str, work: Coroutine[Any, Any, object] | None = None
) -> None:
    """EventLoopRunning, and *work* closed, where an event loop runs."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    if work is not None:
        work.close()
    raise EventLoopRunning(f"an event loop is running: {instead}")
