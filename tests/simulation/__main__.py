"""``python -m tests.simulation --seeds 10000 --jobs 2`` or ``--seed 42``.

A quarter as many seeds with schedules are added; ``--schedules`` runs those alone.
"""

import argparse
import gc
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.play.oracles.heard import ledger_tally
from reconciler.play.oracles.twin import judge_same_end
from reconciler.play.scenarios.generate import make_scenario
from reconciler.play.scenarios.scenario import START, Scenario
from reconciler.play.scenarios.scheduled import SCHEDULED
from reconciler.play.world.run import run
from reconciler.play.world.run_journal import RunJournal

_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Tally:
    """What one seed came to."""

    seed: int
    broken: tuple[str, ...]
    writes: int
    rings: int


def main() -> int:
    """Run what is asked for; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, help="replay one seed with its trace")
    parser.add_argument("--seeds", type=int, default=1000, help="how many to run")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument(
        "--schedules", action="store_true", help="only seeds with schedules"
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument(
        "--ledger", action="store_true", help="judge the exposure ledger alone"
    )
    asked = parser.parse_args()
    if asked.ledger:
        return _ledgers(range(asked.first, asked.first + asked.seeds), asked.jobs)
    if asked.seed is not None:
        return _replay(asked.seed)
    plain = range(asked.first, asked.first + asked.seeds)
    scheduled = range(SCHEDULED + asked.first, SCHEDULED + asked.first + asked.seeds)
    if asked.schedules:
        return _many(scheduled, asked.jobs)
    part = asked.seeds // 5
    return _many([*plain[: asked.seeds - part], *scheduled[:part]], asked.jobs)


def _replay(seed: int) -> int:
    report = run(make_scenario(seed))
    judge_same_end(report)
    sys.stdout.writelines(
        f"{line}\n" for line in trace(report.journal, report.scenario.start)
    )
    sys.stdout.write(f"seed {seed}: {len(report.journal.violations)} violations\n")
    return int(report.failed)


def trace(journal: RunJournal, start: float = START) -> list[str]:
    """The run in words, a line a thing that happened."""
    return [f"{at - start:9.3f} {who:9} {what}" for at, who, what in journal.lines]


def tally(seed: int, make: Callable[[int], Scenario] = make_scenario) -> Tally:
    """Run one seed."""
    try:
        report = run(make(seed))
        judge_same_end(report)
    except Exception as error:  # noqa: BLE001 - a failing harness is a failing seed
        return Tally(seed, (f"{type(error).__name__}: {error}",), 0, 0)
    return Tally(
        seed,
        tuple(map(str, report.journal.violations)),
        len(report.journal.acts),
        len(report.world.exchange.history.rings),
    )


def _by_oracle(failed: Sequence[Tally]) -> Counter[str]:
    return Counter(
        oracle
        for each in failed
        for oracle in {told.partition(":")[0] for told in each.broken}
    )


def _collect_seldom() -> None:
    """A seed leaves little behind, and a tenth of its time went into looking for it."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def _shown_at_once(tallies: Iterable[Tally]) -> Iterator[Tally]:
    """The *tallies*; a broken one is also a line on stderr as soon as it comes."""
    for each in tallies:
        if each.broken:
            sys.stderr.write(f"seed {each.seed}: {each.broken[0]}\n")
            sys.stderr.flush()
        yield each


def _many(seeds: Sequence[int], jobs: int) -> int:
    began = time.monotonic()
    with multiprocessing.Pool(jobs, _collect_seldom) as pool:
        done = list(_shown_at_once(pool.imap_unordered(tally, seeds, chunksize=20)))
    seconds = time.monotonic() - began
    failed = sorted((each for each in done if each.broken), key=lambda each: each.seed)
    sys.stdout.write(
        f"{len(done)} seeds in {seconds:.0f} s ({len(done) / seconds:.1f} a second): "
        f"{sum(each.writes for each in done)} writes, "
        f"{sum(each.rings for each in done)} rings, {len(failed)} seeds with violations\n"
    )
    for oracle, count in _by_oracle(failed).most_common():
        sys.stdout.write(f"  {count} seeds break {oracle}\n")
    for each in failed[:_SHOWN]:
        sys.stdout.write(f"  seed {each.seed}: {each.broken[0]}\n")
    if failed:
        sys.stdout.write(f"Replay with: make simulate SEED={failed[0].seed}\n")
    return int(bool(failed))


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
