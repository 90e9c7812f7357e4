"""Rare states: counted over seeds, and judged by floors."""

import pytest
from msgspec.structs import replace

from reconciler.play.campaign import reached_states
from reconciler.play.rare_states import JUDGED_SEEDS, STATES
from reconciler.play.scenarios.generate import make_scenario
from reconciler.play.scenarios.scheduled import SWARM
from reconciler.play.seed_result import SeedResult
from reconciler.play.world.run import run
from tests.simulation.test_guards import FROZEN

NAMES = frozenset(each.name for each in STATES)


def _results(count: int, states: frozenset[str]) -> list[SeedResult]:
    return [SeedResult(seed, (), states=states) for seed in range(count)]


def test_each_state_has_a_name_of_its_own_and_a_floor() -> None:
    assert len(NAMES) == len(STATES)
    assert all(0 < each.floor <= 1000 for each in STATES)


def test_a_state_that_is_reached_too_seldom_is_below_its_floor() -> None:
    gone = STATES[0]
    results = _results(JUDGED_SEEDS * 2, NAMES - {gone.name})
    below = [x.name for x in reached_states(results, judge=True) if x.below]
    assert below == [gone.name]


def test_floors_are_in_proportion_to_the_seeds_played() -> None:
    states = reached_states(_results(2000, NAMES), judge=True)
    floors = {each.name: each.floor for each in states}
    assert floors == {each.name: each.floor * 2 for each in STATES}


@pytest.mark.parametrize(("count", "judge"), [(JUDGED_SEEDS - 1, True), (1000, False)])
def test_few_seeds_and_seeds_of_one_family_are_counted_and_not_judged(
    count: int, judge: bool
) -> None:
    states = reached_states(_results(count, frozenset()), judge=judge)
    assert {each.floor for each in states} == {None}
    assert not any(each.below for each in states)


def _reached(seed: int) -> set[str]:
    report = run(make_scenario(seed))
    return {each.name for each in STATES if each.reached(report)}


def test_what_a_run_reached_is_read_off_what_happened() -> None:
    of = {each.name: each.reached for each in STATES}
    stood = run(FROZEN)
    assert of["a process stands still"](stood)
    assert of["two processes act in one room"](stood) == (
        len({x.process.name for x in stood.journal.acts}) > 1
    )
    moved = run(replace(FROZEN, steps=FROZEN.steps[:2]))
    assert not of["a process stands still"](moved)
    assert not of["two processes act in one room"](moved)


@pytest.mark.no_cover
def test_a_few_seeds_reach_many_of_the_states() -> None:
    found = set[str]()
    for seed in (*range(2, 8), *range(SWARM + 1, SWARM + 5)):
        found |= _reached(seed)
    assert len(found) >= len(NAMES) // 2
