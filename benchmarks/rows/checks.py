"""Rooms in which nothing is to be done: what a check of all of them costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from benchmarks.builds import Build
from benchmarks.harness import Bench, Server, Worker, in_turn, note, ratio
from benchmarks.table import Row
from benchmarks.world import PAGE_SIZE, World

WIDE, MANY, FEW = World(1000, 50), World(10_000, 5), World(1000, 5)
SAMPLE = 100
"""Rooms that the slower peers check; their figures are taken a room."""

PATIENCE = 100.0
"""Seconds that the product's rounds of one kind may take together."""

MOST_SETTLING = 5
MOST_GROWTH, MOST_MEMORY, MOST_PEAK = 10.5, 140.0, 1.2


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer: its limits for equal bytes and for bytes that differ each time."""

    name: str
    words: str
    same: float
    differing: float
    sampled: bool = True


PEERS = (
    Peer("idiomatic", "httpx (10) + pydantic + ORM", 1 / 15, 1 / 10),
    Peer("sdk", "twilio SDK, 8 threads + ORM", 1 / 12, 1 / 8),
    Peer("raw", "asyncio.Protocol + msgspec", 2.5, 4.0, sampled=False),
)


def measure(bench: Bench) -> list[Row]:
    """All rows of this family."""
    small = (World(100, 50), World(1000, 5), World(100, 5))
    wide, many, few = small if bench.quick else (WIDE, MANY, FEW)
    note(f"checks: making files and databases of {wide.name}, {many.name}, {few.name}")
    bench.homes(wide, many, few)
    rows = []
    for of, limit in ((wide, 1.05), (many, 1.5)):
        with bench.over():
            rows += _of(bench, of, few if of is many else None)
        with bench.over():
            rows += _secure(bench, of, limit)
    return rows


def _secure(bench: Bench, of: World, limit: float) -> list[Row]:
    """The same over TLS, beside the nearest peer and the older build."""
    server = bench.server(of, tls=True)
    note(f"checks: {of.name} over TLS")
    raw = next(each for each in PEERS if not each.sampled)
    parties = {"product": sweep(settled(started(bench, of, server), of))}
    parties["raw"] = sweep(_peer(bench, raw, of, server))
    for build in bench.builds[1:]:
        bench.homes(of, build=build)
        older = started(bench, of, server, build=build)
        parties[build.name] = sweep(settled(older, of))
    figures = in_turn(bench.rounds, parties)
    limits = {"raw": (limit, raw.words)}
    limits |= {each.name: (1.0, each.name) for each in bench.builds[1:]}
    return [
        Row(
            f"CPU to check {of.name} over TLS, unchanged",
            ratio(figures, "product", name),
            most,
            "×",
            words,
            rounds=figures,
            profile="check",
        )
        for name, (most, words) in limits.items()
    ]


def _of(bench: Bench, of: World, smaller: World | None) -> list[Row]:
    server = bench.server(of)
    note(f"checks: {of.name}: the product reads every room once")
    product = settled(started(bench, of, server), of)
    workers = {each.name: _peer(bench, each, of, server) for each in PEERS}
    rows: list[Row] = []
    for differing in (False, True):
        note(f"checks: {of.name}: {'bytes differ' if differing else 'unchanged'}")
        rows += _compared(bench, of, server, product, workers, differing=differing)
    server.control("flip", on=False)
    rows.append(_requests(of, server, product))
    if smaller is not None:
        note(f"checks: {smaller.name} beside {of.name}")
        rows.append(_growth(bench, of, smaller, product))
        rows += _memory(of, product)
    rows.append(_found(of, server, product))
    return rows


def started(
    bench: Bench, of: World, server: Server, *more: str, build: Build | None = None
) -> Worker:
    """The product over the files and the database of a world."""
    (home,) = bench.homes(of, build=build)
    return started_in(bench, home, of, server, *more, build=build)


def started_in(
    bench: Bench,
    home: Path,
    of: World,
    server: Server,
    *more: str,
    build: Build | None = None,
) -> Worker:
    """The product over the files and the database in *home*."""
    args = (str(home), str(of.rooms), *more)
    worker = bench.worker("benchmarks.product", *args, url=server.url, build=build)
    if not worker.ready["warm"]:
        note(f"{of.name}: not every room was read in time")
    return worker


def settled(worker: Worker, of: World) -> Worker:
    """The product, once nothing of any room is put on record any more."""
    for _ in range(MOST_SETTLING):
        if worker.ask("sweep")["endings"].get("rested") == of.rooms:
            return worker
    note(f"{of.name}: rooms do not come to rest")
    return worker


def _peer(bench: Bench, peer: Peer, of: World, server: Server) -> Worker:
    rooms = min(SAMPLE, of.rooms) if peer.sampled else of.rooms
    args = peer_arguments(bench, peer.name, of, server, rooms)
    return bench.worker(f"benchmarks.peers.{peer.name}", *args, url=server.url)


def peer_arguments(
    bench: Bench, name: str, of: World, server: Server, rooms: int
) -> tuple[str, ...]:
    """What a peer is told to check."""
    path = bench.folder / f"{name}-{of.rooms}-{of.people}.db"
    world = ("--world", str(of.rooms), str(of.people))
    return ("--url", server.url, *world, "--rooms", str(rooms), "--path", str(path))


def sweep(worker: Worker) -> Callable[[], float]:
    """Asks for one check of every room: CPU microseconds a room."""

    def ask() -> float:
        found = worker.ask("sweep")
        if found.get("differing"):
            raise RuntimeError(f"a peer found {found['differing']} who differ")
        return float(found["cpu"] / max(found["rooms"], 1) * 1e6)

    return ask


def _compared(
    bench: Bench,
    of: World,
    server: Server,
    product: Worker,
    workers: Mapping[str, Worker],
    *,
    differing: bool,
) -> list[Row]:
    server.control("flip", on=differing)
    first = product.ask("sweep")
    affordable = int(PATIENCE / 4 / max(first["wall"], 0.001))
    parties = {"product": sweep(product)}
    parties |= {name: sweep(worker) for name, worker in workers.items()}
    figures = in_turn(max(1, min(bench.rounds, affordable)), parties)
    how = "bytes differ each time" if differing else "unchanged"
    return [
        Row(
            f"CPU to check {of.name}, {how}",
            ratio(figures, "product", peer.name),
            peer.differing if differing else peer.same,
            "×",
            peer.words,
            rounds={name: figures[name] for name in ("product", peer.name)},
            note=_said(figures, peer, first),
            profile="check",
        )
        for peer in PEERS
    ]


def _said(
    figures: Mapping[str, list[float]], peer: Peer, first: dict[str, object]
) -> str:
    def middle(name: str) -> float:
        return sorted(figures[name])[len(figures[name]) // 2]

    line = f"{middle('product'):,.0f} µs a room, the peer {middle(peer.name):,.0f}"
    if peer.sampled:
        line += f", measured on {SAMPLE} rooms and given the conferences' SIDs"
    if not first["whole"]:
        line += f"; stopped after {first['rooms']} rooms"
    return line


def _requests(of: World, server: Server, product: Worker) -> Row:
    server.control("forget")
    product.ask("sweep")
    counts: dict[str, int] = server.control("counts")
    listings = ceil(of.rooms / PAGE_SIZE) + 1
    return Row(
        f"requests to check {of.name}",
        sum(counts.values()),
        of.rooms + listings,
        "requests",
        f"one a room, {listings - 1} + 1 listings",
        note=", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())),
    )


def _found(of: World, server: Server, product: Worker) -> Row:
    """That checks are checks: somebody who was unmuted by hand is muted again."""
    room = next(of.each())
    muted = next(each for each in room.people if each.muted)
    fields = {"muted": False}
    server.control("change", room=room.name, label=muted.label, fields=fields)
    server.control("forget")
    product.ask("sweep")
    writes = len(server.writes())
    return Row(
        f"one person of {of.name} unmuted by hand: writes after the next check",
        writes or float("inf"),
        1,
        "writes",
        "one",
    )


def _growth(bench: Bench, of: World, smaller: World, product: Worker) -> Row:
    with bench.over():
        other = started(bench, smaller, bench.server(smaller))
        parties = {"few": sweep(other), "many": sweep(product)}
        figures = in_turn(bench.rounds, parties)
    totals = {
        "few": [each * smaller.rooms for each in figures["few"]],
        "many": [each * of.rooms for each in figures["many"]],
    }
    return Row(
        f"CPU of {of.name}",
        ratio(totals, "many", "few"),
        MOST_GROWTH,
        "×",
        f"itself at {smaller.name}",
        rounds=totals,
        profile="check",
    )


def _memory(of: World, product: Worker) -> list[Row]:
    found = product.ask("memory")
    return [
        Row(
            f"resident memory after checks of {of.name}",
            found["resident"],
            MOST_MEMORY,
            "MB",
            "—",
            profile="memory",
        ),
        Row(
            f"most resident memory of {of.name}, its start included",
            found["peak"] / found["resident"],
            MOST_PEAK,
            "×",
            "resident after checks",
            note=f"{found['peak']:.0f} MB",
            profile="memory",
        ),
    ]
