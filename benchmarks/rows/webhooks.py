"""Webhooks: how soon one leads to a correction, and how many a second are taken."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median, quantiles

from benchmarks.builds import this_build
from benchmarks.cores import moved_to
from benchmarks.harness import Bench, Server, Worker, in_turn, note
from benchmarks.part import Part, of_builds
from benchmarks.process import cpu_seconds
from benchmarks.rows.checks import MANY, settled, started
from benchmarks.sending import Message, Sender, address_of, blast
from benchmarks.table import Row
from benchmarks.world import Room, World

MEDIAN, SLOWEST, SWEPT = 5.0, 25.0, 60.0
RATE, MOST_RATIO = 3 * 1800.0, 3.0
SOME = World(500, 5)
ROOMS, GAP = 200, 0.01
"""Rooms that are told of, one after the other, and seconds between two."""

BURST, BURST_ROOMS, CONNECTIONS = 1000, 20, 16
PROFILED_SECONDS = 5.0
PUBLIC = "https://roster.example.com"
_DRIFTING = "person-001"
"""Muted by the roster; somebody unmutes them by hand."""


def soon(bench: Bench) -> Iterator[Row]:
    """How soon a webhook leads to a correction, with many rooms watched."""
    of = _many(bench)
    note(f"webhooks: {of.name}")
    server = bench.server(of, tls=True)
    product = settled(started(bench, of, server, "--public", PUBLIC), of)
    sender = Sender(address_of(product.ready["lines"]), PUBLIC)
    rooms = list(of.each())[-2 * min(ROOMS, of.rooms // 3) :]
    half = len(rooms) // 2
    with moved_to(bench.cores.server):
        rest = _latencies(rooms[:half], server, sender)
        with _swept(product):
            swept = _latencies(rooms[half:], server, sender)
    yield from _soon(of, rest, swept)


def rate(bench: Bench) -> Iterator[Row]:
    """Messages a second of CPU time of the daemon, by build."""
    of = _few(bench)
    note(f"webhooks: bursts, {of.name}")
    rooms = list(of.each(BURST_ROOMS))
    senders: dict[str, tuple[Sender, int]] = {}
    for build in bench.builds:
        server = bench.server(of, tls=True)
        worker = started(bench, of, server, "--public", PUBLIC, build=build)
        sender = Sender(address_of(worker.ready["lines"]), PUBLIC)
        senders[build.name] = sender, worker.pid
    turn = count()

    def burst(sender: Sender, pid: int) -> float:
        before = cpu_seconds(pid)
        _burst(sender, rooms, next(turn))
        return BURST / (cpu_seconds(pid) - before)

    with moved_to(bench.cores.server):
        rates = in_turn(
            bench.rounds,
            {name: partial(burst, *to) for name, to in senders.items()},
        )
    yield from _rate(bench, rates)


def _many(bench: Bench) -> World:
    return World(100, 5) if bench.quick else MANY


def _few(bench: Bench) -> World:
    return World(100, 5) if bench.quick else SOME


PARTS = (
    Part("webhooks.soon", soon, lambda b: [(_many(b), this_build())], alone=True),
    Part("webhooks.rate", rate, lambda b: of_builds(b, _few(b)), alone=True),
)


def _burst(sender: Sender, rooms: list[Room], turn: int) -> None:
    """Send a burst that is unlike those of other turns."""
    messages = [
        Message(rooms[each % len(rooms)], _DRIFTING, turn * BURST + each)
        for each in range(BURST)
    ]
    requests = [sender.request(each) for each in messages]
    blast(sender.port, requests, CONNECTIONS)


def profile(bench: Bench, of: World, path: Path) -> None:
    """Have bursts sampled; the figures go to *path*."""
    product = started(bench, of, bench.server(of, tls=True), "--public", PUBLIC)
    sender, rooms = Sender(address_of(product.ready["lines"]), PUBLIC), list(of.each())
    more = {"path": str(path), "more": PROFILED_SECONDS}
    sampled = threading.Thread(target=partial(product.ask, "sampled", **more))
    sampled.start()
    turn = 0
    while sampled.is_alive():
        _burst(sender, rooms[:BURST_ROOMS], turn)
        turn += 1
    sampled.join()


@contextmanager
def _swept(product: Worker) -> Iterator[None]:
    """While open, all rooms are checked again and again."""
    over = threading.Event()

    def sweep() -> None:
        while not over.is_set():
            product.ask("sweep")

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _latencies(
    rooms: list[Room], server: Server, sender: Sender
) -> tuple[list[float], int]:
    """Milliseconds from each webhook to the first byte of its correction; the missed."""
    note("webhooks: one room after the other")
    server.control("forget")
    sent = {each.name: _told_of(each, server, sender) for each in rooms}
    time.sleep(2.0)
    began: dict[str, float] = {}
    for each in server.writes():
        if each["kind"] == "update":
            began.setdefault(str(each["room"]), float(each["began"]))
    found = [(began[name] - at) * 1000 for name, at in sent.items() if name in began]
    return found, len(sent) - len(found)


def _told_of(room: Room, server: Server, sender: Sender) -> float:
    """Unmute somebody by hand and send the webhook; when it left."""
    time.sleep(GAP)
    server.control("change", room=room.name, label=_DRIFTING, fields={"muted": False})
    return sender.send(Message(room, _DRIFTING, 1))


def _soon(
    of: World, rest: tuple[list[float], int], swept: tuple[list[float], int]
) -> list[Row]:
    peer = "no latency at the server"
    what = f"webhook to first byte of the correction, {of.rooms:,} rooms watched"
    latencies, missed = rest
    said = f"{len(latencies)} rooms, each told of once"
    said += f"; {missed} were not corrected" if missed else ""
    during, lost = swept
    about = f"median {_middle(during):.1f} ms"
    about += f"; {lost} were not corrected" if lost else ""
    return [
        Row(
            f"{what}, median",
            _middle(latencies),
            MEDIAN,
            "ms",
            peer,
            note=said,
            profile="correction",
        ),
        Row(
            f"{what}, p99",
            _slowest(latencies),
            SLOWEST,
            "ms",
            peer,
            rounds={"latencies": latencies},
            profile="correction",
        ),
        Row(
            f"{what}, p99 while all are checked",
            _slowest(during),
            SWEPT,
            "ms",
            peer,
            rounds={"latencies": during},
            note=about,
            profile="correction",
        ),
    ]


def _middle(found: list[float]) -> float:
    return median(found) if found else float("inf")


def _slowest(found: list[float]) -> float:
    return quantiles(found, n=100)[98] if len(found) > 1 else float("inf")


def _rate(bench: Bench, rates: Mapping[str, list[float]]) -> list[Row]:
    what = "webhooks accepted and verified"
    said = f"bursts of {BURST} over {CONNECTIONS} connections for {BURST_ROOMS} rooms"
    mine = median(rates["this"])
    rows = [
        Row(
            what,
            mine,
            RATE,
            "a second",
            "of CPU time of the daemon",
            least=True,
            rounds=rates,
            note=said,
            profile="webhooks",
        )
    ]
    for each in bench.builds[1:]:
        of = mine / median(rates[each.name])
        row = Row(what, of, MOST_RATIO, "×", each.name, least=True, rounds=rates)
        rows.append(replace(row, profile="webhooks"))
    return rows
