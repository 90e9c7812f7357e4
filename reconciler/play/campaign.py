"""Many seeds, in several processes."""

import gc
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum

from msgspec import Struct

from reconciler.play.rare_states import JUDGED_SEEDS, PER, STATES
from reconciler.play.scenarios.scheduled import SCHEDULED, SWARM
from reconciler.play.scenarios.witnessed import WITNESSED
from reconciler.play.seed_result import SeedResult, play_seed, reached_counts


class Family(StrEnum):
    """Kinds of seeds: the mix of all, or one alone."""

    MIXED = "mixed"
    PLAIN = "plain"
    SCHEDULES = "schedules"
    SWARM = "swarm"
    WITNESS = "witness"


_FIRST = {
    Family.PLAIN: 0,
    Family.SCHEDULES: SCHEDULED,
    Family.SWARM: SWARM,
    Family.WITNESS: WITNESSED,
}


class ReachedState(Struct, frozen=True):
    """How many seeds reached a rare state; ``floor`` None where too few were played."""

    name: str
    seeds: int
    floor: int | None

    @property
    def below(self) -> bool:
        return self.floor is not None and self.seeds < self.floor


def seeds_of(family: Family, first: int, count: int) -> list[int]:
    """*count* seeds of a family; of the mix, a fifth have schedules and a fifth swarm."""
    if family is not Family.MIXED:
        begin = _FIRST[family] + first
        return list(range(begin, begin + count))
    part = count // 5
    return [
        *range(first, first + count - 2 * part),
        *range(SCHEDULED + first, SCHEDULED + first + part),
        *range(SWARM + first, SWARM + first + part),
    ]


def play_seeds(seeds: Sequence[int], jobs: int) -> Iterator[SeedResult]:
    """Each seed's result as it comes, in any order."""
    if jobs == 1:
        yield from map(play_seed, seeds)
        return
    with multiprocessing.Pool(jobs, _collect_seldom) as pool:
        yield from pool.imap_unordered(play_seed, seeds, chunksize=10)


def _collect_seldom() -> None:
    """A seed leaves little behind, and a tenth of its time went into looking for it."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def reached_states(
    results: Sequence[SeedResult], *, judge: bool
) -> tuple[ReachedState, ...]:
    """Each rare state; floors are for a mix of enough seeds, else not judged."""
    counts, played = reached_counts(results), len(results)
    is_judged = judge and played >= JUDGED_SEEDS
    return tuple(
        ReachedState(
            rare_state.name,
            counts[rare_state.name],
            rare_state.floor * played // PER if is_judged else None,
        )
        for rare_state in STATES
    )


def by_oracle(failed: Sequence[SeedResult]) -> Counter[str]:
    """How many seeds break each promise."""
    return Counter(
        oracle
        for result in failed
        for oracle in {text.partition(":")[0] for text in result.broken}
    )
