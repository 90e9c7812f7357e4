"""A daemon that has no room: what it costs to wait."""

import time
from pathlib import Path
from statistics import median

from benchmarks.builds import Build
from benchmarks.harness import Bench, note
from benchmarks.process import cpu_seconds, daemon, wakeups
from benchmarks.table import Row
from benchmarks.world import World

SECONDS, SETTLING_SECONDS = 4.0, 3.0
MOST_MS, MOST_WAKEUPS = 2.0, 20.0


def measure(bench: Bench) -> list[Row]:
    """All rows of this family."""
    note("idle: daemons without rooms")
    found: dict[str, list[float]] = {}
    for build in bench.builds:
        found[f"{build.name} ms"], found[f"{build.name} wakeups"] = _idle(bench, build)
    said = "; ".join(f"{name} {median(each):.1f}" for name, each in found.items())
    return [
        Row(
            "CPU of a daemon without rooms, milliseconds a second",
            median(found["this ms"]),
            MOST_MS,
            "ms",
            "—",
            rounds=found,
            note=said,
            profile="idle",
        ),
        Row(
            "wakeups of a daemon without rooms",
            median(found["this wakeups"]),
            MOST_WAKEUPS,
            "a second",
            "—",
            profile="idle",
        ),
    ]


def empty_home(bench: Bench, name: str) -> Path:
    """A folder whose roster files declare no room."""
    home = bench.folder / f"idle-{name}"
    (home / "desired").mkdir(parents=True)
    (home / "desired" / "people.yaml").write_text("# nobody\n", "utf-8")
    return home


def _idle(bench: Bench, build: Build) -> tuple[list[float], list[float]]:
    """Milliseconds of CPU, and wakeups, of each second."""
    home = empty_home(bench, build.name)
    argv = build.command("daemon", "desired", "--admin-listen", "127.0.0.1:0")
    with bench.over():
        server = bench.server(World(0, 0), tls=True)
        env = bench.environment(server.url, **build.environment())
        with daemon(argv, env, home) as ready:
            time.sleep(SETTLING_SECONDS)
            return _measured(ready.pid, bench.rounds)


def _measured(pid: int, rounds: int) -> tuple[list[float], list[float]]:
    milliseconds, woken = [], []
    for _ in range(rounds):
        cpu, times = cpu_seconds(pid), wakeups(pid)
        time.sleep(SECONDS)
        milliseconds.append((cpu_seconds(pid) - cpu) / SECONDS * 1000)
        woken.append((wakeups(pid) - times) / SECONDS)
    return milliseconds, woken
