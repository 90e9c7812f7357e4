"""A slice of the seeds: the whole of them is ``make simulate``."""

import pytest

from tests.simulation.__main__ import tally, trace
from tests.simulation.generate import make_scenario
from tests.simulation.run import run

SEEDS = range(150)
SLICE = 25


@pytest.mark.parametrize("first", SEEDS[::SLICE])
def test_no_promise_is_broken(first: int) -> None:
    done = [tally(seed) for seed in range(first, first + SLICE)]
    assert [(each.seed, each.broken) for each in done if each.broken] == []


def test_a_seed_is_lived_the_same_way_each_time() -> None:
    for seed in (3, 40):
        lives = [trace(run(make_scenario(seed)).journal) for _ in range(2)]
        assert lives[0] == lives[1]
        assert len(lives[0]) > 10


@pytest.mark.parametrize("seed", [22, 46, 254, 788])
def test_a_room_that_waits_for_withheld_rings_is_called_stalled(seed: int) -> None:
    assert tally(seed).broken == ()
