"""What the system says of a process that somebody else runs; and daemons to ask it of."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

READ = "read: ready"
"""In the line with which a daemon of any build says that it has read every room."""

IDLE_SECONDS, IDLE_PART, IDLE_PATIENCE_SECONDS = 2.0, 0.2, 180.0
"""Of so many seconds an idle process takes less than this part of CPU time."""


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process so far, in user mode and in the system's."""
    return time.clock_gettime(_cpu_clock(pid))


def tree_cpu_seconds(pid: int) -> float:
    """Those of a process and of all that it started, also of those that have ended."""
    process = psutil.Process(pid)
    spent = sum(process.cpu_times()[:4])
    for each in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            spent += sum(each.cpu_times()[:4])
    return spent


def _cpu_clock(pid: int) -> int:
    """The clock of a process's CPU time, which counts nanoseconds: CPUCLOCK_SCHED.

    Linux: what ``clock_getcpuclockid`` answers.
    """
    return (~pid << 3) | 2


def until_idle(pid: int) -> None:
    """Wait until a process does nothing but wait, for as long as it ever may take."""
    spent, until = cpu_seconds(pid), time.monotonic() + IDLE_PATIENCE_SECONDS
    while time.monotonic() < until:
        time.sleep(IDLE_SECONDS)
        before, spent = spent, cpu_seconds(pid)
        if spent - before < IDLE_PART * IDLE_SECONDS:
            return


def wakeups(pid: int) -> int:
    """How often its threads have waited for something so far."""
    tasks = Path(f"/proc/{pid}/task").glob("*/status")
    return sum(_field(each, "voluntary_ctxt_switches") for each in tasks)


def peak_megabytes(pid: int) -> float:
    """The most resident memory that it ever had."""
    return _field(Path(f"/proc/{pid}/status"), "VmHWM") / 1024


def _field(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(name)


@dataclass(frozen=True, slots=True)
class Ready:
    """A daemon that has read every room: seconds since it was executed, and of CPU."""

    pid: int
    began: float
    wall: float
    cpu: float
    peak: float


@contextmanager
def daemon(argv: Sequence[str], env: Mapping[str, str], cwd: Path) -> Iterator[Ready]:
    """Run a daemon until it says that every room was read, and end it afterwards.

    ``began`` is monotonic seconds.
    """
    began = time.monotonic()
    process = subprocess.Popen(
        argv, env=env, cwd=cwd, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        _until_read(process.stderr)
        pid = process.pid
        wall = time.monotonic() - began
        yield Ready(pid, began, wall, cpu_seconds(pid), peak_megabytes(pid))
    finally:
        process.terminate()
        process.communicate()


def _until_read(lines: IO[str]) -> None:
    told: list[str] = []
    for line in lines:
        told.append(line)
        if READ in line:
            return
    raise RuntimeError(f"the daemon ended: {''.join(told)[-600:]}")
