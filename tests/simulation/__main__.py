"""``python -m tests.simulation``: what ``reconciler play`` does; ``--ledger`` alone is here.

``--ledger`` compares the exposure ledger with what the exchange heard. ``--workers 3``
lets daemons of several hosts share the rooms of each seed.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Sequence

from reconciler.cli.main import main as reconciler
from reconciler.play.campaign import Family
from tests.nodes.campaign import play_nodes
from tests.simulation.heard import ledger_tally

_SHOWN = 40


def main() -> int:
    """Run what is asked for; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, help="play one seed and print its log")
    parser.add_argument("--seeds", type=int, default=1000, help="how many to run")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--family", choices=list(map(str, Family)), default="mixed")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument(
        "--ledger", action="store_true", help="judge the exposure ledger alone"
    )
    parser.add_argument("--workers", type=int, default=1, help="hosts with daemons")
    asked = parser.parse_args()
    if asked.workers > 1:
        return play_nodes(asked)
    if asked.ledger:
        return _ledgers(range(asked.first, asked.first + asked.seeds), asked.jobs)
    sys.argv = ["reconciler", "play", *_words(asked)]
    return reconciler()


def _words(asked: argparse.Namespace) -> list[str]:
    if asked.seed is not None:
        return [f"--seed={asked.seed}", "--trace"]
    numbers = {"seeds": asked.seeds, "first": asked.first, "jobs": asked.jobs}
    return [f"--family={asked.family}", *(f"--{x}={n}" for x, n in numbers.items())]


def _ledgers(seeds: Sequence[int], jobs: int) -> int:
    """Judge what the exposure ledger says of each seed."""
    with multiprocessing.Pool(jobs) as pool:
        done = sorted(
            pool.imap_unordered(ledger_tally, seeds, chunksize=5),
            key=lambda each: each.seed,
        )
    broken = [each for each in done if each.broken]
    sys.stdout.write(
        f"{len(done)} seeds: {sum(each.heard for each in done)} audible legs compared, "
        f"{len(broken)} seeds with violations\n"
    )
    for each in broken[:_SHOWN]:
        sys.stdout.write(f"  seed {each.seed}: {each.broken[0]}\n")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
