"""Answering machines: who is told from a person, and what follows."""

import pytest

from reconciler.model.attempt import CallOutcome
from reconciler.model.ledger import GuardKind
from reconciler.model.observation import CallStatus
from reconciler.model.roster import Cause, Limits, Machine, Member, Redial
from reconciler.planning.machines import DETECTED_WITHIN_SECONDS, redial_of
from reconciler.planning.plan import Phase, Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.questions import questions_for
from tests.planning.samples import member, removed, roster
from tests.planning.world import World

DETECTS = (("machine_detection", "Enable"),)


def listener(label: str = "ann", **fields: object) -> Member:
    said = {"machine": Machine.HANG_UP, "create_only": DETECTS, **fields}
    return member(label, **said)


def answered(*members: Member, word: str | None = "machine_start") -> World:
    """Everybody was rung and has answered; ann's call was taken as *word* says."""
    world = World(roster(*members, limits=Limits(removals=0)))
    world.make_pass()
    world.answer()
    world.make_pass()
    if word is not None:
        tell(world, "ann", word)
    return world


def tell(world: World, label: str, word: str) -> None:
    (sid,) = (x.call_sid for x in world.legs.values() if x.label == label)
    world.tell(sid, word)


def phases(plan: Plan) -> dict[str, Phase]:
    return {each.member.label: each.phase for each in plan.people}


@pytest.mark.parametrize(
    ("word", "machine", "removes"),
    [
        ("machine_start", Machine.HANG_UP, True),
        ("machine_end_beep", Machine.HANG_UP, True),
        ("machine_end_silence", Machine.HANG_UP, True),
        ("machine_end_other", Machine.HANG_UP, True),
        ("fax", Machine.HANG_UP, True),
        ("human", Machine.HANG_UP, False),
        ("unknown", Machine.HANG_UP, False),
        (None, Machine.HANG_UP, False),
        ("machine_start", Machine.KEEP, False),
        ("machine_start", Machine.HOLD, False),
    ],
)
def test_a_machine_and_nobody_else_is_hung_up_where_that_is_declared(
    word: str | None, machine: Machine, removes: bool
) -> None:
    world = answered(listener(machine=machine), word=word)
    assert bool(removed(world.plan())) is removes


def test_a_machine_is_hung_up_although_no_removal_is_allowed_and_none_is_counted() -> (
    None
):
    world = answered(listener(), member("bob"))
    plan = world.make_pass()
    assert len(removed(plan)) == 1
    assert not plan.withheld
    assert not world.ledger.removals


def test_a_machine_that_was_hung_up_counts_as_no_answer_and_is_called_again() -> None:
    world = answered(listener(redial=Redial(backoff=30.0)))
    world.make_pass()
    world.now += 1
    plan = world.make_pass()
    (attempt,) = world.ledger.records["ann"].attempts
    assert attempt.outcome is CallOutcome.MACHINE
    assert phases(plan) == {"ann": Phase.WAITING}
    world.now += 40
    world.make_pass()
    assert [each.number for each in world.rung] == [1, 2]


def test_a_machine_that_hangs_up_by_itself_is_one_on_record_too() -> None:
    world = answered(listener(machine=Machine.HOLD))
    world.make_pass()
    (sid,) = world.legs
    world.hang_up(sid, CallStatus.COMPLETED)
    world.make_pass()
    (attempt,) = world.ledger.records["ann"].attempts
    assert attempt.outcome is CallOutcome.MACHINE


@pytest.mark.parametrize(
    ("machine", "on", "again"),
    [
        (Machine.HANG_UP, {Cause.NO_ANSWER}, True),
        (Machine.HANG_UP, {Cause.BUSY, Cause.LEFT}, False),
        (Machine.HOLD, {Cause.NO_ANSWER}, True),
        (Machine.HOLD, {Cause.MACHINE}, True),
        (Machine.KEEP, {Cause.NO_ANSWER}, False),
        (Machine.KEEP, {Cause.LEFT}, True),
        (Machine.KEEP, {Cause.MACHINE}, True),
    ],
)
def test_a_policy_takes_a_machine_as_the_member_declares_it(
    machine: Machine, on: set[Cause], again: bool
) -> None:
    policy = redial_of(listener(machine=machine, redial=Redial(on=tuple(on))))
    assert (Cause.MACHINE in policy.on) is again


def test_a_machine_to_be_held_is_put_on_hold_and_stays_there() -> None:
    world = answered(listener(machine=Machine.HOLD, hold=False), member("bob"))
    world.make_pass()
    (leg,) = (x for x in world.legs.values() if x.label == "ann")
    assert leg.hold
    plan = world.make_pass()
    assert plan.converged
    assert not plan.actions
    assert "machine_start" in plan.people[0].reason
    assert plan.people[0].member.hold is False


def test_a_machine_that_is_kept_is_shown() -> None:
    world = answered(listener(machine=Machine.KEEP))
    plan = world.make_pass()
    assert plan.converged
    assert "an answering machine took the call" in plan.people[0].reason


def test_a_room_waits_until_twilio_says_who_answered_and_no_longer() -> None:
    world = answered(listener(), word=None)
    assert not world.plan().converged
    world.now += 30 + DETECTED_WITHIN_SECONDS
    assert world.plan().converged


def test_who_answered_is_asked_until_it_is_known_or_too_late() -> None:
    world = answered(listener(), word=None)
    (sid,) = world.legs
    assert questions_for(world.ledger, world.now).answered == {sid}
    late = world.now + 30 + DETECTED_WITHIN_SECONDS
    assert not questions_for(world.ledger, late).answered
    tell(world, "ann", "human")
    world.make_pass()
    assert not questions_for(world.ledger, world.now).answered


def test_nobody_is_asked_about_where_detection_was_not_asked_for() -> None:
    world = answered(listener(create_only=()), word=None)
    assert not questions_for(world.ledger, world.now).answered
    assert world.plan().converged


def test_a_machine_alone_in_the_room_stays_until_the_next_one_is_in() -> None:
    world = answered(listener())
    world.load(roster(listener(), member("bob"), limits=Limits(removals=0)))
    plan = world.make_pass()
    assert not removed(plan)
    world.answer("bob")
    assert len(removed(world.make_pass())) == 1


def test_a_machine_is_no_person_by_whom_others_may_be_removed() -> None:
    world = World(roster(listener(), member("bob")))
    world.make_pass()
    world.answer()
    world.make_pass()
    tell(world, "ann", "machine_start")
    world.load(roster(listener()))
    plan = world.plan()
    assert [each.guard for each in plan.withheld] == ["nobody-connected"]
    assert GuardKind.REMOVALS not in world.ledger.withheld


def test_an_observation_on_record_is_read_with_who_answered_since() -> None:
    world = answered(listener(), word=None)
    on_record = world.observe()
    (sid,) = on_record.calls
    waits = [x.reason for x in world.plan().waiting]
    assert waits == ["answered; Twilio has not yet reported whether by a machine"]
    tell(world, "ann", "human")
    world.make_pass()
    ledger = world.ledger
    assert ledger.identities[sid].answered_by == "human"
    recorded = make_plan(world.roster, on_record, ledger, world.now, world.generation)
    assert recorded.converged
