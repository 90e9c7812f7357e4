"""Four daemons that share 100,000 rooms, beside one with SQLite.

Takes half an hour and two cores that nobody else uses: ``make bench NAMES=scale``.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from benchmarks.builds import this_build
from benchmarks.harness import Bench, Result, Server, Worker, in_turn, note, ratio
from benchmarks.part import Part
from benchmarks.postgresql import postgresql
from benchmarks.rows.checks import MOST_SETTLING, started
from benchmarks.table import Row
from benchmarks.world import World
from reconciler.scale.direct_connection import direct_conninfo
from reconciler.scale.engine_schema import install

DAEMONS = 4
PERIOD_SECONDS = 60.0
EVEN_SECONDS = 600.0
SWEEP_SECONDS = 900.0
IDLE_SECONDS = 30.0
ALL, FEW = World(100_000, 5), World(1000, 5)

MOST_CPU, MOST_IDLE_PERCENT = 1.15, 3.0


def scale(bench: Bench) -> Iterator[Row]:
    """All rows of this family."""
    of = _world(bench)
    with postgresql(bench.new_folder("scale")) as url:
        home = _seeded(bench, of, url)
        server = bench.server(of)
        note(f"scale: {of.name}: one daemon with SQLite reads every room once")
        one = started(bench, of, server)
        note(f"scale: {of.name}: {DAEMONS} daemons with PostgreSQL share them")
        shared = _shared(bench, of, server, home)
        note(f"scale: {of.name}: until every room is at rest")
        for workers in ([one], shared):
            _settle(workers, of)
        note(f"scale: {of.name}: checks")
        figures = in_turn(
            bench.rounds,
            {
                "one": lambda: _swept([one], of)[0],
                "shared": lambda: sum(_swept([each], of)[0] for each in shared),
            },
        )
        at_once, seconds = _swept(shared, of)
        idle = max(each.ask("idle", seconds=IDLE_SECONDS)["cpu"] for each in shared)
    yield Row(
        f"CPU to check {of.name} by {DAEMONS} daemons, one after the other",
        ratio(figures, "shared", "one"),
        MOST_CPU,
        "×",
        "one daemon with SQLite",
        rounds=figures,
        note=_said(figures, at_once),
    )
    yield Row(
        f"time to check {of.name} by {DAEMONS} daemons",
        seconds,
        PERIOD_SECONDS,
        "s",
        "every 60 s",
    )
    yield Row(
        "CPU of a daemon that holds shards and checks nothing",
        100.0 * idle / IDLE_SECONDS,
        MOST_IDLE_PERCENT,
        "% of a core",
        "heartbeats, engine, listener",
    )


def _world(bench: Bench) -> World:
    if bench.rooms is not None:
        return World(bench.rooms, 5)
    return FEW if bench.quick else ALL


PARTS = (Part("scale", scale, lambda b: [(_world(b), this_build())], alone=True),)


def _seeded(bench: Bench, of: World, url: str) -> Path:
    """The same world in the server, with the shard engine's tables."""
    home = bench.fresh_home("shared", of, url)
    asyncio.run(install(direct_conninfo(url)))
    return home


def _shared(bench: Bench, of: World, server: Server, home: Path) -> list[Worker]:
    """Daemons that started together, once each holds its share."""

    def start(_: int) -> Worker:
        args = (str(home), "0", "--scale")
        return bench.worker("benchmarks.product", *args, url=server.url)

    with ThreadPoolExecutor(DAEMONS) as pool:
        workers = list(pool.map(start, range(DAEMONS)))
    held: list[int] = []
    until = time.monotonic() + EVEN_SECONDS
    while time.monotonic() < until:
        held = [each.ask("rooms")["rooms"] for each in workers]
        if sum(held) == of.rooms and min(held) > of.rooms / DAEMONS / 2:
            return workers
        time.sleep(1.0)
    raise RuntimeError(f"shards are not even: {held}")


def _checked(workers: list[Worker]) -> list[Result]:
    """What came of one check of every room."""
    with ThreadPoolExecutor(len(workers)) as pool:
        asked = pool.map(lambda each: each.ask("sweep", within=SWEEP_SECONDS), workers)
        return list(asked)


def _settle(workers: list[Worker], of: World) -> None:
    """Check until nothing of any room is put on record any more."""
    for _ in range(MOST_SETTLING):
        checked = _checked(workers)
        if sum(each["endings"].get("rested", 0) for each in checked) == of.rooms:
            return
    note(f"{of.name}: rooms do not come to rest")


def _swept(workers: list[Worker], of: World) -> tuple[float, float]:
    """CPU microseconds a room of the world, and seconds, of one check by *workers*."""
    checked = _checked(workers)
    cpu = sum(each["cpu"] for each in checked)
    return cpu / of.rooms * 1e6, max(each["wall"] for each in checked)


def _said(figures: Mapping[str, list[float]], at_once: float) -> str:
    """The figures, and what daemons take that take turns on a core at every moment."""
    one, shared = (median(figures[name]) for name in ("one", "shared"))
    return (
        f"{shared:,.0f} µs a room, one daemon {one:,.0f}; {at_once:,.0f} where all check "
        "at once, on one core"
    )
