"""A failing seed shrinks to few events: faults are planted by taking guards away."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import pytest
from msgspec.structs import replace

from reconciler.model.roster import Limits
from reconciler.play.event_list import read_scenario, with_events, written
from reconciler.play.scenarios.generate import make_scenario
from reconciler.play.scenarios.scenario import Scenario
from reconciler.play.shrinking import NothingBroken, Shrunk, shrink
from reconciler.play.world.product import WHOLE, Mutation
from reconciler.play.world.run import Report, run
from tests.simulation.mutations import Credulous, backwards, plans, rosters

pytestmark = pytest.mark.no_cover

Planted = Callable[[], AbstractContextManager[None]]


def _without_limits() -> AbstractContextManager[None]:
    many = Limits(removals=99, rings=99)
    return rosters(lambda roster: replace(roster, limits=many))


def _broken(report: Report) -> set[str]:
    return {each.oracle for each in report.journal.violations}


def _one_event_less(shrunk: Shrunk) -> Iterator[Scenario]:
    for at in range(len(shrunk.events)):
        left = (*shrunk.events[:at], *shrunk.events[at + 1 :])
        yield with_events(shrunk.scenario, left)


FAULTS = [
    pytest.param(4, "exposed", lambda: plans(backwards), WHOLE, id="order"),
    pytest.param(14, "unknown", nullcontext, Mutation(provider=Credulous), id="look"),
    pytest.param(20, "limits", _without_limits, WHOLE, id="limits"),
]


@pytest.mark.long
@pytest.mark.parametrize(("seed", "promise", "plant", "mutation"), FAULTS)
def test_a_failing_seed_is_shrunk_to_at_most_ten_events(
    seed: int, promise: str, plant: Planted, mutation: Mutation
) -> None:
    def play(scenario: Scenario) -> Report:
        return run(scenario, mutation=mutation)

    with plant():
        shrunk = shrink(make_scenario(seed), play)
        again = play(read_scenario(written(shrunk.scenario), "events.json"))
        without = [_broken(play(each)) for each in _one_event_less(shrunk)]
    assert shrunk.oracle == promise
    assert shrunk.before > 20
    assert 0 < len(shrunk.events) <= 10
    assert promise in _broken(again)
    assert all(promise not in each for each in without)
    assert not run(shrunk.scenario).failed


def test_a_seed_that_breaks_nothing_is_not_shrunk() -> None:
    with pytest.raises(NothingBroken, match="seed 0 breaks no promise"):
        shrink(make_scenario(0), run)
