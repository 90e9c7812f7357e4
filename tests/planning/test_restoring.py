"""What is declared for a time only is undone when that ends: as it was before."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.action import Change, Harm, Ring
from reconciler.model.ledger import Correction
from reconciler.model.observation import Call, Participant
from reconciler.model.roster import Member, Unlisted, Value
from reconciler.planning.admission import Admission, IncomingCall, admit
from reconciler.planning.call_facts import before, remembered_first
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.restoring import REASON
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
    plan_for,
    record,
    roster,
    standing,
)

STRANGER = "+15559990001"
Memory = dict[str, dict[str, Value]]


def temporary(label: str = "ann", **fields: Any) -> Member:
    return member(label, temporary=tuple(sorted(fields)), **fields)


def remembered(plan: Plan, sid: str = CA1) -> dict[str, Value]:
    """What a plan puts on record of a call before anything is sent."""
    return {
        name: value
        for each in plan.actions
        if isinstance(each, Change) and each.call_sid == sid and remembered_first(each)
        for name, value in each.memory
    }


def plan_after(shown: Participant, memory: dict[str, Value], *others: Any) -> Plan:
    """The plan of a room whose file says nothing of ann, once nothing else does."""
    members = (member("ann"), *(x for x in others if isinstance(x, Member)))
    legs = (shown, *(x for x in others if isinstance(x, Participant)))
    return plan_for(*members, legs=legs, memory={shown.call_sid: memory})


@pytest.mark.parametrize(
    ("field", "was", "harm"),
    [
        ("muted", False, Harm.EXPOSE),
        ("muted", True, Harm.SILENCE),
        ("hold", False, Harm.EXPOSE),
        ("hold", True, Harm.SILENCE),
        ("end_conference_on_exit", True, Harm.NONE),
    ],
)
def test_a_field_becomes_what_it_was_before(
    field: str, harm: Harm, *, was: bool
) -> None:
    before_it: dict[str, Any] = {field: was}
    in_it: dict[str, Any] = {field: not was}
    during = plan_for(temporary(**in_it), legs=(leg(**before_it),))
    noted = remembered(during)
    assert noted == {before(field): was}
    (restored,) = plan_after(leg(**in_it), noted).actions
    assert isinstance(restored, Change)
    assert (field_changes(restored), restored.harm) == ({field: was}, harm)
    assert restored.reason == REASON


def test_what_was_so_already_is_not_put_on_record_and_stays() -> None:
    during = plan_for(temporary(muted=True), legs=(leg(muted=True),))
    assert during.actions == ()
    assert plan_after(leg(muted=True), {}).actions == ()


def test_what_was_so_before_the_first_of_two_overrides_counts() -> None:
    shown = leg(muted=True)
    known = {CA1: {before("muted"): False}}
    second = plan_for(temporary(muted=False), legs=(shown,), memory=known)
    assert remembered(second) == {}
    assert len(second.actions) == 1


def test_what_the_file_declares_is_neither_put_on_record_nor_restored() -> None:
    during = plan_for(member(muted=True), legs=(leg(),))
    assert remembered(during) == {}
    known: Memory = {CA1: {before("muted"): False}}
    declared = plan_for(member(muted=True), legs=(leg(muted=True),), memory=known)
    assert declared.actions == ()
    assert declared.memory == {CA1: {before("muted"): None}}


def test_once_restored_nothing_is_on_record_and_others_may_change_it() -> None:
    plan = plan_after(leg(), {before("muted"): False})
    assert plan.actions == ()
    assert plan.memory == {CA1: {before("muted"): None}}


def test_a_listing_that_does_not_show_the_override_yet_is_not_taken_for_restored() -> (
    None
):
    sent = (Correction(CA1, "muted=True", NOW - 1),)
    memory: Memory = {CA1: {before("muted"): False}}
    plan = plan_for(member(), legs=(leg(),), memory=memory, corrections=sent)
    assert plan.memory == {}


def test_who_is_called_meanwhile_is_restored_to_the_defaults() -> None:
    kept = ledger(record("ann"))
    plan = make_plan(roster(temporary(muted=True)), look(), kept, NOW, 1)
    (ring,) = plan.actions
    assert isinstance(ring, Ring)
    assert dict(ring.fields)["muted"] is True
    (unmute,) = plan_after(leg(muted=True), dict(ring.memory)).actions
    assert field_changes(unmute) == {"muted": False}


def test_who_dials_in_meanwhile_is_restored_to_the_defaults() -> None:
    listed = roster(temporary(muted=True))
    call = IncomingCall(CA1, NUMBERS["ann"])
    answer = admit(listed, ledger(record("ann")), call, NOW)
    assert isinstance(answer, Admission)
    (unmute,) = plan_after(leg(muted=True), dict(answer.memory)).actions
    assert field_changes(unmute) == {"muted": False}


def test_a_silence_is_restored_before_an_exposure() -> None:
    loud, quiet = leg(CA1), leg(CA2, "bob", muted=True)
    memory: Memory = {CA1: {before("muted"): True}, CA2: {before("muted"): False}}
    plan = plan_for(member(), member("bob"), legs=(loud, quiet), memory=memory)
    found = [(x.label, field_changes(x)["muted"]) for x in plan.actions]
    assert found == [("ann", True), ("bob", False)]


def test_who_coached_nobody_is_parted_from_whom_they_coached_for_a_time() -> None:
    bob = leg(CA2, "bob")
    during = plan_for(
        temporary(coaching="bob"), member("bob"), legs=(leg(muted=True), bob)
    )
    noted = remembered(during)
    assert noted == {before("coaching"): False}
    paired = leg(coaching=True, call_sid_to_coach=CA2)
    plan = plan_after(paired, noted, member("bob"), bob)
    assert [field_changes(x) for x in changes(plan, "ann")] == [{"coaching": False}]


def test_who_coached_somebody_who_is_gone_by_now_stays_with_the_present_one() -> None:
    bob = leg(CA2, "bob")
    paired = leg(coaching=True, call_sid_to_coach=CA2)
    plan = plan_after(paired, {before("coaching"): CA3}, member("bob"), bob)
    assert plan.actions == ()


def test_people_who_are_no_members_are_restored_too() -> None:
    guest = leg(CA2, None)
    listed = replace(roster(member(), unlisted=Unlisted.MUTE), temporary_unlisted=True)
    kept = replace(standing(leg()), identities={CA2: _dialed_in()})
    during = make_plan(listed, look(leg(), guest), kept, NOW, 1)
    noted = remembered(during, CA2)
    assert noted[before("muted")] is False
    kept = replace(kept, memory={CA2: noted})
    silent = leg(CA2, None, muted=True)
    (unmute,) = make_plan(roster(member()), look(leg(), silent), kept, NOW, 2).actions
    assert (field_changes(unmute), unmute.reason) == ({"muted": False}, REASON)
    over = make_plan(roster(member()), look(leg(), guest), kept, NOW, 2)
    assert over.actions == ()
    assert over.memory == {CA2: {before("muted"): None}}


def test_people_whom_the_file_has_muted_stay_muted_when_it_says_keep() -> None:
    guest = leg(CA2, None)
    kept = replace(standing(leg()), identities={CA2: _dialed_in()})
    listed = roster(member(), unlisted=Unlisted.MUTE)
    noted = remembered(make_plan(listed, look(leg(), guest), kept, NOW, 1), CA2)
    kept = replace(kept, memory={CA2: noted})
    silent = leg(CA2, None, muted=True)
    plan = make_plan(roster(member()), look(leg(), silent), kept, NOW, 2)
    assert plan.actions == ()


def _dialed_in() -> Call:
    return call(CA2, STRANGER, inbound=True)
