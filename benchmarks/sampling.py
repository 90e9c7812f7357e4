"""Where the CPU time of a process goes: what its threads are at, over and over.

Each sample gives a thread the CPU time that it took since the one before, and that to
the functions on its stack. Threads that wait take none, so that SQL, files and the loop
are seen beside one another. A native call belongs to the function that made it.
"""

import json
import sys
import threading
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType

EVERY_SECONDS = 0.001
SWITCH_SECONDS = 0.00002
"""How long a thread may hold the interpreter while samples are taken. With more, samples
fall where a thread lets it go by itself: in system calls and SQL."""

LEAST_SHARE = 0.001
"""Functions below it are not kept."""


def _none() -> defaultdict[CodeType, float]:
    return defaultdict(float)


@dataclass(slots=True)
class Sampler:
    """Samples all threads but its own while it runs, from ``after`` seconds on."""

    after: float = 0.0
    own: defaultdict[CodeType, float] = field(default_factory=_none)
    inclusive: defaultdict[CodeType, float] = field(default_factory=_none)
    _spent: dict[int, float] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Sample while the block runs."""
        thread = threading.Thread(target=self._run, name="sampler", daemon=True)
        interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            sys.setswitchinterval(interval)

    def write(self, path: Path) -> None:
        """Write the share that each function has of all CPU time, as JSON."""
        total = sum(self.own.values()) or 1.0
        rows = [
            (*_place(code), self.own[code] / total, whole / total)
            for code, whole in self.inclusive.items()
            if whole / total >= LEAST_SHARE
        ]
        path.write_text(json.dumps({"total": total, "functions": rows}), "utf-8")

    def _run(self) -> None:
        self._over.wait(self.after)
        self._sample()
        while not self._over.wait(EVERY_SECONDS):
            self._sample()

    def _sample(self) -> None:
        mine = threading.get_ident()
        for ident, frame in sys._current_frames().items():  # noqa: SLF001 - no other way
            if ident != mine:
                self._count(ident, frame)

    def _count(self, ident: int, frame: FrameType) -> None:
        try:
            spent = time.clock_gettime(time.pthread_getcpuclockid(ident))
        except OSError:  # the thread ended meanwhile
            return
        took = spent - self._spent.get(ident, spent)
        self._spent[ident] = spent
        if took <= 0.0:
            return
        self.own[frame.f_code] += took
        for code in _codes(frame):
            self.inclusive[code] += took


def write_allocations(path: Path) -> None:
    """Write the share that each line has of all memory that is traced, as JSON."""
    found = tracemalloc.take_snapshot().statistics("lineno")
    total = sum(each.size for each in found) or 1
    rows = [
        (frame.filename, frame.lineno, "", each.size / total, each.size / total)
        for each in found
        for frame in each.traceback
        if each.size / total >= LEAST_SHARE
    ]
    path.write_text(json.dumps({"total": total, "functions": rows}), "utf-8")


def _codes(frame: FrameType | None) -> set[CodeType]:
    found: set[CodeType] = set()
    while frame is not None:
        found.add(frame.f_code)
        frame = frame.f_back
    return found


def _place(code: CodeType) -> tuple[str, int, str]:
    return code.co_filename, code.co_firstlineno, code.co_qualname
