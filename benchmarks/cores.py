"""Which core each party runs on: clients on the first, servers on the last."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cores:
    """Cores by number, -1 where they cannot be told apart."""

    client: int
    server: int

    @property
    def apart(self) -> bool:
        """Whether server and client do not share a core."""
        return self.client != self.server


def cores() -> Cores:
    """The first and the last of the cores that this process may use."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores(-1, -1)
    usable = sorted(os.sched_getaffinity(0))
    return Cores(usable[0], usable[-1])


def pin(core: int, thread: int = 0) -> None:
    """Keep this thread or another, and what it starts, on *core*; nothing for -1."""
    if core >= 0 and hasattr(os, "sched_setaffinity"):
        with suppress(ProcessLookupError):  # a thread that has ended
            os.sched_setaffinity(thread, {core})


@contextmanager
def moved_to(core: int) -> Iterator[None]:
    """Run the block on *core*, and come back."""
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    pin(core)
    try:
        yield
    finally:
        if before is not None:
            os.sched_setaffinity(0, before)
