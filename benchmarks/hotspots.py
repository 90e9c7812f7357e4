"""``python -m benchmarks.hotspots``: where the time of an unchanged check goes.

Deterministic: every call is counted, so small functions look dearer than they
are. Only the loop's own thread is seen; the loop is asyncio's, on which the calls
of the socket stand apart from those of ours.
"""

import argparse
import os
import pstats
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from benchmarks.cores import cores, pin
from benchmarks.harness import Bench, note
from benchmarks.product import PLAIN_LOOP
from benchmarks.rows.checks import MANY, WIDE, started
from benchmarks.world import World

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


def main() -> None:
    """Profile, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", action="store_true", help=MANY.name)
    parser.add_argument("--differing", action="store_true", help="bytes differ")
    given = parser.parse_args()
    os.environ[PLAIN_LOOP] = "yes"
    on = cores()
    pin(on.client)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        of = MANY if given.many else WIDE
        found = profile(Bench(on, Path(folder)), of, flip=given.differing)
    sys.stdout.write("\n".join(lines(found)) + "\n")


if __name__ == "__main__":
    main()
