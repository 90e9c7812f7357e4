"""Rooms in which nothing is to be done: what a check of all of them costs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from pathlib import Path
from statistics import median

from benchmarks.builds import Build, this_build
from benchmarks.harness import Bench, Server, Worker, in_turn, note, ratio
from benchmarks.part import Part, of_builds
from benchmarks.table import Row, shown
from benchmarks.world import PAGE_SIZE, World

WIDE, MANY, FEW = World(1000, 50), World(10_000, 5), World(1000, 5)
SAMPLE = 100
"""Rooms that the slower peers check; their figures are taken a room."""

UNCHANGED, DIFFERING = "unchanged", "bytes differ each time"
MOST_SETTLING = 5
MOST_SECURE_WIDE, MOST_SECURE_MANY = 1.05, 1.5
MOST_GROWTH, MOST_MEMORY, MOST_PEAK = 10.5, 140.0, 1.2
NOT_WORSE = 1.05
"""What rounds differ by on a machine with other work is not worse."""


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


def wide(bench: Bench) -> Iterator[Row]:
    """The rows of few rooms with many people."""
    yield from _of(bench, _wide(bench), MOST_SECURE_WIDE, None)


def many(bench: Bench) -> Iterator[Row]:
    """The rows of many rooms with few people."""
    yield from _of(bench, _many(bench), MOST_SECURE_MANY, _few(bench))


def _wide(bench: Bench) -> World:
    return World(100, 50) if bench.quick else WIDE


def _many(bench: Bench) -> World:
    return World(1000, 5) if bench.quick else MANY


def _few(bench: Bench) -> World:
    return World(100, 5) if bench.quick else FEW


PARTS = (
    Part("checks.wide", wide, lambda b: of_builds(b, _wide(b)), alone=True),
    Part(
        "checks.many",
        many,
        lambda b: [*of_builds(b, _many(b)), (_few(b), this_build())],
        alone=True,
    ),
)


def _of(bench: Bench, of: World, secure: float, smaller: World | None) -> Iterator[Row]:
    """The rows of a world: over plain HTTP beside all peers, over TLS, and the rest."""
    server = bench.server(of, tls=True)
    plain = replace(server, secure=None)
    note(f"checks: {of.name}: daemons read every room once")
    product, over_tls, *older = bench.at_once(
        [
            partial(started, bench, of, plain),
            partial(started, bench, of, server),
            *(partial(started, bench, of, plain, build=x) for x in bench.older),
        ]
    )
    workers = {each.name: _peer(bench, each, of, plain) for each in PEERS}
    for each in (product, over_tls, *older):
        settled(each, of)
    builds = {x.name: y for x, y in zip(bench.older, older, strict=True)}
    for differing in (False, True):
        how = DIFFERING if differing else UNCHANGED
        note(f"checks: {of.name}: {how}")
        server.control("flip", on=differing)
        yield from _compared(bench, of, how, product, workers, builds)
    server.control("flip", on=False)
    yield _requests(of, server, product)
    note(f"checks: {of.name} over TLS")
    yield _secure(bench, of, server, secure, over_tls)
    if smaller is not None:
        note(f"checks: {smaller.name} beside {of.name}")
        yield _growth(bench, of, smaller, product)
        yield from _memory(of, product)
    yield _found(of, server, product)


def _secure(
    bench: Bench, of: World, server: Server, limit: float, product: Worker
) -> Row:
    """The same over TLS, beside the nearest peer."""
    raw = next(each for each in PEERS if not each.sampled)
    parties = {"product": sweep(product), "raw": sweep(_peer(bench, raw, of, server))}
    figures = in_turn(bench.rounds, parties)
    return Row(
        f"CPU to check {of.name} over TLS, unchanged",
        ratio(figures, "product", "raw"),
        limit,
        "×",
        raw.words,
        rounds=figures,
        profile="check",
    )


def started(
    bench: Bench, of: World, server: Server, *more: str, build: Build | None = None
) -> Worker:
    """The product over the files and a copy of the database of a world."""
    home = bench.home(of, build)
    if build in {None, this_build()}:
        more = "--database", bench.database(of), *more
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
    path = bench.new_folder(name) / "peer.db"
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


def _compared(  # noqa: PLR0917 - each is another thing
    bench: Bench,
    of: World,
    how: str,
    product: Worker,
    workers: Mapping[str, Worker],
    builds: Mapping[str, Worker],
) -> Iterator[Row]:
    first = product.ask("sweep")
    parties = {"product": sweep(product)}
    parties |= {name: sweep(worker) for name, worker in {**workers, **builds}.items()}
    figures = in_turn(bench.rounds, parties)
    what = f"CPU to check {of.name}, {how}"
    for peer in PEERS:
        yield Row(
            what,
            ratio(figures, "product", peer.name),
            peer.differing if how != UNCHANGED else peer.same,
            "×",
            peer.words,
            rounds={name: figures[name] for name in ("product", peer.name)},
            note=_said(figures, peer, first),
            profile="check",
        )
    for name in builds:
        older = ", ".join(
            f"{peer.words} {shown(ratio(figures, name, peer.name), '×')}"
            for peer in PEERS
        )
        yield Row(
            what,
            ratio(figures, "product", name),
            NOT_WORSE,
            "×",
            name,
            rounds={each: figures[each] for each in ("product", name)},
            note=_older(figures, name, older),
            profile="check",
        )


def _older(figures: Mapping[str, list[float]], name: str, others: str) -> str:
    mine, then = median(figures["product"]), median(figures[name])
    return f"{mine:,.0f} µs a room, the peer {then:,.0f}; the peer beside {others}"


def _said(
    figures: Mapping[str, list[float]], peer: Peer, first: dict[str, object]
) -> str:
    mine, its = median(figures["product"]), median(figures[peer.name])
    line = f"{mine:,.0f} µs a room, the peer {its:,.0f}"
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
        other = settled(started(bench, smaller, bench.server(smaller)), smaller)
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
