"""A slice of 500 lives; all of them with ``make thorough``.

Or alone: ``make simulate LEDGER=1 SEEDS=500``.
"""

import pytest

from reconciler.planning import observed_room
from reconciler.planning.audience import Audibility
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.play.seed_result import play_seed
from reconciler.play.world.run import run
from tests.sample_size import sample_size
from tests.simulation.heard import judge_ledger, ledger_tally, make_truthful
from tests.simulation.mutations import replaced

PARTS = range(sample_size(1, 20))
LIVES = sample_size(4, 25)
"""Lives of each part."""


@pytest.mark.parametrize("part", PARTS)
def test_the_ledger_says_what_the_exchange_heard_within_a_look(part: int) -> None:
    seeds = range(part * LIVES, (part + 1) * LIVES)
    done = [ledger_tally(seed) for seed in seeds]
    assert [(each.seed, each.broken) for each in done if each.broken] == []
    assert sum(each.heard for each in done) > 5 * len(seeds)


@pytest.mark.parametrize(
    ("seed", "story"),
    [
        (41, "somebody says what became of a create that has not arrived yet"),
        (391, "a label leaves and is back with another number while its call stands"),
    ],
)
def test_what_a_truthful_seed_once_found_stays_mended(seed: int, story: str) -> None:
    assert (play_seed(seed, make_truthful).broken, story) == ((), story)


def test_a_ledger_that_says_nobody_is_heard_is_found_out() -> None:
    def deaf(*_: object) -> Audibility:
        return Audibility({}, frozenset())

    with replaced(observed_room, "audibility", deaf):
        found = [ledger_tally(seed).broken for seed in range(4)]
    assert any(found)


def test_what_nobody_recorded_is_found_out() -> None:
    report = run(make_truthful(4))
    assert isinstance(report.world.store, InMemoryStore)
    report.world.store.tables.intervals.clear()
    assert judge_ledger(report.world) > 0
    assert {each.oracle for each in report.journal.violations} == {"ledger"}
