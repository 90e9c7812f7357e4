"""The end flag beside a hold: before it, or not at all, and then a person is told."""

from typing import Any

from reconciler.model.action import Change, ChangeKind
from reconciler.model.ledger import Correction
from reconciler.model.roster import Value
from reconciler.planning.order import Step, step_of
from reconciler.planning.plan import Phase, Plan
from tests.planning.samples import (
    CA1,
    CA2,
    NOW,
    field_changes,
    leg,
    member,
    plan_for,
    reasons,
)

HELD = leg(hold=True, end_conference_on_exit=True)


def exits(plan: Plan) -> list[dict[str, Value]]:
    return [
        field_changes(each)
        for each in plan.actions
        if isinstance(each, Change) and each.kind is ChangeKind.EXIT
    ]


def held(seconds_ago: float, **memory: Any) -> Plan:
    """A held person whose flag was sent so long ago."""
    sent = Correction(CA1, "end_conference_on_exit=False", NOW - seconds_ago)
    ann = member(hold=True, end_conference_on_exit=False)
    remembered = {CA1: memory} if memory else {}
    return plan_for(ann, legs=(HELD,), corrections=(sent,), memory=remembered)


def test_the_end_flag_comes_before_the_hold_of_the_same_person() -> None:
    for wanted in (True, False):
        ann = member(hold=True, muted=True, end_conference_on_exit=wanted)
        shown = leg(end_conference_on_exit=not wanted)
        plan = plan_for(ann, member("bob"), legs=(shown, leg(CA2, "bob")))
        flag, hold = plan.actions[:2]
        assert field_changes(flag) == {"end_conference_on_exit": wanted}
        assert field_changes(hold) == {"hold": True}
        assert (step_of(flag), step_of(hold)) == (Step.HOLD, Step.HOLD)
        assert isinstance(flag, Change)
        assert not flag.silences


def test_the_end_flag_of_somebody_who_is_not_to_be_held_comes_after_silences() -> None:
    plan = plan_for(
        member(end_conference_on_exit=True),
        member("bob", muted=True),
        legs=(leg(), leg(CA2, "bob")),
    )
    assert [each.label for each in plan.actions] == ["bob", "ann"]


def test_of_somebody_on_hold_it_is_sent_alone_and_with_the_hold_and_then_not_again() -> (
    None
):
    ann = member(hold=True, end_conference_on_exit=False)
    first = plan_for(ann, legs=(HELD,))
    assert exits(first) == [{"end_conference_on_exit": False}]
    (change,) = first.actions
    assert isinstance(change, Change)
    second = held(60, **dict(change.memory))
    assert exits(second) == [{"end_conference_on_exit": False, "hold": True}]
    (change,) = second.actions
    assert isinstance(change, Change)
    last = held(60, **dict(change.memory))
    assert last.actions == ()
    (told,) = last.waiting
    assert told.phase is Phase.STALLED
    assert "'hold: false'" in told.reason
    assert not last.withheld


def test_a_listing_that_may_be_old_is_waited_for_before_a_person_is_told() -> None:
    made = held(3, end_flag_on_hold="False with hold")
    assert made.actions == ()
    (waiting,) = made.waiting
    assert waiting.phase is Phase.CONNECTED
    assert waiting.until == NOW + 7


def test_another_value_is_sent_anew() -> None:
    shown = leg(hold=True, end_conference_on_exit=False)
    ann = member(hold=True, end_conference_on_exit=True)
    memory = {CA1: {"end_flag_on_hold": "False with hold"}}
    made = plan_for(ann, legs=(shown,), memory=memory)
    assert exits(made) == [{"end_conference_on_exit": True}]


def test_an_edit_that_takes_them_off_hold_sends_it() -> None:
    memory = {CA1: {"end_flag_on_hold": "False with hold"}}
    ann = member(hold=False, end_conference_on_exit=False)
    off = leg(hold=False, end_conference_on_exit=True)
    made = plan_for(ann, legs=(off,), memory=memory)
    assert exits(made) == [{"end_conference_on_exit": False}]
    assert reasons(made, "ann") == []
