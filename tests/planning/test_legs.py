"""Several legs of one member: all are silenced, one is exposed, all are shown."""

from itertools import product

import pytest

from reconciler.model.action import Change, Harm
from reconciler.model.observation import ParticipantStatus
from reconciler.model.roster import Member, Unlisted
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.serialize import status_data
from tests.planning.samples import (
    CA1,
    CA2,
    CA3,
    NOW,
    NUMBERS,
    attempt,
    call,
    field_changes,
    ledger,
    leg,
    look,
    member,
    record,
    roster,
    standing,
)

OPINIONS = (None, False, True)
OLD, NEW = NOW - 90, NOW - 10


def seen_twice(ann: Member, *, ghost: dict[str, bool], live: dict[str, bool]) -> Plan:
    """Ann's call that we placed, and a newer one that she made herself."""
    legs = (
        leg(CA1, "ann", created_at=OLD, **ghost),
        leg(CA2, None, created_at=NEW, **live),
    )
    dialed_in = call(CA2, NUMBERS["ann"], inbound=True, created_at=NEW)
    kept = ledger(record("ann", attempt("ann", connected_at=OLD)))
    return make_plan(roster(ann), look(*legs, calls=(dialed_in,)), kept, NOW)


def changes_of(plan: Plan, call_sid: str) -> list[Change]:
    found = [each for each in plan.actions if isinstance(each, Change)]
    return [each for each in found if each.call_sid == call_sid]


@pytest.mark.parametrize(
    ("muted", "hold", "is_muted", "is_held"),
    list(product(OPINIONS, OPINIONS, (False, True), (False, True))),
)
def test_a_leg_that_does_not_count_gets_every_silence_and_nothing_else(
    muted: bool | None, hold: bool | None, is_muted: bool, is_held: bool
) -> None:
    ann = member("ann", muted=muted, hold=hold, end_conference_on_exit=True)
    state = {"muted": is_muted, "hold": is_held}
    plan = seen_twice(ann, ghost=state, live={"muted": bool(muted), "hold": bool(hold)})
    wanted = {
        name: True
        for name, said, shown in (("muted", muted, is_muted), ("hold", hold, is_held))
        if said and not shown
    }
    ghost = changes_of(plan, CA1)
    assert {n: v for each in ghost for n, v in field_changes(each).items()} == wanted
    assert {each.harm for each in ghost} <= {Harm.SILENCE}


@pytest.mark.parametrize(
    ("muted", "hold", "is_muted", "is_held"),
    list(product(OPINIONS, OPINIONS, (False, True), (False, True))),
)
def test_the_newest_connected_leg_is_put_right_in_both_directions(
    muted: bool | None, hold: bool | None, is_muted: bool, is_held: bool
) -> None:
    ann = member("ann", muted=muted, hold=hold)
    plan = seen_twice(ann, ghost={}, live={"muted": is_muted, "hold": is_held})
    wanted = {
        name: said
        for name, said, shown in (("muted", muted, is_muted), ("hold", hold, is_held))
        if said is not None and said != shown
    }
    if hold and not is_held and wanted.get("muted") is False:
        del wanted["muted"]
    live = changes_of(plan, CA2)
    assert {n: v for each in live for n, v in field_changes(each).items()} == wanted


def test_a_leg_on_its_way_is_neither_counted_nor_changed() -> None:
    ann = member("ann", muted=True)
    ringing = leg(
        CA1, "ann", status=ParticipantStatus.RINGING, muted=True, created_at=NEW
    )
    live = leg(CA2, None, created_at=OLD)
    seen = look(ringing, live, calls=(call(CA2, NUMBERS["ann"], inbound=True),))
    kept = ledger(record("ann", attempt("ann")))
    plan = make_plan(roster(ann), seen, kept, NOW)
    assert [each.call_sid for each in plan.people[0].legs] == [CA2, CA1]
    assert [field_changes(each) for each in changes_of(plan, CA2)] == [{"muted": True}]
    assert changes_of(plan, CA1) == []


