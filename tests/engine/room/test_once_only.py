"""What one lost answer, one refusal or one departure must not set off again."""

import asyncio

import pytest
from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.ledger import Approval
from reconciler.model.roster import Limits, Member, OnChange, Roster
from reconciler.planning.approval import fingerprint
from reconciler.simulator.exchange.fault import Fault, FaultKind, Source
from reconciler.simulator.exchange.people import Subscriber
from tests.engine.caller import ROOM, Caller, people
from tests.engine.world import World, member, roster, run

ANN, BOB = member("ann"), member("bob")


def calls_to(world: World, phone: Member) -> int:
    calls = world.exchange.state.calls.values()
    return sum(each.latest.to == phone.to for each in calls)


def longer(phone: Member) -> Member:
    """*phone* with a parameter that takes effect with a new call."""
    return replace(phone, create_only=(("timeout", 33),), on_change=OnChange.REDIAL)


LOST = [
    *(Fault(x, times=1) for x in (FaultKind.UNAVAILABLE, FaultKind.ERROR)),
    *(Fault(FaultKind.RESET, times=times) for times in (1, 2)),
    Fault(FaultKind.HANG, times=2, seconds=30.0),
    Fault(FaultKind.GARBAGE, times=1),
    Fault(FaultKind.FORBIDDEN, body=Source.CDN),
]


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("lost", LOST, ids=lambda each: f"{each.kind} {each.times}")
def test_who_was_taken_out_to_be_redialed_is_rung_back_though_the_answer_was_lost(
    lost: Fault, *, after: bool
) -> None:
    async def story() -> None:
        world = World()
        ann = replace(ANN, on_change=OnChange.REDIAL)
        await world.declare(roster(ROOM, ann, BOB))
        async with world.daemon(resync=2.0):
            await asyncio.sleep(10)
            fault = replace(lost, method="DELETE", after=after)
            world.exchange.faults.add(fault)
            await world.declare(roster(ROOM, longer(ANN), BOB))
            await asyncio.sleep(120)
            assert calls_to(world, ANN) == 2
            assert world.legs(ROOM)["ann"].connected

    run(story)


def test_rings_that_were_withheld_are_not_placed_when_others_dial_in() -> None:
    async def story() -> None:
        world = World()
        five = replace(people(5), limits=Limits(rings=3))
        await world.declare(five)
        async with world.daemon(resync=2.0):
            await asyncio.sleep(10)
            for each in five.members[:2]:
                world.exchange.dial_in(ROOM, each.to)
                await asyncio.sleep(5)
            await asyncio.sleep(60)
            assert [calls_to(world, each) for each in five.members] == [0] * 5
            legs = world.exchange.state.participants.values()
            assert [each.latest.connected for each in legs] == [True, True]

    run(story)


def test_a_call_of_which_twilio_has_no_record_is_not_cancelled_for_ever() -> None:
    async def story() -> None:
        world = World()
        world.exchange.describe(ANN.to, Subscriber(answers_after=900.0))
        await world.declare(roster(ROOM, ANN, BOB))
        async with world.daemon(resync=5.0) as daemon:
            await asyncio.sleep(10)
            lost = FaultKind.NOT_FOUND
            for path in ("*/Calls/*", "*/Participants/CA*"):
                world.exchange.faults.add(Fault(lost, "*", path, times=9999, who="ann"))
            world.exchange.flip(list_shows_ringing=False)
            await world.declare(roster(ROOM, BOB))
            await asyncio.sleep(400)
            daemon.wire.requests.clear()
            await asyncio.sleep(600)
            assert daemon.wire.writes() == []

    run(story)


@pytest.mark.parametrize("status_init", ["refused", "in-progress", "served"])
def test_a_room_is_made_whatever_the_list_makes_of_the_status_init(
    status_init: str,
) -> None:
    async def story() -> None:
        world = World()
        world.exchange.flip(status_init=status_init)
        caller = Caller(world)
        await caller.declare(people(3))
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        assert caller.rung() == [each.label for each in people(3).members]

    run(story)


@pytest.mark.parametrize("lasts", [1.0, 5.0, 12.0])
def test_participants_that_cannot_be_listed_yet_are_rung_once(lasts: float) -> None:
    async def story() -> None:
        world = World()
        path = "*/Conferences/CF*/Participants.json*"
        fault = Fault(FaultKind.NOT_FOUND, "GET", path, lasts=lasts)
        world.exchange.faults.add(fault)
        caller = Caller(world)
        await caller.declare(people(3))
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        assert caller.rung() == [each.label for each in people(3).members]

    run(story)


@pytest.mark.parametrize("answer", ["404", "16001", "16099"])
def test_a_phone_that_rings_is_not_changed_but_waited_for(answer: str) -> None:
    async def story() -> None:
        world = World()
        world.exchange.flip(update_ringing=answer)
        world.exchange.describe(ANN.to, Subscriber(answers_after=6.0))
        caller = Caller(world)
        flagged = replace(ANN, end_conference_on_exit=False)
        await caller.declare(Roster(ROOM, (flagged, BOB)))
        await asyncio.wait_for(caller.follow(), 60)
        await caller.declare(
            Roster(ROOM, (replace(flagged, end_conference_on_exit=True), BOB))
        )
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        assert (calls_to(world, ANN), calls_to(world, BOB)) == (1, 1)

    run(story)


def test_a_renamed_member_needs_a_redial_for_what_takes_effect_with_a_new_call() -> (
    None
):
    async def story() -> None:
        world = World()
        caller = Caller(world)
        await caller.declare(roster(ROOM, ANN, BOB))
        await caller.follow()
        anna = replace(ANN, label="anna")
        await caller.declare(roster(ROOM, anna, BOB))
        await caller.follow()
        changed = replace(anna, create_only=(("timeout", 33),))
        await caller.declare(roster(ROOM, changed, BOB))
        made = await caller.follow()
        (withheld,) = made.evaluation.plan.withheld
        assert (withheld.guard, withheld.action.label) == ("needs-redial", "anna")
        assert calls_to(world, ANN) == 1

    run(story)


@pytest.mark.parametrize("after", [True, False])
def test_an_approved_removal_whose_answer_is_lost_needs_no_other_approval(
    *, after: bool
) -> None:
    async def story() -> None:
        caller = Caller(World())
        world, most = caller.world, Limits(removals=1)
        await caller.declare(replace(people(4), limits=most))
        await caller.follow()
        two = people(4).members[:2]
        await caller.declare(Roster(ROOM, two, limits=most))
        plan = (await caller.follow()).evaluation.plan
        assert len(plan.withheld) == 2
        now = caller.loop.time()
        word = Approval(fingerprint(plan, ""), "both", "eve", now + 600.0)
        await caller.store.grant(ROOM, word, generation=plan.generation, now=now)
        fault = Fault(FaultKind.UNAVAILABLE, "DELETE", times=2, after=after)
        world.exchange.faults.add(fault)
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        assert set(world.legs(ROOM)) == {each.label for each in two}

    run(story)
