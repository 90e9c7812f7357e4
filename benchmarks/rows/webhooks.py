"""Webhooks: how soon one leads to a correction, and how many a second are taken."""

import time
from statistics import median, quantiles

from benchmarks.cores import moved_to
from benchmarks.harness import Bench, Server, Worker, note
from benchmarks.rows.checks import FEW, started
from benchmarks.sending import Message, Sender, address_of, blast
from benchmarks.table import Row
from benchmarks.world import Room, World

MEDIAN, SLOWEST, RATE = 20.0, 100.0, 500.0
ROOMS, GAP = 300, 0.03
"""Rooms that are told of, one after the other, and seconds between two."""

BURST, BURST_ROOMS, CONNECTIONS = 1000, 20, 16
PUBLIC = "https://roster.example.com"
_DRIFTING = "person-001"
"""Muted by the roster; somebody unmutes them by hand."""


def measure(bench: Bench) -> list[Row]:
    """All rows of this family."""
    of = World(100, 5) if bench.quick else FEW
    note(f"webhooks: {of.name}")
    with bench.over():
        server = bench.server(of)
        product = started(bench, of, server, "--public", PUBLIC)
        sender = Sender(address_of(product.ready["lines"]), PUBLIC)
        with moved_to(bench.cores.server):
            rates = _rates(bench, of, sender)
            latencies, missed = _latencies(of, server, product, sender)
    return [*_soon(of, latencies, missed), _rate(rates)]


def _rates(bench: Bench, of: World, sender: Sender) -> list[float]:
    note("webhooks: a burst")
    rooms = list(of.each(BURST_ROOMS))
    rates = []
    for number in range(bench.rounds):
        messages = [
            Message(rooms[each % len(rooms)], _DRIFTING, number * BURST + each)
            for each in range(BURST)
        ]
        requests = [sender.request(each) for each in messages]
        rates.append(BURST / blast(sender.port, requests, CONNECTIONS))
    time.sleep(1.0)
    return rates


def _latencies(
    of: World, server: Server, product: Worker, sender: Sender
) -> tuple[list[float], int]:
    """Milliseconds from each webhook to the first byte of its correction."""
    note("webhooks: one room after the other")
    product.ask("sweep")
    server.control("forget")
    rooms = list(of.each())[-min(ROOMS, of.rooms - BURST_ROOMS) :]
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


def _soon(of: World, latencies: list[float], missed: int) -> list[Row]:
    peer = "no latency at the server"
    said = f"{len(latencies)} rooms, each told of once"
    said += f"; {missed} were not corrected" if missed else ""
    what = f"webhook to first byte of the correction, {of.rooms:,} rooms watched"
    slowest = quantiles(latencies, n=100)[98] if len(latencies) > 1 else float("inf")
    middle = median(latencies) if latencies else float("inf")
    return [
        Row(f"{what}, median", middle, MEDIAN, "ms", peer, note=said),
        Row(
            f"{what}, p99",
            slowest,
            SLOWEST,
            "ms",
            peer,
            rounds={"latencies": latencies},
        ),
    ]


def _rate(rates: list[float]) -> Row:
    return Row(
        "webhooks accepted and verified",
        median(rates),
        RATE,
        "a second",
        "one core",
        least=True,
        rounds={"rates": rates},
        note=f"bursts of {BURST} over {CONNECTIONS} connections for {BURST_ROOMS} rooms",
    )
