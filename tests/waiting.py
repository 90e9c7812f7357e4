"""Waiting for what other processes do, with a deadline."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 180.0
"""Seconds; a machine with much other work takes a while to start a process."""


def until(
    what: Callable[[], Any], within: float = PATIENCE, every: float = 0.1
) -> float:
    """Wait for *what*; the seconds it took."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < within, "it did not come about"
        time.sleep(every)
    return time.monotonic() - began
