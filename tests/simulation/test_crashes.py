"""A process dies at every point of every kind of request; another goes on."""

from itertools import product

import pytest
from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.play.scenarios.generate import TOGETHER
from reconciler.play.scenarios.scenario import Scenario
from reconciler.play.world.act import Kind
from reconciler.play.world.run import Report
from reconciler.simulator.exchange.behavior import Switches
from tests.sample_size import one_in
from tests.simulation.crashes import Death, deaths, die, life

pytestmark = pytest.mark.no_cover

BOTH_ANSWERS = [
    Switches(list_shows_ringing=shown, label_held_while_ringing=held)
    for shown, held in product((True, False), repeat=2)
]


def _ids(switches: Switches) -> str:
    shown = "shown" if switches.list_shows_ringing else "not shown"
    held = "held" if switches.label_held_while_ringing else "not held"
    return f"ringing {shown}, label {held}"


@pytest.mark.parametrize("switches", BOTH_ANSWERS, ids=_ids)
def test_a_death_at_any_point_of_a_create_breaks_no_promise(
    switches: Switches,
) -> None:
    one = BOTH_ANSWERS.index(switches)
    _die_everywhere(Kind.CREATE, life(Kind.CREATE, switches), one)


@pytest.mark.parametrize("switches", BOTH_ANSWERS, ids=_ids)
def test_a_death_among_creates_that_are_under_way_together_breaks_no_promise(
    switches: Switches,
) -> None:
    paced = replace(life(Kind.CREATE, switches), pace=TOGETHER)
    together = replace(paced, calls_per_second=TOGETHER)
    _die_everywhere(Kind.CREATE, together, BOTH_ANSWERS.index(switches))


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.CREATE}), ids=str)
def test_a_death_at_any_point_breaks_no_promise(kind: Kind) -> None:
    _die_everywhere(kind, life(kind, Switches()))


def _die_everywhere(kind: Kind, scenario: Scenario, one: int = 0) -> None:
    """Lives that differ in Twilio's answers share the deaths among them."""
    ways = list(deaths(scenario))
    assert {f"{point} {kind}" for point in ("begin", "left", "effect", "answered")} <= {
        death.where for death in ways
    }
    shared = len(BOTH_ANSWERS)
    died = {death: die(scenario, death) for death in one_in(shared, ways, one)}
    broken = {
        death: [str(each) for each in report.journal.violations]
        for death, report in died.items()
        if report.failed or not _honest(report)
    }
    assert broken == {}


def _honest(report: Report) -> bool:
    """Everybody rang at most once, and the room converged or says who decides."""
    rings = report.world.exchange.history.rings
    labels = [ring.label for ring in rings]
    (made,) = report.last.values()
    held = any("resolve" in each.reason for each in made.evaluation.plan.waiting)
    at_rest = made.state is (RoomPhase.STALLED if held else RoomPhase.CONVERGED)
    return len(labels) == len(set(labels)) and at_rest


def test_every_commit_is_among_the_deaths() -> None:
    where = {death.where for death in deaths(life(Kind.CREATE, Switches()))}
    for commit in ("acquire", "attempt", "note", "release"):
        assert {f"before {commit}", f"after {commit}"} <= where
    assert Death(1, "before acquire") in set(deaths(life(Kind.CREATE, Switches())))
