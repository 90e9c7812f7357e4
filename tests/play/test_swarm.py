"""Swarm testing: each seed is without a half of the kinds of trouble."""

import pytest

from reconciler.play.campaign import Family, seeds_of
from reconciler.play.scenarios.generate import make_plain, make_scenario
from reconciler.play.scenarios.scenario import Break, Jump, Kill, Scenario
from reconciler.play.scenarios.scheduled import SCHEDULED, SWARM
from reconciler.play.scenarios.swarm import KINDS, kinds_left, swarmed
from reconciler.play.seed_result import play_seed
from tests.sample_size import sample_size

SEEDS = range(SWARM, SWARM + 200)


def test_each_seed_is_without_a_half_of_the_kinds_and_each_kind_is_left_somewhere() -> (
    None
):
    left = [kinds_left(seed) for seed in SEEDS]
    assert {len(each) for each in left} == {len(KINDS) - len(KINDS) // 2}
    assert frozenset[str]().union(*left) == frozenset(KINDS)
    assert len(set(left)) > 190
    pairs = {(x, y) for each in left for x in each for y in each}
    assert len(pairs) == len(KINDS) ** 2


def _kinds_in(scenario: Scenario) -> set[str]:
    steps = [step for _, step in scenario.steps]
    rates = scenario.rates
    found = {str(each.fault.kind) for each in steps if isinstance(each, Break)}
    found |= {"deaths" for each in steps if isinstance(each, Kill)}
    found |= {"clocks" for each in steps if isinstance(each, Jump)}
    found |= {"lost_write"} if rates.lost_write else set()
    found |= {"database"} if rates.database else set()
    found |= {"busy" for each in scenario.people.values() if each.busy}
    return found | {"numbers refused" for x in scenario.people.values() if x.refused}


def test_only_kinds_that_are_left_strike() -> None:
    for seed in SEEDS:
        assert _kinds_in(make_scenario(seed)) <= kinds_left(seed)


def test_a_half_of_the_seeds_ends_with_a_process_that_hangs() -> None:
    stuck = [make_scenario(seed).stuck_after is not None for seed in SEEDS]
    assert 70 < sum(stuck) < 130


def test_seeds_below_the_swarm_are_as_they_were() -> None:
    for seed in (0, 7, SCHEDULED + 1):
        assert swarmed(make_plain(seed)) == make_plain(seed)
        assert make_scenario(seed).stuck_after is None


def test_a_mix_has_three_fifths_of_plain_seeds_and_a_fifth_of_each_other() -> None:
    seeds = seeds_of(Family.MIXED, 5, 10)
    assert seeds[:6] == [5, 6, 7, 8, 9, 10]
    assert seeds[6:] == [SCHEDULED + 5, SCHEDULED + 6, SWARM + 5, SWARM + 6]
    assert seeds_of(Family.SWARM, 2, 2) == [SWARM + 2, SWARM + 3]


@pytest.mark.no_cover
@pytest.mark.parametrize("first", [0, 50, 100])
def test_no_promise_is_broken(first: int) -> None:
    seeds = range(SWARM + first, SWARM + first + sample_size(3, 50))
    done = [play_seed(seed) for seed in seeds]
    assert [(each.seed, each.broken) for each in done if each.broken] == []
