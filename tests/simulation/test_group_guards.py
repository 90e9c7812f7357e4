"""Groups, replacements, protection, each taken away: an oracle notices, else none."""

from collections.abc import Collection, Iterable

import pytest
from msgspec.structs import replace

from reconciler.model.roster import Group, Limits, Machine, Redial, Replacement, Roster
from reconciler.planning import planner, room_plan
from reconciler.planning.context import Item, PlanningContext
from reconciler.planning.quorum import Quorum
from reconciler.play.scenarios.scenario import Declare, StartProcess
from reconciler.play.world.run import run
from reconciler.simulator.exchange.people import Subscriber
from tests.simulation.crashes import ANN, BOB, BOTH, ROOM
from tests.simulation.mutations import replaced
from tests.simulation.test_guards import broken, scenario

pytestmark = pytest.mark.no_cover

PATIENT = replace(BOB, redial=Redial(backoff=8.0))
NIGHT = replace(
    ANN,
    label="night",
    to="+15551230007",
    replaces=Replacement("ann"),
    redial=Redial(attempts=1),
)
ON_CALL = scenario(
    (
        0.0,
        Declare(
            Roster(ROOM, (ANN, PATIENT), groups=(Group("dbas", ("ann", "bob"), 1),))
        ),
    ),
    (0.1, StartProcess("a", rest=1.0)),
    people={BOB.to: Subscriber(busy=1)},
)
HAND_OVER = scenario(
    (0.0, Declare(BOTH)),
    (0.1, StartProcess("a", rest=1.0)),
    (6.0, Declare(Roster(ROOM, (BOB, NIGHT)))),
    people={NIGHT.to: Subscriber(answers_after=8.0)},
)
PROTECTED = scenario(
    (0.0, Declare(BOTH)),
    (0.1, StartProcess("a", rest=1.0)),
    (6.0, Declare(Roster(ROOM, (replace(ANN, protect=True), BOB, NIGHT)))),
)


def test_without_quorums_more_are_called_than_a_group_wants() -> None:
    def everybody(_: PlanningContext, __: Collection[str] = ()) -> Quorum:
        return Quorum()

    assert broken(run(ON_CALL)) == set()
    with replaced(room_plan, "quorum", everybody):
        assert "quorum" in broken(run(ON_CALL))


def test_without_takeovers_one_who_is_replaced_goes_too_soon() -> None:
    assert broken(run(HAND_OVER)) == set()
    with replaced(planner, "with_takeovers", lambda room: room):
        assert "handover" in broken(run(HAND_OVER))


def test_without_protection_one_who_is_protected_is_taken_out() -> None:
    def unprotected(items: Iterable[Item], _: PlanningContext) -> Iterable[Item]:
        return items

    assert broken(run(PROTECTED)) == set()
    with replaced(room_plan, "protect", unprotected):
        assert "protected" in broken(run(PROTECTED))


def test_a_machine_is_hung_up_whatever_the_limits_and_the_next_one_is_in() -> None:
    asks = (("machine_detection", "Enable"),)
    members = tuple(
        replace(each, create_only=asks, machine=Machine.HANG_UP) for each in (ANN, BOB)
    )
    group = Group("dbas", ("ann", "bob"), 1)
    roster = Roster(ROOM, members, limits=Limits(removals=0), groups=(group,))
    of = scenario(
        (0.0, Declare(roster)),
        (0.1, StartProcess("a", rest=1.0)),
        people={ANN.to: Subscriber(machine=True)},
    )
    report = run(of)
    assert broken(report) == set()
    assert [each.to for each in report.world.exchange.history.rings] == [ANN.to, BOB.to]