def test_a_coach_whispers_to_the_leg_that_somebody_holds() -> None:
    people = (member("ann"), member("sup", coaching="ann", muted=False))
    ghost, sup = (
        leg(CA1, "ann", created_at=OLD),
        leg(CA3, "sup", coaching=True, call_sid_to_coach=CA1, created_at=OLD),
    )
    live = leg(CA2, None, created_at=NEW)
    seen = look(ghost, sup, live, calls=(call(CA2, NUMBERS["ann"], inbound=True),))
    plan = make_plan(roster(*people), seen, standing(ghost, sup), NOW, 1)
    assert [field_changes(each) for each in changes_of(plan, CA3)] == [
        {"muted": True},
        {"coaching": True, "call_sid_to_coach": CA2},
    ]


@pytest.mark.parametrize("paired", [False, True])
def test_a_coach_is_silent_on_every_leg_that_is_not_paired(paired: bool) -> None:
    people = (member("ann"), member("sup", coaching="ann", muted=False))
    pairing = {"coaching": True, "call_sid_to_coach": CA1} if paired else {}
    ann, old = leg(CA1, "ann"), leg(CA2, "sup", created_at=OLD, **pairing)
    new = leg(CA3, None, created_at=NEW, coaching=True, call_sid_to_coach=CA1)
    seen = look(ann, old, new, calls=(call(CA3, NUMBERS["sup"], inbound=True),))
    plan = make_plan(roster(*people), seen, standing(ann, old), NOW, 1)
    found = changes_of(plan, CA2)
    assert [field_changes(each) for each in found] == (
        [] if paired else [{"muted": True}]
    )
    assert all(each.safety for each in found)


def test_a_coach_of_a_leg_that_is_about_to_be_held_is_silenced_first() -> None:
    ann, sup = member("ann", hold=True), member("sup")
    ghost = leg(CA1, "ann", created_at=OLD)
    coach = leg(CA3, "sup", coaching=True, call_sid_to_coach=CA1)
    live = leg(CA2, None, created_at=NEW, hold=True)
    seen = look(ghost, coach, live, calls=(call(CA2, NUMBERS["ann"], inbound=True),))
    plan = make_plan(roster(ann, sup), seen, standing(ghost, coach), NOW, 1)
    assert [field_changes(each) for each in plan.actions] == [
        {"muted": True},
        {"hold": True},
    ]
    assert changes_of(plan, CA3) + changes_of(plan, CA1) == list(plan.actions)


def test_further_legs_keep_a_room_from_rest_only_while_something_is_out_of_order() -> (
    None
):
    ann = member("ann", muted=True)
    audible = seen_twice(ann, ghost={}, live={"muted": True})
    silent = seen_twice(ann, ghost={"muted": True}, live={"muted": True})
    assert (audible.converged, silent.converged) == (False, True)
    assert [status_data(x, "")["members"][0]["in_sync"] for x in (audible, silent)] == [
        False,
        True,
    ]


def test_every_leg_is_shown_the_one_that_counts_first() -> None:
    plan = seen_twice(member("ann"), ghost={"hold": True}, live={})
    (ann,) = status_data(plan, "converged")["members"]
    assert [each["call_sid"] for each in ann["legs"]] == [CA2, CA1]
    assert ann["observed"] == ann["legs"][0]
    assert plan.unlisted == ()


@pytest.mark.parametrize("rule", list(Unlisted))
def test_the_rule_for_strangers_does_not_touch_a_further_leg(rule: Unlisted) -> None:
    legs = (leg(CA1, "ann", created_at=OLD), leg(CA2, None, created_at=NEW))
    seen = look(*legs, calls=(call(CA2, NUMBERS["ann"], inbound=True),))
    kept = ledger(record("ann", attempt("ann", connected_at=OLD)))
    plan = make_plan(roster(member("ann"), unlisted=rule), seen, kept, NOW)
    assert plan.converged
