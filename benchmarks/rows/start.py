"""A daemon that starts over rooms in which nothing is to be done.

A daemon before it observed them and was ended, as at any restart.
"""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from statistics import median

from benchmarks.builds import Build, this_build
from benchmarks.harness import Bench, Server, in_turn, note, ratio, timed
from benchmarks.part import Part, of_builds
from benchmarks.process import Ready, daemon
from benchmarks.rows.checks import FEW, MANY, peer_arguments
from benchmarks.table import Row
from benchmarks.world import World, room

MOST_SECONDS, MOST_RATIO, MOST_SILENCE = 26.0 / 4, 6.0, 1.5
SHARE = 1 / 4
SILENCE_WAIT_SECONDS = 10.0


def start(bench: Bench) -> Iterator[Row]:
    """CPU time, beside the raw peer and the older build.

    The older build starts once: five of its starts take two minutes. One start of this
    build comes before: what rooms rested on was stored of a server at another address.
    """
    of = _many(bench)
    note(f"start: {of.name}")
    server = bench.server(of, tls=True)
    url = bench.database(of)
    once = partial(_start, bench, server, of, this_build(), url)
    once()
    raw = partial(_raw, bench, server, of)
    figures = in_turn(bench.rounds, {"this": once, "raw": raw})
    what = f"cold start, {of.name}: CPU until every room was read"
    seconds = f"{median(figures['this']):.2f} s, the peer {median(figures['raw']):.2f}"
    yield Row(
        what,
        median(figures["this"]),
        MOST_SECONDS,
        "s",
        "docs/performance.md",
        rounds=figures,
        profile="start",
    )
    yield Row(
        what,
        ratio(figures, "this", "raw"),
        MOST_RATIO,
        "×",
        "asyncio.Protocol + msgspec, whole process",
        rounds=figures,
        note=seconds,
        profile="start",
    )
    for each in bench.older:
        older = _start(bench, server, of, each, bench.database(of, each))
        yield Row(
            what,
            median(figures["this"]) / older,
            SHARE,
            "×",
            each.name,
            rounds={"this": figures["this"], each.name: [older]},
            note=f"the peer once, {older:.2f} s",
            profile="start",
        )


def silence(bench: Bench) -> Iterator[Row]:
    """A coach whom all hear at each start, in one of the rooms that are read last.

    What the wall clock shows: measured alone. One start comes before, see ``start``.
    """
    of = _many(bench)
    note(f"silence at the start: {of.name}")
    server = bench.server(of, tls=True)
    url = bench.database(of)
    _start(bench, server, of, this_build(), url)
    silences: list[float] = []
    for number in range(1, bench.rounds + 1):
        name = _expose(server, of, of.rooms - number)
        with started(bench, server, of, this_build(), url) as ready:
            silences.append(_silenced(server, name, ready))
    yield Row(
        f"start of {of.name} to the silence of a coach whom all hear",
        median(silences),
        MOST_SILENCE,
        "s",
        "from the start of the process to the first byte",
        rounds={"silences": silences},
        profile="start",
    )


def _many(bench: Bench) -> World:
    return FEW if bench.quick else MANY


PARTS = (
    Part("start", start, lambda b: of_builds(b, _many(b)), seconds=70),
    Part("start.silence", silence, lambda b: [(_many(b), this_build())], alone=True),
)


def started(
    bench: Bench, server: Server, of: World, build: Build, database: str
) -> AbstractContextManager[Ready]:
    """A daemon over a world, once it has read every room."""
    home = bench.home(of, build)
    argv = build.command(
        *("daemon", str(home / "desired"), "--admin-listen", "127.0.0.1:0")
    )
    more = {"RECONCILER_DATABASE_URL": database}
    env = bench.environment(server.url, **more, **build.environment())
    return daemon(argv, env, home)


def _start(
    bench: Bench, server: Server, of: World, build: Build, database: str
) -> float:
    with started(bench, server, of, build, database) as ready:
        return ready.cpu


def _raw(bench: Bench, server: Server, of: World) -> float:
    """The peer's whole process; it ends after its first sweep."""
    argv = [this_build().python, "-m", "benchmarks.peers.raw"]
    given = peer_arguments(bench, "raw", of, server, of.rooms)
    env = bench.environment(server.url) | this_build().environment()
    taken = timed([*argv, *given], env)
    if taken.code:
        raise RuntimeError(f"the peer ended with {taken.code}: {taken.output[-400:]}")
    return taken.cpu


def _expose(server: Server, of: World, number: int) -> str:
    """The name of a room whose coach everybody hears from now on."""
    exposed = room(number, of.people)
    coach = next(each for each in exposed.people if each.coaching)
    fields = {"muted": False, "coaching": False, "call_sid_to_coach": None}
    server.control("change", room=exposed.name, label=coach.label, fields=fields)
    server.control("forget")
    return exposed.name


def _silenced(server: Server, name: str, ready: Ready) -> float:
    """Seconds from the start until the coach of the room was muted."""
    until = time.monotonic() + SILENCE_WAIT_SECONDS
    while time.monotonic() < until:
        if found := [x for x in server.writes() if x["room"] == name]:
            return float(found[0]["began"]) - ready.began
        time.sleep(0.1)
    return float("inf")
