"""A daemon that starts over rooms in which nothing is to be done."""

import time
from contextlib import AbstractContextManager
from functools import partial
from statistics import median

from benchmarks.builds import Build, this_build
from benchmarks.harness import Bench, Server, in_turn, note, ratio, timed
from benchmarks.process import Ready, daemon
from benchmarks.rows.checks import FEW, MANY, peer_arguments
from benchmarks.table import Row, beside
from benchmarks.world import World

MOST_SECONDS, MOST_RATIO, MOST_SILENCE = 26.0 / 4, 6.0, 1.5
ROUNDS = 3
PATIENCE_SECONDS = 60.0


def measure(bench: Bench) -> list[Row]:
    """All rows of this family."""
    of = FEW if bench.quick else MANY
    for build in bench.builds:
        bench.homes(of, build=build)
    with bench.over():
        server = bench.server(of, tls=True)
        parties = {
            **{x.name: partial(_start, bench, server, of, x) for x in bench.builds},
            "raw": partial(_raw, bench, server, of),
        }
        note(f"start: {of.name}")
        figures = in_turn(min(bench.rounds, ROUNDS), parties)
        silence = _silenced(bench, server, of)
    what = f"cold start, {of.name}: CPU until every room was read"
    seconds = f"{median(figures['this']):.2f} s, the peer {median(figures['raw']):.2f}"
    return [
        *beside(bench, what, figures, "s", MOST_SECONDS, 1 / 4, "start"),
        Row(
            what,
            ratio(figures, "this", "raw"),
            MOST_RATIO,
            "×",
            "asyncio.Protocol + msgspec, whole process",
            rounds=figures,
            note=seconds,
            profile="start",
        ),
        Row(
            f"start of {of.name} to the silence of a coach whom all hear",
            silence,
            MOST_SILENCE,
            "s",
            "from the start of the process to the first byte",
            profile="start",
        ),
    ]


def started(
    bench: Bench, server: Server, of: World, build: Build
) -> AbstractContextManager[Ready]:
    """A daemon over a world, once it has read every room."""
    (home,) = bench.homes(of, build=build)
    argv = build.command(
        *("daemon", str(home / "desired"), "--admin-listen", "127.0.0.1:0")
    )
    more = {"RECONCILER_DATABASE_URL": f"sqlite:///{home / 'reconciler.db'}"}
    env = bench.environment(server.url, **more, **build.environment())
    return daemon(argv, env, home)


def _start(bench: Bench, server: Server, of: World, build: Build) -> float:
    with started(bench, server, of, build) as ready:
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


def _silenced(bench: Bench, server: Server, of: World) -> float:
    """Seconds until a coach is muted whom all hear when the daemon starts."""
    note("start: a coach whom all hear")
    room = list(of.each())[-1]
    coach = next(each for each in room.people if each.coaching)
    fields = {"muted": False, "coaching": False, "call_sid_to_coach": None}
    server.control("change", room=room.name, label=coach.label, fields=fields)
    server.control("forget")
    with started(bench, server, of, this_build()) as ready:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if found := [x for x in server.writes() if x["room"] == room.name]:
                return float(found[0]["began"]) - ready.began
            time.sleep(0.2)
    return float("inf")
