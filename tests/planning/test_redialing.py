"""A call that is taken down to be made anew, and what keeps that from harm."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase, state_of
from reconciler.model.action import Action, Remove, Ring
from reconciler.model.attempt import AttemptState, CallOutcome
from reconciler.model.roster import Member, OnChange
from reconciler.planning.authority import Authority
from reconciler.planning.planner import make_plan
from tests.planning.samples import (
    CA1,
    CA2,
    NOW,
    NUMBERS,
    attempt,
    call,
    guards,
    ledger,
    leg,
    look,
    member,
    record,
    removed,
    rings,
    roster,
)
from tests.planning.world import Fate, World

OTHER = "+15550005559"


def redialed(label: str = "ann", **fields: Any) -> Member:
    return member(label, on_change=OnChange.REDIAL, **fields)


def connected(*members: Member) -> World:
    world = World(roster(*members))
    world.make_pass()
    world.answer()
    world.make_pass()
    return world


def lost_removals(action: Action) -> Fate:
    return Fate.LOST if isinstance(action, Remove) else Fate.DONE


def refused_removals(action: Action) -> Fate:
    return Fate.REFUSED if isinstance(action, Remove) else Fate.DONE


def test_a_person_is_rung_back_though_the_answer_to_the_removal_was_lost() -> None:
    world = connected(redialed())
    world.load(roster(redialed(sender=OTHER)))
    world.make_pass(lost_removals)
    assert world.legs == {}
    plan = world.make_pass()
    assert rings(plan) == ["ann"]


def test_a_removal_that_did_not_work_is_forgotten_once_the_person_stays() -> None:
    world = connected(redialed())
    world.load(roster(redialed(sender=OTHER)))
    world.make_pass(refused_removals)
    world.load(roster(redialed()))
    plan = world.make_pass()
    assert plan.converged
    assert plan.requeue_after is not None
    world.now += plan.requeue_after
    plan = world.make_pass()
    assert plan.converged
    assert plan.requeue_after is None
    (sid,) = world.legs
    world.hang_up(sid)
    plan = world.make_pass()
    assert rings(plan) == []
    assert world.ledger.records["ann"].attempts[-1].outcome is CallOutcome.LEFT


def test_a_member_is_redialed_once_in_ten_minutes_whatever_two_processes_declare() -> (
    None
):
    one, other = roster(redialed()), roster(redialed(sender=OTHER))
    world = connected(redialed())
    for _ in range(5):
        for declared in (other, one):
            world.load(declared)
            for _ in range(3):
                world.make_pass()
                world.answer()
            world.now += 60
    assert len([each for each in world.rung if each.label == "ann"]) == 2


def test_a_redial_that_was_refused_is_tried_again_at_once() -> None:
    world = connected(redialed())
    world.load(roster(redialed(sender=OTHER)))
    world.make_pass(refused_removals)
    assert removed(world.make_pass()) != []


def test_a_person_may_ask_for_another_redial() -> None:
    memory = {CA2: {"redial:ann": int(NOW) - 60}}
    kept = ledger(record("ann", attempt(connected_at=NOW - 50)), memory=memory)
    declared = roster(redialed(sender=OTHER))
    plan = make_plan(declared, look(leg()), kept, NOW)
    assert removed(plan) == []
    assert guards(plan) == [("redial-interval", "ann")]
    assert "reconciler approve line" in plan.withheld[0].reason
    assert plan.requeue_after == pytest.approx(540, abs=1)
    assert state_of(plan) is RoomPhase.STALLED
    word = Authority(forced="asked")
    plan = make_plan(declared, look(leg()), kept, NOW, authority=word)
    assert removed(plan) == [CA1]


def test_who_dialed_in_while_the_answer_was_lost_is_no_call_of_the_create() -> None:
    """What the create said is not so of the call: nothing of it is redialed."""
    lost = attempt(state=AttemptState.UNKNOWN, call_sid=None)
    declared = roster(redialed(create_only=(("timeout", 9),)))
    inbound = call(CA2, NUMBERS["ann"], inbound=True)
    seen = look(leg(CA2, None), calls=(inbound,))
    plan = make_plan(declared, seen, ledger(record("ann", lost)), NOW)
    assert plan.actions == ()
    taken = ledger(
        record("ann", replace(lost, state=AttemptState.PLACED, call_sid=CA2))
    )
    taken = replace(taken, identities={CA2: inbound})
    assert make_plan(declared, look(leg(CA2, None)), taken, NOW).actions == ()


def test_what_a_create_said_is_not_remembered_of_a_call_that_dialed_in() -> None:
    sent = attempt().sent
    held = (("hold_url", "https://example.com/music"), ("label", "ann"))
    taken = attempt(call_sid=CA2, sent=tuple(sorted((*sent, *held))))
    kept = ledger(record("ann", taken))
    kept = replace(kept, identities={CA2: call(CA2, NUMBERS["ann"], inbound=True)})
    declared = roster(member(write_only=(("hold_url", "https://example.com/music"),)))
    (change,) = make_plan(declared, look(leg(CA2, None)), kept, NOW).actions
    assert not isinstance(change, Ring)
