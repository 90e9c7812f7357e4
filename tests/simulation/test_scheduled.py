"""Schedules in the simulation: promises kept across boundaries and changes of clocks."""

import pytest
from msgspec.structs import replace

from reconciler.model.declaration import Mode, Presence, ScheduleEntry
from reconciler.model.roster import Redial, Replacement, Roster
from reconciler.model.schedule import Once, Period
from reconciler.planning import planner
from reconciler.play.scenarios.generate import make_plain, make_scenario
from reconciler.play.scenarios.scenario import (
    START,
    Declare,
    Jump,
    StartProcess,
    Timetable,
)
from reconciler.play.scenarios.scheduled import CHANGES, SCHEDULED
from reconciler.play.seed_result import play_seed, trace
from reconciler.play.world.run import Report, run
from reconciler.simulator.exchange.people import Subscriber
from tests.sample_size import sample_size
from tests.simulation.crashes import ANN, BOB, ROOM
from tests.simulation.mutations import backwards, plans, replaced
from tests.simulation.test_guards import broken, scenario

pytestmark = pytest.mark.no_cover

BOUNDARY = START + 12.0


@pytest.mark.parametrize("first", [0, 12, 24])
def test_no_promise_is_broken_of_schedules_and_hand_overs(first: int) -> None:
    seeds = range(SCHEDULED + first, SCHEDULED + first + sample_size(3, 12))
    done = [play_seed(seed) for seed in seeds]
    assert [(each.seed, each.broken) for each in done if each.broken] == []


def test_seeds_below_the_first_with_schedules_have_none() -> None:
    assert not any(make_scenario(seed).timetables for seed in range(40))
    made = [make_scenario(SCHEDULED + seed) for seed in range(40)]
    assert all(each.timetables for each in made)
    assert not any(isinstance(step, Jump) for each in made for _, step in each.steps)


def test_runs_with_schedules_cross_each_change_of_the_clocks() -> None:
    starts = [make_scenario(SCHEDULED + seed).start for seed in range(0, 120, 2)]
    days = {int(at // 86_400) for at in starts}
    assert len(days) == len(CHANGES)


def test_a_seed_with_schedules_is_lived_the_same_way_each_time() -> None:
    of = make_scenario(SCHEDULED + 4)
    lives = [trace(run(of).journal) for _ in range(2)]
    assert lives[0] == lives[1]
    assert make_plain(SCHEDULED + 4).people == of.people


QUIET = Mode("quiet", (("ann", (("muted", True),)), ("bob", (("muted", False),))))
SWAP = replace(
    scenario(
        (0.0, Declare(Roster(ROOM, (ANN, replace(BOB, muted=True))))),
        (0.1, StartProcess("a", rest=1.0)),
    ),
    modes=(QUIET,),
    timetables={
        ROOM: Timetable(
            (ScheduleEntry(Period(Once(BOUNDARY, BOUNDARY + 60)), mode="quiet"),)
        )
    },
)


def test_without_the_order_of_steps_somebody_is_exposed_before_others_are_silenced() -> (
    None
):
    assert broken(run(SWAP)) == set()
    with plans(backwards):
        assert "first" in broken(run(SWAP))


NIGHT = replace(
    ANN,
    label="night",
    to="+15551230007",
    replaces=Replacement("ann", settle_seconds=2.0),
    redial=Redial(attempts=1),
)
HAND_OVER = replace(
    scenario(
        (0.0, Declare(Roster(ROOM, (ANN, BOB, NIGHT)))),
        (0.1, StartProcess("a", rest=1.0)),
        people={NIGHT.to: Subscriber(answers_after=8.0)},
    ),
    timetables={
        ROOM: Timetable(
            presences=(
                Presence(("ann",), (Period(Once(START - 60, BOUNDARY)),)),
                Presence(("night",), (Period(Once(BOUNDARY, BOUNDARY + 600)),)),
            )
        )
    },
)


def people(report: Report) -> set[str | None]:
    """Who is in the room."""
    state = report.world.exchange.state
    (conference,) = state.conferences.values()
    return {leg.label for leg in state.connected(conference.sid)}


def test_at_a_boundary_who_is_replaced_goes_once_the_other_is_in() -> None:
    report = run(HAND_OVER)
    assert broken(report) == set()
    assert people(report) == {"bob", "night"}
    with replaced(planner, "with_takeovers", lambda room: room):
        assert "handover" in broken(run(HAND_OVER))


def test_at_a_boundary_who_is_replaced_stays_where_the_other_does_not_answer() -> None:
    silent = replace(HAND_OVER, people={NIGHT.to: Subscriber(no_answer=9)})
    report = run(silent)
    assert broken(report) == set()
    assert people(report) == {"ann", "bob"}
