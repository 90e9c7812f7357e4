"""Twilio asks to wait, has no place, or fails inside: nobody is rung twice."""

import asyncio

import pytest
from msgspec.structs import replace

from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.roster import Member
from reconciler.simulator.exchange.fault import Fault, FaultKind
from tests.engine.caller import ROOM, Caller, people
from tests.engine.world import World, member, roster, run

CREATE = "*/Participants.json"


@pytest.mark.parametrize("kind", [FaultKind.TOO_MANY, FaultKind.UNAVAILABLE])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_sync_sends_nothing_for_as_long_as_twilio_asks_and_then_goes_on(
    kind: FaultKind, method: str
) -> None:
    async def story() -> None:
        world = World()
        caller = Caller(world)
        await caller.declare(people(4))
        fault = Fault(kind, method=method, retry_after=20.0, after=True)
        world.exchange.faults.add(fault)
        asking = asyncio.create_task(caller.follow())
        while world.exchange.faults.queued:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        before = len(caller.wire.requests)
        await asyncio.sleep(18)
        assert len(caller.wire.requests) == before
        made = await asking
        assert made.state is RoomPhase.CONVERGED
        assert caller.rung() == [each.label for each in people(4).members]

    run(story)


def test_a_sync_waits_as_long_as_its_time_allows() -> None:
    async def story() -> None:
        world = World()
        caller = Caller(world)
        await caller.declare(people(2))
        caller.wire.limit = 20.0
        began = caller.loop.time()
        passes = await caller.follow_all(within=70.0)
        assert 68.0 <= caller.loop.time() - began <= 72.0
        assert len(caller.wire.requests) <= 5
        assert passes[ROOM].state is RoomPhase.UNKNOWN

    run(story)


@pytest.mark.parametrize("after", [True, False])
def test_an_internal_failure_of_a_create_is_looked_for_and_not_repeated(
    *, after: bool
) -> None:
    async def story() -> None:
        world = World()
        caller = Caller(world)
        await caller.declare(people(2))
        fault = Fault(
            FaultKind.BAD_REQUEST, method="POST", path=CREATE, code=16030, after=after
        )
        world.exchange.faults.add(fault)
        made = await caller.follow()
        first, second = caller.rung().count("p000"), caller.rung().count("p001")
        assert (first, second) == (int(after), 1)
        held = {each.phase for each in made.evaluation.plan.people if each.leg is None}
        assert held == (set() if after else {"stalled"})

    run(story)


def small(*members: Member) -> tuple[Member, ...]:
    most = (("max_participants", 3),)
    return tuple(replace(each, create_only=most) for each in members)


def test_somebody_is_replaced_in_a_room_that_is_full() -> None:
    async def story() -> None:
        caller = Caller(World())
        ann, bob, cara, dan = small(*people(4).members)
        await caller.declare(roster(ROOM, ann, bob, cara))
        await caller.follow()
        await caller.declare(roster(ROOM, ann, bob, dan))
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        assert set(caller.world.legs(ROOM)) == {ann.label, bob.label, dan.label}
        creates = [each for each in caller.wire.labels if each == dan.label]
        assert len(creates) <= 3

    run(story)


def test_a_full_room_is_waited_for_and_rung_into_when_somebody_leaves() -> None:
    async def story() -> None:
        world = World()
        everybody = small(*people(4).members)
        await world.declare(roster(ROOM, *everybody))
        async with world.daemon() as daemon:
            await asyncio.sleep(300)
            creates = [e for e in daemon.wire.writes() if e[2].endswith(CREATE[1:])]
            assert len(creates) <= 5
            assert len(world.legs(ROOM)) == 3
            leg = world.legs(ROOM)["p000"]
            world.exchange.remove_participant(leg.conference_sid, leg.call_sid)
            await asyncio.sleep(45)
            assert "p003" in world.legs(ROOM)

    run(story)


def test_a_short_wait_that_a_read_was_asked_for_is_kept_by_all_rooms() -> None:
    async def story() -> None:
        world = World()
        rooms = [f"room-{number}" for number in range(6)]
        await world.declare(*(roster(room, member("ann")) for room in rooms))
        async with world.daemon() as daemon:
            await asyncio.sleep(90)
            fault = Fault(FaultKind.TOO_MANY, method="GET", retry_after=4.0)
            world.exchange.faults.add(fault)
            daemon.controller.mark_all(Priority.WEBHOOK)
            while world.exchange.faults.queued:  # noqa: ASYNC110 - virtual time
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            before = len(daemon.wire.requests)
            await asyncio.sleep(3.6)
            assert len(daemon.wire.requests) == before

    run(story)
