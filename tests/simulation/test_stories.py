"""Stories of ordinary use, one a mechanism."""

import pytest
from msgspec.structs import replace

from reconciler.play.scenarios.scenario import (
    Declare,
    FreezeAt,
    Happening,
    PhoneHangsUp,
    Scenario,
    StartProcess,
)
from reconciler.play.world.run import run
from tests.simulation.crashes import ANN, BOB, BOTH
from tests.simulation.test_guards import broken, scenario

pytestmark = pytest.mark.no_cover


def story(*steps: tuple[float, Happening], **more: object) -> Scenario:
    return replace(scenario(*steps), **more)


def test_whoever_was_to_be_removed_and_was_not_is_not_rung_again_when_they_leave() -> (
    None
):
    of = story(
        (0.0, Declare(BOTH)),
        (0.1, StartProcess("a", rest=1.0)),
        (6.0, Declare(replace(BOTH, members=(ANN,)))),
        (6.0, FreezeAt("a", "after acquire", 3.0)),
        (7.0, Declare(BOTH)),
        (11.0, PhoneHangsUp(BOB.to)),
    )
    report = run(of)
    assert broken(report) == set()
    planned = [e for _, e in report.journal.events if e.kind == "remove.planned"]
    rung = [each for each in report.world.exchange.history.rings if each.to == BOB.to]
    assert (len(planned), len(rung)) == (1, 1)
