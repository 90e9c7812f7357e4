"""Many seeds, each lived by daemons of several hosts, in several processes."""

import argparse
import logging
import multiprocessing
import sys
import time
from functools import partial

from reconciler.play.campaign import Family, by_oracle, seeds_of
from reconciler.play.oracles.twin import judge_same_end
from reconciler.play.seed_result import SeedResult, trace
from tests.nodes.run import run_nodes


def play_nodes(asked: argparse.Namespace) -> int:
    """Play what the arguments of ``tests.simulation`` ask for; 1 if a promise was broken."""
    logging.getLogger("reconciler").addHandler(logging.NullHandler())
    if asked.seed is not None:
        return _show(asked.seed, asked.workers)
    began = time.monotonic()
    seeds = seeds_of(Family(asked.family), asked.first, asked.seeds)
    play = partial(play_seed_of, workers=asked.workers)
    broken: list[SeedResult] = []
    with multiprocessing.Pool(asked.jobs) as pool:
        for each in pool.imap_unordered(play, seeds, chunksize=10):
            if each.broken:
                broken.append(each)
                sys.stdout.write(f"seed {each.seed}: {each.broken[0]}\n")
                sys.stdout.flush()
    sys.stdout.write(
        f"{len(seeds)} seeds with {asked.workers} hosts in {time.monotonic() - began:.0f} s: "
        f"{len(broken)} with violations {dict(by_oracle(broken)) or ''}\n"
    )
    return int(bool(broken))


def play_seed_of(seed: int, workers: int) -> SeedResult:
    """Run one seed; an error of the simulation itself is a broken promise, too."""
    try:
        report = run_nodes(seed, workers)
        judge_same_end(report)
    except Exception as error:  # noqa: BLE001 - a failing simulation is a failing seed
        return SeedResult(seed, (f"{type(error).__name__}: {error}",))
    return SeedResult(seed, tuple(map(str, report.journal.violations)))


def _show(seed: int, workers: int) -> int:
    report = run_nodes(seed, workers)
    judge_same_end(report)
    lines = trace(report.journal, report.scenario.start)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.write(f"seed {seed}: {len(report.journal.violations)} violations\n")
    return int(report.failed)
