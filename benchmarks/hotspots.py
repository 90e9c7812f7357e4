"""``python -m benchmarks.hotspots [WHAT]``: where the time goes.

WHAT is ``check`` (unchanged, the default), ``look`` (whole, nothing to note),
``correction``, ``start`` of a daemon, a command, or another name of ``profiles.WHAT``.
All threads are sampled, and parts are of CPU time; those of ``memory`` are of memory.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cores import cores, pin
from benchmarks.harness import Bench
from benchmarks.profile import Profile, Spot
from benchmarks.profiles import WHAT, profiled

TOP, MOST = 25, 0.10


def lines(profile: Profile) -> Iterator[str]:
    """The tables, and the verdict."""
    yield "package, own part"
    for name, share in profile.areas()[:TOP]:
        yield f"{share:6.1%} {name}"
    yield "\nown part, with calls, where"
    yield from map(_line, profile.by_own()[:TOP])
    yield "\nfunctions of ours by what they take with all that they call"
    yield from map(_line, profile.by_whole()[:TOP])
    ours = [spot for spot in profile.spots if spot.ours]
    yield f"\n{sum(spot.own for spot in ours):.1%} of it in functions of ours"
    above = [spot for spot in ours if spot.own > MOST]
    if above:
        names = ", ".join(f"{spot.where} ({spot.own:.1%})" for spot in above)
        yield f"above {MOST:.0%}: {names}"
    else:
        yield f"no function of ours is above {MOST:.0%}"


def _line(spot: Spot) -> str:
    return f"{spot.own:6.1%} {spot.whole:6.1%} {spot.where}"


def main() -> None:
    """Profile, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", default="check", choices=WHAT)
    given = parser.parse_args()
    on = cores()
    pin(on.client)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found = profiled(Bench(on, Path(folder)), given.what)
    sys.stdout.write("\n".join(lines(found)) + "\n")


if __name__ == "__main__":
    main()
