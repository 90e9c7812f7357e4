"""Four daemons that share 100,000 rooms on PostgreSQL, beside one with SQLite.

Both have the same rooms at rest, and are asked in turn: ``make bench NAMES=scale``.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path
from statistics import median

from benchmarks.cores import moved_to, pin
from benchmarks.harness import Bench, Result, Server, Worker, in_turn, note, ratio
from benchmarks.part import Part
from benchmarks.postgresql import postgresql
from benchmarks.process import tree_cpu_seconds
from benchmarks.rows.checks import MOST_SETTLING, started_in
from benchmarks.table import Row
from benchmarks.world import PAGE_SIZE, World
from reconciler.scale.direct_connection import direct_conninfo
from reconciler.scale.engine_schema import install

DAEMONS = 4
PERIOD_SECONDS = 60.0
PERIODS = 2
EVEN_SECONDS = 600.0
SWEEP_SECONDS = 900.0
IDLE_SECONDS = 30.0
ALL, FEW = World(100_000, 5), World(1000, 5)

MOST_CPU, MOST_IDLE_PERCENT = 1.15, 3.0
MOST_MEGABYTES, MOST_KILOBYTES_A_ROOM = 75.0, 16.0
MOST_IN_FULL = 0.001
"""Of rooms at rest: a request that is not answered in time has one read in full."""

SPREAD = 2.0
"""How many times as many checks as on average may come in a second: of two ticks."""


@dataclass(frozen=True, slots=True)
class Party:
    """Daemons that have all rooms of *of* together, and the server of their database.

    ``postmaster`` is its process, None for SQLite.
    """

    of: World
    daemons: Sequence[Worker]
    postmaster: int | None = None

    def cpu(self) -> float:
        """CPU seconds so far, of the daemons and of the database's server."""
        found = sum(float(each.ask("spent")["cpu"]) for each in self.daemons)
        return found + (tree_cpu_seconds(self.postmaster) if self.postmaster else 0.0)

    def in_turn(self) -> float:
        """CPU microseconds a room of one check, by one daemon after the other."""
        before = self.cpu()
        for each in self.daemons:
            self._require_all(each.ask("sweep", within=SWEEP_SECONDS))
        return (self.cpu() - before) / self.of.rooms * 1e6

    def at_once(self) -> tuple[float, float]:
        """The same by all daemons at the same time, and how many seconds it took."""
        before = self.cpu()
        results = _all(self.daemons, "sweep", within=SWEEP_SECONDS)
        for each in results:
            self._require_all(each)
        cpu = (self.cpu() - before) / self.of.rooms * 1e6
        return cpu, max(float(each["wall"]) for each in results)

    def paced(self, server: Server) -> "Paced":
        """Each room is checked when it is due, for two periods after a first one."""
        _all(self.daemons, "pace", seconds=PERIOD_SECONDS)
        time.sleep(PERIOD_SECONDS)
        server.control("forget")
        before = self.cpu()
        time.sleep(PERIODS * PERIOD_SECONDS)
        cpu, looks = self.cpu() - before, server.control("looks")
        _all(self.daemons, "pace", seconds=None)
        return Paced(cpu, **looks)

    def settle(self) -> None:
        """Check until nothing of any room is put on record any more."""
        for _ in range(MOST_SETTLING):
            checked = _all(self.daemons, "sweep", within=SWEEP_SECONDS)
            if all(_rested(each) == each["rooms"] for each in checked):
                return
        note(f"{self.of.name}: rooms do not come to rest")

    def _require_all(self, swept: Result) -> None:
        read_in_full = swept["rooms"] - _rested(swept)
        if not swept["whole"] or read_in_full > MOST_IN_FULL * swept["rooms"]:
            raise RuntimeError(f"rooms are not at rest: {swept}")


def _rested(swept: Result) -> int:
    return int(swept["endings"].get("rested", 0))


@dataclass(frozen=True, slots=True)
class Paced:
    """What the far end saw of rooms that were checked as they were due.

    ``cpu`` is in seconds, ``all`` are checks, ``longest`` the seconds between two of one
    room at most, ``busiest`` the requests of the second with most of them, ``rooms``
    those that were checked at all.
    """

    cpu: float
    all: int
    longest: float
    busiest: int
    rooms: int

    @property
    def share(self) -> float:
        """Of a core."""
        return self.cpu / (PERIODS * PERIOD_SECONDS)

    @property
    def said(self) -> str:
        """The figures."""
        return (
            f"{100.0 * self.share:.0f} %, {self.cpu / self.all * 1e6:,.0f} µs a check"
        )


def scale(bench: Bench) -> Iterator[Row]:
    """All rows of this family."""
    folder = bench.new_folder("scale")
    cores = bench.cores
    with moved_to(cores.server), postgresql(folder) as url, moved_to(cores.client):
        yield from _rows(bench, _world(bench), url, _postmaster(folder))


