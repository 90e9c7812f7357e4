"""What must be known of a leg before anybody is exposed because of it."""

import pytest

from reconciler.model.action import Change, ChangeKind, Harm
from reconciler.model.ledger import Ledger
from reconciler.model.roster import Value
from reconciler.planning.evidence import AGREEMENT_SECONDS
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.questions import questions_for
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    NOW,
    NUMBERS,
    call,
    changes,
    field_changes,
    ledger,
    leg,
    look,
    member,
    reasons,
    rings,
    roster,
    standing,
)
from tests.planning.world import World

ANN, SUP = leg(CA1, "ann"), leg(CA2, "sup", muted=True)
PAIRED = leg(CA2, "sup", muted=True, coaching=True, call_sid_to_coach=CA1)
PEOPLE = (member("ann"), member("sup", coaching="ann", muted=False))


def known(**memory: Value) -> Ledger:
    """Ann and her coach were in; *memory* is of ann's call."""
    return standing(ANN, SUP, memory={CA1: memory})


def absences(plan: Plan) -> dict[str, dict[str, Value | None]]:
    """What is remembered of calls, without how many looks found no record."""
    kept = {
        sid: {name: x for name, x in notes.items() if name != "without_record"}
        for sid, notes in plan.memory.items()
    }
    return {sid: notes for sid, notes in kept.items() if notes}


def exposures(plan: Plan) -> list[Change]:
    found = [each for each in plan.actions if isinstance(each, Change)]
    return [x for x in found if x.harm is Harm.EXPOSE or x.kind is ChangeKind.COACHING]


def test_a_call_that_goes_from_sight_without_an_end_is_remembered_as_absent() -> None:
    plan = make_plan(roster(*PEOPLE), look(SUP), known(), NOW, 1)
    assert absences(plan) == {CA1: {"absent": int(NOW)}}


def test_a_call_that_ended_by_its_record_needs_no_memory() -> None:
    over = look(SUP, calls=(call(CA1, status=call().status.COMPLETED),))
    assert make_plan(roster(*PEOPLE), over, known(), NOW, 1).memory == {}


@pytest.mark.parametrize("coach", [SUP, PAIRED], ids=["unpaired", "paired"])
@pytest.mark.parametrize(
    ("memory", "noted", "exposed"),
    [
        ({}, {}, True),
        ({"absent": -2}, {CA1: {"back": int(NOW)}}, False),
        ({"absent": -9, "back": -1}, {}, False),
        (
            {"absent": -9, "back": -AGREEMENT_SECONDS},
            {CA1: {"absent": None, "back": None}},
            True,
        ),
    ],
    ids=["always seen", "first look", "second look too soon", "looks agree"],
)
def test_a_coach_is_not_exposed_by_one_listing_that_shows_the_target_again(
    coach: object,
    memory: dict[str, float],
    noted: dict[str, object],
    *,
    exposed: bool,
) -> None:
    kept = known(**{name: int(NOW + ago) for name, ago in memory.items()})
    shown = PAIRED if coach is PAIRED else SUP
    plan = make_plan(roster(*PEOPLE), look(ANN, shown), kept, NOW, 1)
    assert plan.memory == noted
    assert bool(exposures(plan)) is exposed
    assert plan.requeue_after is not None
    if not exposed:
        assert "had ended and is listed again" in reasons(plan, "sup")[0]


def test_a_second_absence_begins_the_count_anew() -> None:
    kept = known(absent=int(NOW) - 9, back=int(NOW) - 5)
    plan = make_plan(roster(*PEOPLE), look(SUP), kept, NOW, 1)
    assert absences(plan) == {CA1: {"absent": int(NOW), "back": None}}


def test_a_coach_who_is_heard_is_silenced_when_only_one_listing_shows_the_target() -> (
    None
):
    heard = leg(CA2, "sup", coaching=True, call_sid_to_coach=CA1)
    kept = known(absent=int(NOW) - 2)
    plan = make_plan(roster(*PEOPLE), look(ANN, heard), kept, NOW, 1)
    (silence,) = changes(plan, "sup")
    assert (field_changes(silence), silence.safety) == ({"muted": True}, True)


@pytest.mark.parametrize(("muted", "wanted"), [(True, {"muted": True}), (False, {})])
def test_silences_of_somebody_who_may_be_back_go_and_exposures_wait(
    wanted: dict[str, Value], *, muted: bool
) -> None:
    ann = member("ann", muted=muted, hold=False)
    shown = leg(CA1, "ann", muted=not muted, hold=True)
    kept = standing(shown, memory={CA1: {"absent": int(NOW) - 2}})
    plan = make_plan(roster(ann), look(shown), kept, NOW, 1)
    changed = {n: v for x in changes(plan, "ann") for n, v in field_changes(x).items()}
    assert changed == wanted
    assert reasons(plan, "ann") == [f"waits: call {CA1} had ended and is listed again"]
    assert rings(plan) == []


def test_the_record_of_a_call_that_comes_back_is_read() -> None:
    assert CA1 in questions_for(known(), NOW).known
    assert CA1 not in questions_for(known(absent=int(NOW)), NOW).known


def test_the_record_of_an_adopted_call_is_read_once() -> None:
    world = World(roster(*PEOPLE))
    sid = world.join(NUMBERS["ann"], inbound=True)
    assert sid not in questions_for(world.ledger, NOW).known
    world.make_pass()
    assert sid in questions_for(world.ledger, NOW).known


def test_a_call_of_a_number_of_a_member_is_remembered_as_absent_too() -> None:
    """Ann's second call: no attempt of ours tells of it, only its identity."""
    told = {CA3: call(CA3, NUMBERS["ann"], inbound=True)}
    kept = standing(ANN, SUP, identities=told)
    plan = make_plan(roster(*PEOPLE), look(ANN, PAIRED), kept, NOW, 1)
    assert plan.memory == {CA3: {"absent": int(NOW)}}
    stranger = {CA3: call(CA3, "+15559990001", inbound=True)}
    plan = make_plan(
        roster(*PEOPLE), look(ANN, PAIRED), standing(ANN, SUP, identities=stranger), NOW
    )
    assert plan.memory == {}


def test_a_room_whose_people_stay_gone_writes_nothing_more() -> None:
    kept = known(absent=int(NOW) - 90, without_record=f"4 {int(NOW) - 30}")
    assert make_plan(roster(*PEOPLE), look(SUP), kept, NOW, 1).memory == {}
    assert make_plan(roster(), look(), ledger(), NOW, 1).memory == {}
