"""Waiting for what other processes do, with a deadline."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 180.0
"""Seconds; a machine with much other work takes a while to start a process."""


def until(
    what: Callable[[], Any], within: float = PATIENCE, every: float | None = None
) -> float:
    """Wait for *what*; the seconds it took.

    It is asked less often the longer it takes: asking takes processor time, too.
    """
    began = time.monotonic()
    while not what():
        waited = time.monotonic() - began
        assert waited < within, "it did not come about"
        time.sleep(min(0.3, 0.05 + waited / 20) if every is None else every)
    return time.monotonic() - began
