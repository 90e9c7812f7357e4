"""``plan``, ``status`` and ``sync`` over many rooms that are as declared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil
from statistics import median

from benchmarks.builds import Build, this_build
from benchmarks.harness import Bench, Server, Taken, in_turn, note, timed
from benchmarks.rows.checks import FEW, MANY
from benchmarks.table import Row, beside
from benchmarks.world import World

ROUNDS = 3
FAR, FAR_SECONDS, FARTHER_SECONDS = World(100, 5), 0.1, 0.35
AT_ONCE, LISTINGS = 20, 2
MOST_LATE, MOST_GROWTH = 1.3, 10.5


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its words, those of older builds, and the most CPU seconds."""

    name: str
    most: float
    words: tuple[str, ...]
    older: tuple[str, ...]


COMMANDS = (
    Command("plan", 5.1 / 4, ("plan", "desired"), ("plan", "desired")),
    Command(
        "status",
        2.0 / 4,
        ("--output", "json", "status", "--live"),
        ("--output", "json", "status"),
    ),
    Command("sync", 5.4 / 4, ("sync", "desired"), ("sync", "desired")),
)


@dataclass(frozen=True, slots=True)
class Runs:
    """Commands of a build over a world that a server shows."""

    bench: Bench
    of: World
    server: Server

    def taken(self, command: Command, build: Build) -> Taken:
        """One run of it; RuntimeError unless it ends with 0."""
        (home,) = self.bench.homes(self.of, build=build)
        words = command.words if build == this_build() else command.older
        more = {"RECONCILER_DATABASE_URL": f"sqlite:///{home / 'reconciler.db'}"}
        env = self.bench.environment(self.server.url, **more, **build.environment())
        taken = timed(build.command(*words), env, home)
        if taken.code:
            said = taken.output[-300:]
            raise RuntimeError(f"{command.name} ended with {taken.code}: {said}")
        return taken

    def cpu(self, command: Command, build: Build) -> float:
        """CPU seconds of one run of it."""
        return self.taken(command, build).cpu

    def parties(self, command: Command) -> Mapping[str, Callable[[], float]]:
        """CPU seconds of it, by build."""
        return {
            each.name: partial(self.cpu, command, each) for each in self.bench.builds
        }


def measure(bench: Bench) -> list[Row]:
    """All rows of this family."""
    few, many = (FAR, FEW) if bench.quick else (FEW, MANY)
    rows: list[Row] = []
    bench.homes(few, many, FAR)
    for build in bench.builds[1:]:
        bench.homes(few, build=build)
    with bench.over():
        near = Runs(bench, few, bench.server(few, tls=True))
        for each in COMMANDS:
            note(f"commands: {each.name} of {few.name}")
            figures = in_turn(min(ROUNDS, bench.rounds), near.parties(each))
            what = f"CPU of {each.name}, {few.name} as declared"
            rows += beside(bench, what, figures, "s", each.most, 1 / 4, each.name)
        far = Runs(bench, FAR, bench.server(FAR, tls=True))
        rows += [_late(bench, far, each, FAR_SECONDS) for each in COMMANDS]
        rows.append(_late(bench, near, COMMANDS[-1], FARTHER_SECONDS, rounds=1))
    with bench.over():
        rows.append(_growth(Runs(bench, many, bench.server(many, tls=True)), rows))
    return rows


def _late(
    bench: Bench, runs: Runs, command: Command, latency: float, rounds: int = ROUNDS
) -> Row:
    """Wall seconds beside what 20 requests at a time take at least."""
    note(f"commands: {command.name} of {runs.of.name}, {latency * 1000:.0f} ms")
    walls: dict[str, list[float]] = {}
    for name, seconds in (("near", 0.0), ("far", latency)):
        runs.server.control("latency", seconds=seconds)
        walls[name] = [
            runs.taken(command, this_build()).wall
            for _ in range(min(rounds, bench.rounds))
        ]
    runs.server.control("latency", seconds=0.0)
    waiting = (ceil(runs.of.rooms / AT_ONCE) + LISTINGS) * latency
    bound = waiting + median(walls["near"])
    return Row(
        f"{command.name} of {runs.of.name}, answers after {latency * 1000:.0f} ms",
        median(walls["far"]) / bound,
        MOST_LATE,
        "×",
        f"itself without, and {AT_ONCE} at a time",
        rounds=walls,
        note=f"{median(walls['far']):.2f} s of at least {bound:.2f}",
        profile=command.name,
    )


def _growth(runs: Runs, rows: list[Row]) -> Row:
    """``sync`` of ten times the rooms ends with 0, and takes ten times as long."""
    sync = COMMANDS[-1]
    note(f"commands: {sync.name} of {runs.of.name}")
    few = next(x.value for x in rows if x.what.startswith(f"CPU of {sync.name}"))
    cpu = runs.taken(sync, this_build()).cpu
    return Row(
        f"CPU of sync of {runs.of.name}",
        cpu / few,
        MOST_GROWTH,
        "×",
        "itself with a tenth of the rooms",
        note=f"{cpu:.1f} s",
        profile=sync.name,
    )
