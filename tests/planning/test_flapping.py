"""Corrections count when they were undone; a silence is slowed, never given up."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.action import Change
from reconciler.model.ledger import Correction, CorrectionResult
from reconciler.model.observation import Participant
from reconciler.planning.authority import GUARDED, Authority
from reconciler.planning.flapping import corrected_fields
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    NOW,
    attempt,
    changes,
    field_changes,
    guards,
    ledger,
    leg,
    look,
    member,
    reasons,
    record,
    roster,
    standing,
)

DONE, UNTAKEN, FAILED = CorrectionResult


def set_before(
    field: str,
    *ages: float,
    result: CorrectionResult = DONE,
    seen: bool = True,
    sid: str = CA1,
) -> tuple[Correction, ...]:
    """Corrections made *ages* seconds ago, each listed as set if *seen*."""
    return tuple(
        Correction(sid, field, NOW - age, result, NOW - age + 1 if seen else None)
        for age in ages
    )


FORCED = Authority(forced="do")


def plan_after(
    person: Participant,
    *made: Correction,
    kept: dict[str, Any] | None = None,
    authority: Authority = GUARDED,
    **said: Any,
) -> Plan:
    ours = replace(standing(person, corrections=made), **(kept or {}))
    wanted = roster(member("ann", **said))
    return make_plan(wanted, look(person), ours, NOW, 1, authority=authority)


THRICE = (90, 60, 30)
MUTED_BY_OTHERS = leg(muted=True)


def test_what_was_listed_as_set_and_undone_three_times_is_for_a_person() -> None:
    twice = plan_after(MUTED_BY_OTHERS, *set_before("muted=False", 90, 30), muted=False)
    assert len(twice.actions) == 1
    war = plan_after(MUTED_BY_OTHERS, *set_before("muted=False", *THRICE), muted=False)
    assert (war.actions, guards(war)) == ((), [("flapping", "ann")])
    assert "changed back to muted: true each time" in war.withheld[0].reason
    assert "reconciler approve line" in war.withheld[0].reason


@pytest.mark.parametrize("result", [FAILED, UNTAKEN])
def test_what_did_not_work_is_no_flapping(result: CorrectionResult) -> None:
    made = set_before("muted=False", 580, 570, 560, result=result, seen=False)
    plan = plan_after(MUTED_BY_OTHERS, *made, muted=False)
    assert (len(plan.actions), plan.withheld) == (1, ())


def test_what_was_refused_is_sent_again_at_once() -> None:
    made = set_before("muted=True", 3, 2, 1, result=FAILED, seen=False)
    assert len(plan_after(leg(), *made, muted=True).actions) == 1
    made = set_before("muted=False", 3, 2, 1, result=FAILED, seen=False)
    assert len(plan_after(MUTED_BY_OTHERS, *made, muted=False).actions) == 1


@pytest.mark.parametrize(
    ("field", "person", "said", "seconds"),
    [
        ("muted=True", leg(), {"muted": True}, 3),
        ("muted=False", leg(muted=True), {"muted": False}, 10),
        ("hold=True", leg(), {"hold": True}, 3),
        ("hold=False", leg(hold=True), {"hold": False}, 10),
        (
            "end_conference_on_exit=True",
            leg(),
            {"end_conference_on_exit": True},
            10,
        ),
        (
            "coaching=False",
            leg(coaching=True, call_sid_to_coach=CA2),
            {"coaching": False},
            10,
        ),
    ],
)
def test_an_older_listing_is_believed_less_than_the_answer_for_some_seconds(
    field: str, person: Participant, said: dict[str, Any], seconds: int
) -> None:
    legs = (person, leg(CA2, "bob"))
    for age, sent in ((0.5, 0), (seconds - 0.1, 0), (seconds + 0.5, 1)):
        made = set_before(field, age, seen=False)
        plan = make_plan(
            roster(member("ann", **said), member("bob")),
            look(*legs),
            standing(*legs, corrections=made),
            NOW,
            1,
        )
        mine = [each for each in changes(plan, "ann") if not each.safety]
        assert len(mine) == sent, (field, age)
        assert plan.withheld == ()
        if not sent:
            assert not plan.converged
            assert plan.requeue_after == 2.0
            assert not plan.stalled


def test_a_value_that_was_listed_and_is_undone_is_set_again_at_once() -> None:
    plan = plan_after(leg(), *set_before("muted=True", 2), muted=True)
    assert len(plan.actions) == 1


def test_what_is_never_listed_is_tried_ever_more_seldom_and_a_person_is_told() -> None:
    ages = ((12.0,), (30.0, 15.0), (60.0, 45.0, 30.0), (90.0, 75.0, 60.0, 45.0))
    plans = [
        plan_after(
            MUTED_BY_OTHERS,
            *set_before("muted=False", *made, seen=False),
            muted=False,
        )
        for made in ages
    ]
    assert [len(each.actions) for each in plans] == [1, 0, 0, 0]
    plan = plans[-1]
    (told,) = [each for each in plan.waiting if each.label == "ann"]
    assert told.phase is Phase.STALLED
    assert told.until == NOW - 45 + 80
    assert "Twilio's listing never showed it" in told.reason


def test_a_silence_that_is_undone_goes_on_every_ten_and_then_every_thirty_seconds() -> (
    None
):
    few, many = (90, 60, 30), tuple(range(100, 10, -10))
    for made, pause in ((few, 10), (many, 30)):
        for name in ("muted", "hold"):
            said: dict[str, Any] = {name: True}
            for age, sent in ((pause - 1.0, 0), (pause + 1.0, 1)):
                corrections = set_before(f"{name}=True", *made[1:], age)
                plan = plan_after(leg(), *corrections, **said)
                assert len(plan.actions) == sent, (name, made, age)
                assert plan.withheld == ()
                assert plan.stalled is not bool(sent)
    assert plan_after(leg(), *set_before("muted=True", 90, 60), muted=True).actions


def test_a_coach_who_is_paired_again_and_again_is_parted_again_and_again() -> None:
    person = leg(coaching=True, call_sid_to_coach=CA2)
    legs = (person, leg(CA2, "bob"))
    kept = standing(*legs, corrections=set_before("coaching=False", 90, 60, 11))
    wanted = roster(member("ann", coaching=False), member("bob"))
    plan = make_plan(wanted, look(*legs), kept, NOW, 1)
    assert [field_changes(each) for each in changes(plan, "ann")] == [
        {"coaching": False}
    ]


def test_who_is_not_silenced_now_is_not_exposed_either() -> None:
    made = set_before("muted=True", 90, 60, 5)
    plan = plan_after(leg(hold=True), *made, muted=True, hold=False)
    assert (plan.actions, plan.withheld) == ((), ())
    assert "waits for a mute or hold" in reasons(plan, "ann")[1]


def test_a_person_lifts_the_brake_on_flapping() -> None:
    plan = plan_after(
        MUTED_BY_OTHERS,
        *set_before("muted=False", *THRICE),
        muted=False,
        authority=FORCED,
    )
    assert len(plan.actions) == 1


def test_a_persons_word_does_not_make_a_listing_newer() -> None:
    made = set_before("muted=False", 1, seen=False)
    plan = plan_after(MUTED_BY_OTHERS, *made, muted=False, authority=FORCED)
    assert plan.actions == ()


def test_a_changed_entry_lifts_the_brake_but_not_one_to_come() -> None:
    for changed_at, braked in ((NOW - 20, False), (NOW + 3600, True)):
        mine = record("ann", attempt(connected_at=NOW - 90), changed_at=changed_at)
        plan = plan_after(
            MUTED_BY_OTHERS,
            *set_before("muted=False", *THRICE),
            muted=False,
            kept={"records": {"ann": mine}},
        )
        assert bool(plan.withheld) is braked


def test_a_clock_that_was_put_back_holds_nothing_up() -> None:
    made = set_before("muted=True", -3600, seen=False)
    assert len(plan_after(leg(), *made, muted=True).actions) == 1


def test_no_guard_stops_the_silence_of_a_coach() -> None:
    person = leg(coaching=True, call_sid_to_coach=CA3)
    plan = plan_after(person, *set_before("muted=True", *THRICE * 3), coaching="bob")
    (change,) = changes(plan, "ann")
    assert change.safety
    assert corrected_fields(change) == ()


def test_only_what_twilio_shows_and_what_moves_is_a_correction() -> None:
    person = leg(end_conference_on_exit=True, hold=True)
    plan = plan_after(
        person,
        *set_before("end_conference_on_exit=False", 60, result=UNTAKEN, seen=False),
        end_conference_on_exit=False,
        write_only=(("beep_on_exit", True),),
    )
    (change,) = changes(plan, "ann")
    assert "hold" in field_changes(change)
    assert corrected_fields(change) == ("end_conference_on_exit=False",)


def dismissed_with_end_flag(*made: Correction, hold: bool) -> Plan:
    ending = leg(CA1, "ann", hold=hold, end_conference_on_exit=True)
    kept = ledger(
        record("ann", attempt("ann"), dismissed_at=NOW - 90),
        record("bob", attempt("bob", call_sid=CA2)),
        corrections=made,
    )
    return make_plan(roster(member("bob")), look(ending, leg(CA2, "bob")), kept, NOW)


def test_a_removal_rests_when_its_end_flag_cannot_be_cleared() -> None:
    field = "end_conference_on_exit=False"
    untaken = set_before(field, *THRICE, result=UNTAKEN, seen=False)
    plan = dismissed_with_end_flag(*untaken, hold=True)
    assert (plan.actions, plan.withheld) == ((), ())
    assert all(each.settled or each.phase is Phase.STALLED for each in plan.waiting)
    assert any("'hold: false'" in each.reason for each in plan.waiting)
    flapping = dismissed_with_end_flag(*set_before(field, *THRICE), hold=False)
    assert [each.guard for each in flapping.withheld] == ["flapping"]
    assert all(each.settled for each in flapping.waiting)


def test_a_retarget_that_is_not_listed_yet_parts_nobody() -> None:
    people = (member("bob"), member("zoe"), member("sup", coaching="bob"))
    bob, zoe = leg(CA1, "bob"), leg(CA2, "zoe")
    coach = leg(CA3, "sup", coaching=True, call_sid_to_coach=CA2, muted=True)
    field = f"call_sid_to_coach={CA1}"
    for age, expected in ((1.0, []), (11.0, [{"coaching": False}])):
        made = set_before(field, age, seen=False, sid=CA3)
        plan = make_plan(
            roster(*people),
            look(bob, zoe, coach),
            standing(bob, zoe, coach, corrections=made),
            NOW,
            1,
        )
        sent = [each for each in plan.actions if isinstance(each, Change)]
        assert [field_changes(each) for each in sent] == expected
