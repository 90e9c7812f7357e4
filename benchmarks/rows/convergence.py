"""Filling a room of 250 over TLS, with answers that take 50 ms.

Nobody coaches: a coach is not rung before somebody is there to be coached.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from pathlib import Path
from statistics import median

from benchmarks.harness import Bench, Server, note, product_command, timed
from benchmarks.part import Part
from benchmarks.table import Row
from benchmarks.world import Room, World, document, room

PEOPLE, CONNECTIONS, LATENCY = 250, 20, 0.05
IDEAL = ceil(PEOPLE / CONNECTIONS) * LATENCY
LIMIT = 1.15


def filling(bench: Bench) -> Iterator[Row]:
    """The one row of this family."""
    note("convergence: a room of 250")
    server = bench.server(World(0, 0), tls=True)
    taken = [_round(bench, server) for _ in range(bench.rounds)]
    spans, wholes = ([each[n] for each in taken] for n in (0, 1))
    yield Row(
        f"converging {PEOPLE} people over TLS, first create to last answer",
        median(spans) / IDEAL,
        LIMIT,
        "×",
        f"⌈{PEOPLE}/{CONNECTIONS}⌉ × {LATENCY * 1000:.0f} ms",
        rounds={"span": spans, "whole": wholes},
        note=f"{median(spans):.2f} s of at least {IDEAL:.2f}; {median(wholes):.2f} s "
        f"until sync says converged, start of the process included; "
        f"{len(spans)} rounds",
        profile="filling",
    )


PARTS = (Part("convergence", filling, alone=True),)


def _room() -> Room:
    full = room(0, PEOPLE)
    return replace(full, people=tuple(replace(p, coaching=None) for p in full.people))


def prepare(bench: Bench, server: Server) -> Path:
    """A folder with the roster file of the room, which has nobody at the server."""
    home = bench.new_folder("convergence")
    limits = f"limits: {{rings: {PEOPLE}}}"
    (home / "room.yaml").write_text(document(_room(), limits), "utf-8")
    server.control("world", rooms=0, people=0)
    server.control("latency", seconds=LATENCY)
    return home


def _round(bench: Bench, server: Server) -> tuple[float, float]:
    home = prepare(bench, server)
    argv = [product_command(), "sync", "room.yaml"]
    taken = timed(argv, bench.environment(server.url), home)
    if taken.code:
        raise RuntimeError(f"sync ended with {taken.code}: {taken.output[-400:]}")
    creates = [each for each in server.writes() if each["kind"] == "create"]
    if len(creates) != PEOPLE:
        raise RuntimeError(f"{len(creates)} creates for {PEOPLE} people")
    began = min(float(each["began"]) for each in creates)
    return max(float(each["answered"]) for each in creates) - began, taken.wall
