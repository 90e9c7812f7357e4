"""``plan``, ``status`` and ``sync`` over many rooms that are as declared."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil
from statistics import median

from benchmarks.builds import Build, this_build
from benchmarks.harness import Bench, Server, Taken, in_turn, note, timed
from benchmarks.part import Part, of_builds
from benchmarks.rows.checks import FEW
from benchmarks.table import Row, beside
from benchmarks.world import World

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
SYNC = COMMANDS[-1]


@dataclass(frozen=True, slots=True)
class Runs:
    """Commands of a build over a world that a server shows."""

    bench: Bench
    of: World
    server: Server
    databases: Mapping[str, str]
    """URLs, by build."""

    def taken(self, command: Command, build: Build) -> Taken:
        """One run of it; RuntimeError unless it ends with 0."""
        home = self.bench.home(self.of, build)
        words = command.words if build == this_build() else command.older
        more = {"RECONCILER_DATABASE_URL": self.databases[build.name]}
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


def runs(bench: Bench, of: World, *builds: Build) -> Runs:
    """Commands of *builds* over copies of the databases of a world."""
    server = bench.server(of, tls=True)
    return Runs(bench, of, server, {x.name: bench.database(of, x) for x in builds})


def near(bench: Bench, command: Command) -> Iterator[Row]:
    """CPU of a command, beside the older build.

    A sync comes before: what rooms rested on was stored of a server at another address.
    """
    of = _few(bench)
    note(f"commands: {command.name} of {of.name}")
    it = runs(bench, of, *bench.builds)
    it.cpu(SYNC, this_build())
    figures = in_turn(bench.rounds, it.parties(command))
    what = f"CPU of {command.name}, {of.name} as declared"
    yield from beside(bench, what, figures, "s", command.most, 1 / 4, command.name)
    if command is SYNC:
        yield _growth(bench, of, median(figures["this"]))


def _growth(bench: Bench, few: World, cpu_of_few: float) -> Row:
    """``sync`` of ten times the rooms ends with 0, and takes ten times as long.

    One comes before: what rooms rested on was stored of a server at another address.
    """
    many = World(few.rooms * 10, few.people)
    note(f"commands: {SYNC.name} of {many.name}")
    it = runs(bench, many, this_build())
    first, cpu = (it.cpu(SYNC, this_build()) for _ in range(2))
    return Row(
        f"CPU of {SYNC.name} of {many.name}",
        cpu / cpu_of_few,
        MOST_GROWTH,
        "×",
        "itself with a tenth of the rooms",
        note=f"{cpu:.1f} s; the first, which evaluates all rooms, {first:.1f} s",
        profile=SYNC.name,
    )


def far(bench: Bench) -> Iterator[Row]:
    """Few rooms, far away."""
    for each in COMMANDS:
        with bench.over():
            yield _late(runs(bench, FAR, this_build()), each, FAR_SECONDS)


def farther(bench: Bench) -> Iterator[Row]:
    """``sync`` of many rooms ends with 0, however far Twilio is."""
    it = runs(bench, _few(bench), this_build())
    yield _late(it, SYNC, FARTHER_SECONDS, rounds=1)


def _few(bench: Bench) -> World:
    return World(100, 5) if bench.quick else FEW


def _here(*worlds: World) -> list[tuple[World, Build]]:
    return [(of, this_build()) for of in worlds]


def _worlds(bench: Bench, command: Command) -> list[tuple[World, Build]]:
    few = _few(bench)
    grown = _here(World(few.rooms * 10, few.people)) if command is SYNC else []
    return [*of_builds(bench, few), *grown]


PARTS = (
    *(
        Part(
            f"commands.{each.name}",
            partial(near, command=each),
            partial(_worlds, command=each),
            seconds=70 if each is SYNC else 40,
        )
        for each in COMMANDS
    ),
    Part("commands.far", far, lambda _: _here(FAR), seconds=35),
    Part("commands.farther", farther, lambda b: _here(_few(b)), seconds=25),
)


def _late(runs: Runs, command: Command, latency: float, rounds: int = 0) -> Row:
    """Wall seconds beside what 20 requests at a time take at least."""
    note(f"commands: {command.name} of {runs.of.name}, {latency * 1000:.0f} ms")
    walls: dict[str, list[float]] = {}
    for name, seconds in (("near", 0.0), ("far", latency)):
        runs.server.control("latency", seconds=seconds)
        walls[name] = [
            runs.taken(command, this_build()).wall
            for _ in range(rounds or runs.bench.rounds)
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
