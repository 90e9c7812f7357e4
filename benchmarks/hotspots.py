"""``python -m benchmarks.hotspots [WHAT]``: where the time goes.

WHAT is ``check`` (unchanged, the default), ``look`` (whole, nothing to note),
``correction``, ``start`` of a daemon, or the command ``plan``, ``status`` or ``sync``.

Deterministic: every call is counted, so small functions look dearer than they
are. Only the loop's own thread is seen, not those of SQL; the loop is asyncio's, on
which the calls of the socket stand apart from those of ours.
"""

import argparse
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from benchmarks.builds import this_build
from benchmarks.cores import cores, pin
from benchmarks.harness import Bench, note, timed
from benchmarks.process import daemon
from benchmarks.product import PLAIN_LOOP
from benchmarks.rows.checks import FEW, MANY, WIDE, started
from benchmarks.rows.commands import COMMANDS
from benchmarks.rows.looks import CORRECTED, DRIFTING, NOTICED_SECONDS
from benchmarks.seed import database_url, touch
from benchmarks.world import World

WHAT = ("check", "look", "correction", "start", *(each.name for each in COMMANDS))
TOP, MOST = 25, 0.10
OURS = "reconciler"
_HERE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Spot:
    """A function: its own seconds and its part of all of them."""

    where: str
    calls: int
    own: float
    share: float
    ours: bool


def spots(path: Path) -> list[Spot]:
    """All functions of a profile, the dearest first; waiting is left out."""
    stats = cast(
        "Mapping[tuple[str, int, str], Any]", vars(pstats.Stats(str(path)))["stats"]
    )
    kept = {key: row for key, row in stats.items() if "epoll" not in key[2]}
    total = sum(row[2] for row in kept.values())
    found = [_spot(key, row, total) for key, row in kept.items()]
    return sorted(found, key=lambda spot: spot.own, reverse=True)


def _spot(key: tuple[str, int, str], row: tuple[int, int, float], total: float) -> Spot:
    file, line, name = key
    path = Path(file)
    ours = path.is_relative_to(_HERE / OURS)
    if ours:
        where = f"{path.relative_to(_HERE)}:{line} {name}"
    elif line:
        where = f"{'/'.join(path.parts[-2:])}:{line} {name}"
    else:
        where = name
    return Spot(where, row[1], row[2], row[2] / total, ours)


def lines(found: list[Spot]) -> Iterator[str]:
    """The table, and the verdict."""
    yield f"{'own s':>7} {'share':>6} {'calls':>9}       where"
    for spot in found[:TOP]:
        mark = "ours" if spot.ours else ""
        yield (
            f"{spot.own:7.3f} {spot.share:6.1%} {spot.calls:9,} {mark:>5} {spot.where}"
        )
    ours = [spot for spot in found if spot.ours]
    yield f"{sum(spot.share for spot in ours):.1%} of it in functions of ours"
    above = [spot for spot in ours if spot.share > MOST]
    if above:
        names = ", ".join(f"{spot.where} ({spot.share:.1%})" for spot in above)
        yield f"above {MOST:.0%}: {names}"
    else:
        yield f"no function of ours is above {MOST:.0%}"


def profile(bench: Bench, of: World, *, flip: bool) -> list[Spot]:
    """The functions of the product during checks of *of*."""
    with bench.over():
        server = bench.server(of)
        note(f"profile: {of.name}: files, database, first check")
        product = started(bench, of, server)
        server.control("flip", on=flip)
        product.ask("sweep")
        path = bench.folder / "profile"
        note("profile: checks")
        product.ask("profile", sweeps=3, path=str(path))
        return spots(path)


def profile_looks(bench: Bench, of: World, *, correcting: bool) -> list[Spot]:
    """The functions of the product while rooms are looked at whole, or corrected."""
    with bench.over():
        server = bench.server(of, tls=True)
        note(f"profile: {of.name}: files, database, first check")
        (home,) = bench.homes(of)
        product = started(bench, of, server)
        product.ask("sweep")
        if correcting:
            for room in of.each(CORRECTED):
                server.control(
                    "change", room=room.name, label=DRIFTING, fields={"muted": False}
                )
        else:
            touch(database_url(home))
            time.sleep(NOTICED_SECONDS)
        path = bench.folder / "profile"
        product.ask("profile", sweeps=1, path=str(path), more=float(correcting) * 2)
        return spots(path)


def profile_process(bench: Bench, of: World, what: str) -> list[Spot]:
    """The functions of a whole process: a daemon's start, or a command."""
    (home,) = bench.homes(of)
    path = bench.folder / "profile"
    with bench.over():
        server = bench.server(of, tls=True)
        url = {"RECONCILER_DATABASE_URL": database_url(home)}
        env = bench.environment(server.url, **url, **this_build().environment())
        argv = [this_build().python, "-m", "cProfile", "-o", str(path)]
        argv += ["-m", "reconciler"]
        if what == "start":
            listening = ("--admin-listen", "127.0.0.1:0")
            with daemon([*argv, "daemon", "desired", *listening], env, home):
                note("profile: every room was read")
        else:
            words = next(each.words for each in COMMANDS if each.name == what)
            timed([*argv, *words], env, home)
    return spots(path)


def profiled(bench: Bench, what: str, of: World, *, differing: bool) -> list[Spot]:
    """The functions of *what*, the dearest first."""
    if what == "check":
        return profile(bench, of, flip=differing)
    if what in {"look", "correction"}:
        return profile_looks(bench, of, correcting=what == "correction")
    return profile_process(bench, of, what)


def main() -> None:
    """Profile, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", default="check", choices=WHAT)
    parser.add_argument("--many", action="store_true", help=MANY.name)
    parser.add_argument("--differing", action="store_true", help="bytes differ")
    given = parser.parse_args()
    os.environ[PLAIN_LOOP] = "yes"
    on = cores()
    pin(on.client)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        of = MANY if given.many else WIDE if given.what == "check" else FEW
        bench = Bench(on, Path(folder))
        found = profiled(bench, given.what, of, differing=given.differing)
    sys.stdout.write("\n".join(lines(found)) + "\n")


if __name__ == "__main__":
    main()
