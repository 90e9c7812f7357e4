"""Each guard is taken away: some oracle must notice, and none with it in place."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from reconciler.model.roster import Limits, Roster, Unlisted
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.play.scenarios.scenario import (
    Break,
    Declare,
    FreezeAt,
    Happening,
    PhoneDialsIn,
    PhoneHangsUp,
    Resolve,
    Scenario,
    StartProcess,
)
from reconciler.play.world.act import Kind
from reconciler.play.world.product import WHOLE, Mutation
from reconciler.play.world.run import Report, run
from reconciler.play.world.shared_store import Shared
from reconciler.simulator.exchange.behavior import Switches
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.people import Subscriber
from tests.simulation.crashes import (
    ANN,
    BOB,
    BOTH,
    ROOM,
    SUP,
    Death,
    Fate,
    deaths,
    die,
    life,
)
from tests.simulation.mutations import (
    Credulous,
    Forgetful,
    Impatient,
    Uncommitted,
    Undated,
    Unfenced,
    Unlimited,
    audible,
    backwards,
    plans,
    rosters,
    unsafe,
)

pytestmark = pytest.mark.no_cover

BLIND = Switches(list_shows_ringing=False, label_held_while_ringing=False)


def scenario(
    *steps: tuple[float, Happening],
    people: Mapping[str, Subscriber] | None = None,
    switches: Switches | None = None,
    horizon: float = 30.0,
) -> Scenario:
    return Scenario(
        seed=0,
        rooms=(ROOM,),
        steps=tuple(sorted(steps, key=lambda each: each[0])),
        people=people or {},
        switches=switches or Switches(),
        horizon=horizon,
    )


def broken(report: Report) -> set[str]:
    return {each.oracle for each in report.journal.violations}


def breaks_at_a_death(promise: str, of: Scenario, mutation: Mutation) -> bool:
    """Whether a death breaks *promise*: as soon as one does."""
    return any(
        promise in broken(die(of, death, mutation, InMemoryStore()))
        for death in deaths(of)
    )


def test_without_a_commit_before_the_request_a_death_rings_twice() -> None:
    of = replace(
        life(Kind.CREATE, BLIND), people={ANN.to: Subscriber(answers_after=50.0)}
    )
    mutation = Mutation(store=Uncommitted)
    assert broken(run(of, mutation=mutation)) == {"recorded"}
    assert breaks_at_a_death("rings", of, mutation)


AT_ONCE = scenario(
    (0.0, Declare(Roster(ROOM, (ANN,)))),
    (0.1, StartProcess("a", rest=1.0)),
    (0.1, StartProcess("b", rest=1.0)),
    switches=BLIND,
)


def test_without_fencing_two_processes_act_on_one_room() -> None:
    assert broken(run(AT_ONCE)) == set()
    assert "alone" in broken(run(AT_ONCE, store=Unfenced()))


def test_the_unique_attempt_stops_a_second_ring_that_no_lease_stopped() -> None:
    assert "rings" not in broken(run(AT_ONCE, store=Unfenced()))
    assert "rings" in broken(run(AT_ONCE, store=Unlimited()))


FROZEN = scenario(
    (0.0, Declare(Roster(ROOM, (ANN,)))),
    (0.1, StartProcess("a", rest=1.0)),
    (0.1, FreezeAt("a", "after attempt", 90.0)),
    (5.0, StartProcess("b", rest=1.0)),
    (75.0, Resolve(ROOM, "ann", rung=False)),
    switches=BLIND,
    people={ANN.to: Subscriber(answers_after=60.0)},
    horizon=120.0,
)


def test_without_a_deadline_a_frozen_process_rings_late() -> None:
    assert broken(run(FROZEN)) == set()
    assert {"rings", "fenced"} <= broken(
        run(FROZEN, mutation=Mutation(provider=Undated))
    )


def lost(fate: Fate) -> tuple[Scenario, Death]:
    """A create that had left when its process died, to somebody who soon leaves."""
    of = replace(
        life(Kind.CREATE, BLIND), people={ANN.to: Subscriber(hangs_up_after=2.0)}
    )
    death = next(e for e in deaths(of) if e.where == "left create" and e.fate is fate)
    return of, death


def impatient(store: Shared) -> Mutation:
    return Mutation(store=lambda inner: Impatient(inner, store))


def test_without_holding_the_unknown_a_late_create_rings_twice() -> None:
    of, death = lost(Fate.LATE)
    store = InMemoryStore()
    assert broken(die(of, death)) == set()
    assert "rings" in broken(die(of, death, impatient(store), store))


def test_without_the_list_of_calls_somebody_who_rang_and_left_is_rung_again() -> None:
    of, death = lost(Fate.ARRIVES)
    store, blind = InMemoryStore(), InMemoryStore()
    assert broken(die(of, death, impatient(store), store)) == set()
    mutation = replace(impatient(blind), provider=Forgetful)
    assert "rings" in broken(die(of, death, mutation, blind))


LEAVING = scenario(
    (0.0, Declare(Roster(ROOM, (ANN, BOB, SUP)))),
    (0.1, StartProcess("a", rest=1.0)),
    people={
        ANN.to: Subscriber(answers_after=0.1, hangs_up_after=8.0),
        SUP.to: Subscriber(answers_after=12.0),
    },
)


def test_a_coach_who_does_not_join_muted_is_heard_when_the_target_leaves() -> None:
    assert broken(run(LEAVING)) == set()
    with plans(audible):
        assert "coach" in broken(run(LEAVING))


DISMISSED = scenario(
    (0.0, Declare(Roster(ROOM, (ANN, BOB, SUP)))),
    (0.1, StartProcess("a", rest=1.0)),
    (20.0, Declare(Roster(ROOM, (BOB, replace(SUP, coaching=None))))),
)


@pytest.mark.parametrize("mutant", [unsafe, backwards])
def test_a_coach_who_is_not_silenced_first_is_heard_when_the_target_is_removed(
    mutant: object,
) -> None:
    assert broken(run(DISMISSED)) == set()
    with plans(mutant):  # type: ignore[arg-type]
        assert "coach" in broken(run(DISMISSED))


HELD = scenario(
    (0.0, Declare(Roster(ROOM, (replace(ANN, muted=False, hold=True), BOB)))),
    (0.1, StartProcess("a", rest=1.0)),
    (12.0, Declare(Roster(ROOM, (replace(ANN, muted=True, hold=False), BOB)))),
)


def test_in_the_wrong_order_somebody_to_be_muted_is_heard() -> None:
    assert broken(run(HELD)) == set()
    with plans(backwards):
        assert "exposed" in broken(run(HELD))


CROWDED = scenario(
    (0.0, Declare(Roster(ROOM, (ANN, BOB, SUP), limits=Limits(removals=1)))),
    (0.1, StartProcess("a", rest=1.0)),
    (5.0, PhoneDialsIn(ROOM, "+15559990001")),
    (12.0, Declare(Roster(ROOM, (ANN,), limits=Limits(removals=1)))),
)


def test_without_limits_too_many_are_removed() -> None:
    assert broken(run(CROWDED)) == set()
    with rosters(lambda roster: replace(roster, limits=Limits(removals=9))):
        assert broken(run(CROWDED)) == {"limits", "removals"}


def test_strangers_who_are_not_left_alone_are_noticed() -> None:
    with rosters(lambda roster: replace(roster, unlisted=Unlisted.HOLD)):
        assert broken(run(CROWDED)) == {"strangers"}


UNREADABLE = scenario(
    (0.0, Declare(BOTH)),
    (0.1, StartProcess("a", rest=1.0)),
    (8.0, Break(Fault(FaultKind.ERROR, "GET", "*/Participants.json*", times=99))),
    (8.1, Declare(Roster(ROOM, (ANN,)))),
)
PARTIAL = replace(
    UNREADABLE,
    steps=(
        *UNREADABLE.steps[:2],
        (
            8.0,
            Break(
                Fault(FaultKind.PARTIAL_PAGE, "GET", "*/Participants.json*", times=99)
            ),
        ),
        *UNREADABLE.steps[3:],
    ),
)


@pytest.mark.parametrize("of", [UNREADABLE, PARTIAL], ids=["unknown", "partial"])
def test_what_cannot_be_read_is_not_taken_for_empty(of: Scenario) -> None:
    assert broken(run(of)) == set()
    assert "unknown" in broken(run(of, mutation=Mutation(provider=Credulous)))


def test_the_guards_are_all_in_place() -> None:
    assert run(life(Kind.CREATE, BLIND), mutation=WHOLE).journal.violations == []


def test_a_coach_is_retargeted_where_one_request_cannot_do_it() -> None:
    of = scenario(
        (0.0, Declare(Roster(ROOM, (ANN, BOB, SUP)))),
        (0.1, StartProcess("a", rest=1.0)),
        (20.0, Declare(Roster(ROOM, (ANN, BOB, replace(SUP, coaching="bob"))))),
        switches=Switches(retarget_in_one_post="error"),
    )
    assert broken(run(of)) == set()


def test_who_came_in_by_another_call_and_hung_up_is_not_rung_again() -> None:
    of = scenario(
        (0.0, Declare(Roster(ROOM, (ANN, BOB)))),
        (0.1, StartProcess("a", rest=1.0)),
        (4.0, PhoneDialsIn(ROOM, ANN.to)),
        (15.0, PhoneHangsUp(ANN.to)),
        people={ANN.to: Subscriber(answers_after=50.0)},
    )
    report = run(of)
    rung = [each for each in report.world.exchange.history.rings if each.to == ANN.to]
    assert len(rung) == 1