def _rows(bench: Bench, of: World, url: str, postmaster: int) -> Iterator[Row]:
    began = time.monotonic()
    server = bench.server(of)
    alone, shared = _homes(bench, of, server, url)
    note(f"scale: {of.name}: rooms made in {time.monotonic() - began:.0f} s")
    one = Party(of, [started_in(bench, alone, of, server)])
    began = time.monotonic()
    four = Party(of, _shared(bench, of, server, shared), postmaster)
    seconds = time.monotonic() - began
    note(f"scale: {of.name}: {DAEMONS} daemons read all of them in {seconds:.0f} s")
    note(f"scale: {of.name}: first checks")
    for party in (one, four):
        party.settle()
    note(f"scale: {of.name}: one after the other")
    figures = in_turn(bench.rounds, {"one": one.in_turn, "shared": four.in_turn})
    yield _compared(of, "one after the other", figures)
    yield from _once(of, server, four)
    note(f"scale: {of.name}: all at once")
    at_once = in_turn(
        bench.rounds, {"one": one.in_turn, "shared": lambda: four.at_once()[0]}
    )
    yield _compared(of, "all at the same moment", at_once)
    yield Row(
        f"time to check {of.name} by {DAEMONS} daemons on one core",
        four.at_once()[1],
        PERIOD_SECONDS,
        "s",
        f"every {PERIOD_SECONDS:.0f} s",
    )
    note(f"scale: {of.name}: nothing to check")
    idle = [each["cpu"] for each in _all(four.daemons, "idle", seconds=IDLE_SECONDS)]
    yield Row(
        f"CPU of a daemon with a {DAEMONS}th of {of.name} that checks nothing",
        100.0 * max(idle) / IDLE_SECONDS,
        MOST_IDLE_PERCENT,
        "% of a core",
        "heartbeats, engine, listener",
    )
    yield from _memory(of, one, four)
    note(f"scale: {of.name}: each room when it is due")
    yield from _due(of, one.paced(server), four.paced(server))


def _compared(of: World, how: str, figures: Mapping[str, list[float]]) -> Row:
    one, shared = (median(figures[name]) for name in ("one", "shared"))
    return Row(
        f"CPU to check {of.name} by {DAEMONS} daemons and PostgreSQL, {how}",
        ratio(figures, "shared", "one"),
        MOST_CPU,
        "×",
        "one daemon with SQLite",
        rounds=figures,
        note=f"{shared:,.0f} µs a room, one daemon {one:,.0f}",
    )


def _once(of: World, server: Server, four: Party) -> Iterator[Row]:
    """That each room is checked by one daemon."""
    server.control("forget")
    four.at_once()
    looks = server.control("looks")
    yield Row(
        f"checks of {of.name} by {DAEMONS} daemons, each room marked once",
        looks["all"],
        of.rooms,
        "checks",
        "one a room",
    )
    yield Row(
        f"rooms of {of.name} checked then",
        looks["rooms"],
        of.rooms,
        "rooms",
        "all",
        least=True,
    )


def _memory(of: World, one: Party, four: Party) -> Iterator[Row]:
    for party in (one, four):
        rooms = of.rooms / len(party.daemons)
        held = max(each["resident"] for each in _all(party.daemons, "memory"))
        yield Row(
            f"resident memory of a daemon with {rooms:,.0f} of {of.name}",
            held,
            MOST_MEGABYTES + MOST_KILOBYTES_A_ROOM * rooms / 1000,
            "MB",
            "docs/performance.md",
            note=f"{(held - MOST_MEGABYTES) / rooms * 1000:.1f} kB a room beside 75 MB",
        )


def _due(of: World, one: Paced, four: Paced) -> Iterator[Row]:
    """Rows of checks at the pace of a daemon by itself."""
    every = f"every {PERIOD_SECONDS:.0f} s"
    yield Row(
        f"CPU of {DAEMONS} daemons and PostgreSQL that check {of.name} {every}",
        100.0 * four.share,
        100.0,
        "% of a core",
        "the other core is the far end's",
        note=f"{four.said}; one daemon with SQLite {one.said}",
    )
    yield Row(
        f"longest time without a check of a room of {of.name}",
        four.longest,
        PERIOD_SECONDS,
        "s",
        every,
        note=f"one daemon {one.longest:.1f} s",
    )
    listings = DAEMONS * (ceil(of.rooms / PAGE_SIZE) + 1)
    yield Row(
        f"most requests in a second, {of.name} {every}",
        four.busiest,
        SPREAD * of.rooms / PERIOD_SECONDS + listings,
        "requests",
        "rooms that are due, listings",
        note=f"one daemon {one.busiest}",
    )


def _world(bench: Bench) -> World:
    if bench.rooms is not None:
        return World(bench.rooms, 5)
    return FEW if bench.quick else ALL


PARTS = (Part("scale", scale, alone=True),)


def _homes(bench: Bench, of: World, server: Server, url: str) -> tuple[Path, Path]:
    """The same rooms at rest in SQLite, and in the server with the engine's tables."""

    def made(core: int, name: str, *database: str) -> Path:
        pin(core)
        return bench.copied_home(name, of, server, *database)

    with ThreadPoolExecutor(2) as pool:
        alone = pool.submit(made, bench.cores.client, "alone")
        shared = pool.submit(made, bench.cores.server, "shared", url)
        homes = alone.result(), shared.result()
    asyncio.run(install(direct_conninfo(url)))
    return homes


def _shared(bench: Bench, of: World, server: Server, home: Path) -> list[Worker]:
    """Daemons that started together, once each has read its share."""
    start = partial(bench.worker, "benchmarks.product", str(home), "0", "--scale")
    workers = bench.at_once([partial(start, url=server.url)] * DAEMONS)
    held: list[int] = []
    until = time.monotonic() + EVEN_SECONDS
    while time.monotonic() < until:
        held = [each["read"] for each in _all(workers, "rooms")]
        if sum(held) == of.rooms and min(held) > of.rooms / DAEMONS / 2:
            return workers
        time.sleep(1.0)
    raise RuntimeError(f"shards are not even: {held}")


def _postmaster(folder: Path) -> int:
    """The process of the server whose files are in *folder*."""
    return int((folder / "postgresql" / "postmaster.pid").read_text().split()[0])


def _all(workers: Sequence[Worker], do: str, **given: object) -> list[Result]:
    """What all answer, asked at the same time."""
    with ThreadPoolExecutor(len(workers)) as pool:
        return list(pool.map(lambda each: each.ask(do, **given), workers))
