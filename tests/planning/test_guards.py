from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.action import Action, Change, Remove
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Participant
from reconciler.model.roster import Limits, OnChange, Roster, Unlisted
from reconciler.planning.guards import approve
from reconciler.planning.make import make_plan
from reconciler.planning.plan import Plan
from tests.planning.samples import (
    CA1,
    CA2,
    NOW,
    call_sid,
    changes,
    guards,
    ledger,
    leg,
    look,
    member,
    reasons,
    removed,
    rings,
    roster,
    shifts,
    standing,
)


def crowd(count: int) -> tuple[Participant, ...]:
    return tuple(leg(call_sid(n), f"p{n}") for n in range(1, count + 1))


def dismissing(legs: tuple[Participant, ...], **fields: Any) -> Ledger:
    kept = standing(*legs)
    records = {
        label: replace(each, dismissed_at=NOW - 5)
        for label, each in kept.records.items()
    }
    return replace(kept, records=records, **fields)


def plan_of(
    wanted: Roster, legs: tuple[Participant, ...], kept: Ledger, now: float = NOW
) -> Plan:
    return make_plan(wanted, look(*legs), kept, now, 1)


@pytest.mark.parametrize(("count", "gone"), [(2, 2), (3, 3), (4, 0)])
def test_removals_beyond_the_limit_are_withheld_as_a_whole(
    count: int, gone: int
) -> None:
    legs = (*crowd(count), leg(call_sid(99), "ann"))
    kept = dismissing(crowd(count))
    kept = replace(kept, records={**kept.records, **standing(legs[-1]).records})
    plan = plan_of(roster(member("ann")), legs, kept)
    assert len(removed(plan)) == gone
    assert len(plan.withheld) == count - gone
    assert {each.guard for each in plan.withheld} <= {"limits.removals"}


def test_rings_beyond_the_limit_are_withheld_as_a_whole() -> None:
    people = tuple(member(f"p{n}", to=f"client:p{n}") for n in range(3))
    plan = plan_of(roster(*people, limits=Limits(rings=2)), (), ledger())
    assert rings(plan) == []
    assert guards(plan) == [("limits.rings", each.label) for each in people]
    within = plan_of(roster(*people, limits=Limits(rings=3)), (), ledger())
    assert len(rings(within)) == 3


def test_a_limit_of_one_kind_leaves_the_other_alone() -> None:
    kept = dismissing(crowd(1))
    wanted = roster(member("ann"), limits=Limits(removals=0))
    plan = plan_of(wanted, crowd(1), kept)
    assert rings(plan) == ["ann"]
    assert guards(plan) == [("limits.removals", "p1")]


def test_a_person_lets_through_what_the_limits_withhold() -> None:
    kept = approve(dismissing(crowd(9)), "they all went home")
    assert len(removed(plan_of(roster(), crowd(9), kept))) == 9
    assert approve(kept, None) is kept


def test_an_emptied_roster_moves_nobody_and_nothing() -> None:
    coach = leg(CA2, "p2", coaching=True, call_sid_to_coach=CA1)
    legs = (leg(CA1, "p1"), coach)
    for rule in Unlisted:
        plan = plan_of(roster(unlisted=rule), legs, dismissing(legs, emptied=True))
        assert plan.actions == ()
        assert {guard for guard, _ in guards(plan)} == {"emptied-roster"}


def test_a_removal_that_is_withheld_leaves_the_member_as_declared() -> None:
    ann = member(
        "ann", muted=True, on_change=OnChange.REDIAL, create_only=(("timeout", 9),)
    )
    plan = plan_of(roster(ann, limits=Limits(removals=0)), (leg(),), standing(leg()))
    assert [shifts(each) for each in plan.actions] == [{"muted": True}]
    assert guards(plan) == [("limits.removals", "ann")]


def test_an_end_flag_is_cleared_before_the_removal() -> None:
    going = leg(CA1, "p1", end_conference_on_exit=True, hold=True)
    stays = leg(CA2, "ann")
    kept = dismissing((going,))
    kept = replace(kept, records={**kept.records, **standing(stays).records})
    plan = plan_of(roster(member("ann")), (going, stays), kept)
    (change,) = plan.actions
    assert shifts(change) == {"end_conference_on_exit": False, "hold": True}
    assert "removed later" in reasons(plan, "p1")[0]
    cleared = replace(going, end_conference_on_exit=False)
    assert removed(plan_of(roster(member("ann")), (cleared, stays), kept)) == [CA1]


def test_a_flag_does_no_harm_where_nobody_stays() -> None:
    going = leg(CA1, "p1", end_conference_on_exit=True)
    assert removed(plan_of(roster(), (going,), dismissing((going,)))) == [CA1]


def test_the_last_one_in_is_silenced_and_removed_once_somebody_has_joined() -> None:
    going = leg(CA1, "p1")
    kept = dismissing((going,))
    plan = plan_of(roster(member("ann")), (going,), kept)
    assert removed(plan) == []
    assert rings(plan) == ["ann"]
    assert [shifts(each) for each in changes(plan, "p1")] == [{"muted": True}]
    assert "the last one in" in reasons(plan, "p1")[0]
    ann = leg(CA2, "ann")
    kept = replace(kept, records={**kept.records, **standing(ann).records})
    assert removed(plan_of(roster(member("ann")), (going, ann), kept)) == [CA1]


def test_a_member_who_waits_to_be_rung_anew_is_not_silenced_for_it() -> None:
    ann = member("ann", on_change=OnChange.REDIAL, create_only=(("timeout", 9),))
    plan = plan_of(roster(ann, member("bob")), (leg(),), standing(leg()))
    assert rings(plan) == ["bob"]
    assert changes(plan, "ann") == []
    assert removed(plan) == []


def test_who_was_taken_out_a_moment_ago_does_not_keep_the_room_open() -> None:
    legs = crowd(2)
    kept = dismissing(legs, memory={legs[1].call_sid: {"removed": int(NOW) - 2}})
    plan = plan_of(roster(member("ann")), legs, kept)
    assert removed(plan) == []
    assert reasons(plan, "p2") == ["was taken out, still listed"]


def test_no_removal_of_the_whole_room_comes_from_a_comparison() -> None:
    plan = plan_of(roster(), crowd(3), dismissing(crowd(3)))
    actions: tuple[Action, ...] = plan.actions
    assert all(isinstance(each, Remove) and each.call_sid for each in actions)
    assert not any(isinstance(each, Change) for each in actions)
