"""What is said of a room as a whole: everybody left, not started, too many."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase, state_of
from reconciler.model.attempt import AttemptState, CallOutcome
from reconciler.model.ledger import Record
from reconciler.model.observation import (
    CallStatus,
    Conference,
    ConferenceStatus,
    Observation,
    Participant,
)
from reconciler.model.roster import Member
from reconciler.planning.plan import Condition, ConditionKind, Plan
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA1,
    CF,
    NOW,
    ROOM,
    attempt,
    call,
    ledger,
    leg,
    look,
    member,
    plan_for,
    record,
    roster,
    standing,
)

CA2 = "CA2"


def over(label: str, outcome: CallOutcome) -> Record:
    made = attempt(label, call_sid=f"CA of {label}", state=AttemptState.ENDED)
    return record(label, replace(made, outcome=outcome, ended_at=NOW - 10))


def plan_of(*records: Record, legs: tuple[Participant, ...] = (), **kept: Any) -> Plan:
    members = [member(each.label) for each in records]
    return make_plan(roster(*members), look(*legs), ledger(*records, **kept), NOW, 1)


def kinds(plan: Plan) -> list[ConditionKind]:
    return [each.kind for each in plan.conditions]


def only(plan: Plan) -> Condition:
    (condition,) = plan.conditions
    return condition


def test_a_room_that_everybody_has_left_is_not_as_declared() -> None:
    plan = plan_of(over("ann", CallOutcome.LEFT), over("bob", CallOutcome.ROOM_ENDED))
    assert (plan.converged, plan.stalled) == (False, True)
    assert state_of(plan) is RoomPhase.STALLED
    condition = only(plan)
    assert condition.kind is ConditionKind.EVERYBODY_LEFT
    assert condition.text.endswith(f"reconciler redial {ROOM} --left")
    assert plan.requeue_after is None


def test_the_name_of_a_room_is_quoted_in_the_command() -> None:
    records = {"ann": over("ann", CallOutcome.LEFT)}
    declared = replace(roster(member("ann")), room="support line")
    plan = make_plan(
        declared, replace(look(), room="support line"), ledger(*records.values()), NOW
    )
    assert "reconciler redial 'support line' --left" in only(plan).text


@pytest.mark.parametrize(
    "records",
    [
        pytest.param((), id="nobody is declared"),
        pytest.param(
            (over("ann", CallOutcome.LEFT), record("bob")), id="one to be called"
        ),
        pytest.param((over("ann", CallOutcome.BUSY),), id="busy"),
        pytest.param(
            (over("ann", CallOutcome.LEFT), over("bob", CallOutcome.BUSY)),
            id="one in backoff",
        ),
        pytest.param(
            (over("ann", CallOutcome.LEFT), record("bob", attempt())), id="calls"
        ),
    ],
)
def test_a_room_in_which_somebody_may_still_come_is_not_left(
    records: tuple[Record, ...],
) -> None:
    assert ConditionKind.EVERYBODY_LEFT not in kinds(plan_of(*records))


def test_one_of_two_who_left_leaves_the_room_as_declared() -> None:
    kept = standing(leg())
    kept = replace(kept, records={**kept.records, "bob": over("bob", CallOutcome.LEFT)})
    plan = make_plan(roster(member("ann"), member("bob")), look(leg()), kept, NOW, 1)
    assert plan.converged
    assert plan.conditions == ()


def quiet(label: str) -> Member:
    return member(label, create_only=(("start_conference_on_enter", False),))


def init(*legs: Participant, **fields: Any) -> Observation:
    waits = Conference(CF, ROOM, ConferenceStatus.INIT)
    return replace(look(*legs, **fields), conference=waits)


def plan_in(observation: Observation, *members: Member) -> Plan:
    kept = standing(*observation.participants)
    return make_plan(roster(*members), observation, kept, NOW, 1)


def test_a_room_that_nobody_can_start_says_so() -> None:
    legs = (leg(), leg(CA2, "bob"))
    plan = plan_in(init(*legs), quiet("ann"), quiet("bob"))
    assert state_of(plan) is RoomPhase.STALLED
    condition = only(plan)
    assert condition.kind is ConditionKind.NOT_STARTED
    assert "start_conference_on_enter" in condition.text


def test_a_room_whose_starter_left_names_them() -> None:
    kept = standing(leg(CA2, "bob"))
    kept = replace(kept, records={**kept.records, "ann": over("ann", CallOutcome.LEFT)})
    plan = make_plan(
        roster(member("ann"), quiet("bob")), init(leg(CA2, "bob")), kept, NOW, 1
    )
    assert state_of(plan) is RoomPhase.STALLED
    assert "waits for ann" in only(plan).text


def test_a_room_whose_starter_is_called_is_on_its_way() -> None:
    kept = standing(leg(CA2, "bob"))
    kept = replace(
        kept,
        records={**kept.records, "ann": record("ann", attempt(call_sid="CA3"))},
    )
    seen = init(leg(CA2, "bob"), calls=(call("CA3", status=CallStatus.RINGING),))
    plan = make_plan(roster(member("ann"), quiet("bob")), seen, kept, NOW, 1)
    assert state_of(plan) is RoomPhase.CONVERGING


@pytest.mark.parametrize(
    ("observation", "members"),
    [
        pytest.param(init(leg()), (member("ann"),), id="alone, may start it"),
        pytest.param(look(leg()), (quiet("ann"),), id="in progress"),
        pytest.param(
            init(leg(), leg(CA2, "bob")), (quiet("ann"), member("bob")), id="list lags"
        ),
        pytest.param(
            init(leg(), leg("CA9", None)), (quiet("ann"),), id="a stranger may start it"
        ),
    ],
)
def test_a_room_that_may_have_started_is_not_said_to_wait(
    observation: Observation, members: tuple[Member, ...]
) -> None:
    plan = plan_in(observation, *members)
    assert ConditionKind.NOT_STARTED not in kinds(plan)


def test_more_members_than_places_are_said_and_block_nothing() -> None:
    full = (("max_participants", 1),)
    members = (member("ann", create_only=full), member("bob", create_only=full))
    kept = standing(leg(), leg(CA2, "bob"))
    plan = make_plan(roster(*members), look(leg(), leg(CA2, "bob")), kept, NOW, 1)
    condition = next(
        each for each in plan.conditions if each.kind is ConditionKind.TOO_MANY
    )
    assert (condition.blocking, "2 members" in condition.text) == (False, True)
    fits = plan_for(members[0], legs=(leg(),))
    assert ConditionKind.TOO_MANY not in kinds(fits)


def test_people_who_are_still_to_be_called_are_counted() -> None:
    plan = plan_of(record("ann"), record("bob"))
    assert only(plan).text == "2 people not called yet: ann, bob"
    assert state_of(plan) is RoomPhase.CONVERGING


AGREED = {CA1: {"without_record": f"4 {int(NOW) - 30}"}}


@pytest.mark.parametrize(("age", "ended"), [(299, False), (300, True)])
def test_a_call_that_nothing_shows_for_minutes_counts_as_ended(
    age: float, *, ended: bool
) -> None:
    made = attempt(created_at=NOW - age)
    plan = plan_of(record("ann", made), memory=AGREED)
    assert bool(plan.findings) is ended
    (person,) = plan.people
    assert ("no record of call" in person.reason) is True
    assert ("reconciler redial line ann" in person.reason) is ended
    assert ("reconciler resolve line ann" in person.reason) is not ended
    assert not plan.actions


@pytest.mark.parametrize("dismissed", [True, False])
def test_a_call_that_something_shows_is_never_given_up(*, dismissed: bool) -> None:
    made = attempt(created_at=NOW - 1e6)
    kept = record("ann", made, dismissed_at=NOW - 1 if dismissed else None)
    shown = (
        (look(calls=(call(status=CallStatus.QUEUED),))),
        look(leg(label="zoe"), calls=()),
    )
    for seen in shown:
        found = make_plan(roster(member("ann")), seen, ledger(kept), NOW, 1).findings
        assert not [x for x in found if getattr(x, "outcome", None) is CallOutcome.LEFT]


def test_a_dismissed_call_that_nothing_shows_is_forgotten_and_written_about_no_more() -> (
    None
):
    made = attempt(created_at=NOW - 300)
    kept = ledger(record("ann", made, dismissed_at=NOW - 5), memory=AGREED)
    plan = make_plan(roster(member("bob")), look(), kept, NOW, 1)
    assert all(each.label != "ann" for each in plan.actions)
    assert len(plan.findings) == 2
