"""A daemon that has no room: what it costs to wait."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from statistics import median

from benchmarks.builds import Build
from benchmarks.harness import Bench, note
from benchmarks.part import Part
from benchmarks.process import Ready, cpu_seconds, daemon, wakeups
from benchmarks.table import Row
from benchmarks.world import World

SECONDS, SETTLING_SECONDS = 3.0, 3.0
MOST_MS, MOST_WAKEUPS = 2.0, 20.0


def idle(bench: Bench) -> Iterator[Row]:
    """Daemons of all builds, which wait beside one another."""
    note("idle: daemons without rooms")
    found: dict[str, list[float]] = {}
    with ExitStack() as stack:
        pids = {
            x.name: stack.enter_context(_running(bench, x)).pid for x in bench.builds
        }
        time.sleep(SETTLING_SECONDS)
        for _ in range(bench.rounds):
            before = {name: (cpu_seconds(x), wakeups(x)) for name, x in pids.items()}
            time.sleep(SECONDS)
            for name, pid in pids.items():
                cpu, woken = before[name]
                taken = (cpu_seconds(pid) - cpu) / SECONDS * 1000
                found.setdefault(f"{name} ms", []).append(taken)
                times = (wakeups(pid) - woken) / SECONDS
                found.setdefault(f"{name} wakeups", []).append(times)
    said = "; ".join(f"{name} {median(each):.1f}" for name, each in found.items())
    yield Row(
        "CPU of a daemon without rooms, milliseconds a second",
        median(found["this ms"]),
        MOST_MS,
        "ms",
        "—",
        rounds=found,
        note=said,
        profile="idle",
    )
    yield Row(
        "wakeups of a daemon without rooms",
        median(found["this wakeups"]),
        MOST_WAKEUPS,
        "a second",
        "—",
        profile="idle",
    )


PARTS = (Part("idle", idle, alone=True),)


def empty_home(bench: Bench, name: str) -> Path:
    """A folder whose roster files declare no room."""
    home = bench.new_folder(f"idle-{name}")
    (home / "desired").mkdir()
    (home / "desired" / "people.yaml").write_text("# nobody\n", "utf-8")
    return home


def _running(bench: Bench, build: Build) -> AbstractContextManager[Ready]:
    home = empty_home(bench, build.name)
    argv = build.command("daemon", "desired", "--admin-listen", "127.0.0.1:0")
    server = bench.server(World(0, 0), tls=True)
    env = bench.environment(server.url, **build.environment())
    return daemon(argv, env, home)
