"""Somebody who has just dialed in is not rung while their call has no record."""

import asyncio

import pytest

from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.evaluation import RoomPhase
from tests.engine.caller import ROOM, Caller, people
from tests.engine.world import World, member, roster, run

ANN = member("ann")
STRANGER = "+15559990001"


def placed(world: World, address: str) -> list[float]:
    """When each call to *address* was placed."""
    calls = (each.latest for each in world.exchange.state.calls.values())
    return [each.created_at for each in calls if each.to == address]


def flip(world: World, missing: float) -> None:
    world.exchange.flip(new_call_missing_seconds=missing)


@pytest.mark.parametrize("missing", [3.0, 6.0])
def test_a_daemon_does_not_ring_who_dialed_in_as_the_file_declared_them(
    missing: float,
) -> None:
    async def story() -> None:
        world = World()
        flip(world, missing)
        await world.declare(roster(ROOM))
        async with world.daemon(resync=2.0) as daemon:
            await asyncio.sleep(5)
            came = world.exchange.dial_in(ROOM, ANN.to)
            await asyncio.sleep(0.4)
            await world.declare(roster(ROOM, ANN))
            daemon.controller.mark(ROOM, Priority.PERSON)
            await asyncio.sleep(60)
            assert placed(world, ANN.to) == []
            assert [x.call_sid for x in world.legs(ROOM).values()] == [came.call_sid]

    run(story)


@pytest.mark.parametrize("missing", [3.0, 6.0])
def test_a_sync_does_not_ring_who_dialed_in_and_ends_converged(missing: float) -> None:
    async def story() -> None:
        world = World()
        flip(world, missing)
        caller, declared = Caller(world), people(2)
        first, second = declared.members
        world.exchange.dial_in(ROOM, first.to)
        await asyncio.sleep(0.4)
        await caller.declare(declared)
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        assert placed(world, first.to) == []
        assert len(placed(world, second.to)) == 1

    run(story)


def test_a_stranger_delays_the_rings_of_twenty_by_the_record_alone() -> None:
    async def story() -> None:
        world = World()
        flip(world, 3.0)
        caller, declared = Caller(world), people(20)
        world.exchange.dial_in(ROOM, STRANGER)
        began = caller.loop.time()
        await caller.declare(declared)
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        assert caller.wire.began[0] - began >= 3.0
        assert caller.wire.began[-1] - began <= 6.0

    run(story)


def test_a_call_that_never_gets_a_record_stalls_the_room_and_rings_nobody() -> None:
    async def story() -> None:
        world = World()
        flip(world, 3600.0)
        caller, (only,) = Caller(world), people(1).members
        world.exchange.dial_in(ROOM, STRANGER)
        began = caller.loop.time()
        await caller.declare(people(1))
        made = await caller.follow()
        assert made.state is RoomPhase.STALLED
        assert 60.0 <= caller.loop.time() - began <= 65.0
        assert placed(world, only.to) == []
        (withheld,) = made.evaluation.plan.withheld
        assert withheld.reason.endswith(f"reconciler approve {ROOM}")
        flip(world, 0.0)
        assert (await caller.follow()).state is RoomPhase.CONVERGED
        assert len(placed(world, only.to)) == 1

    run(story)


def test_a_stranger_every_few_seconds_does_not_keep_a_room_from_ringing() -> None:
    async def story() -> None:
        world = World()
        flip(world, 2.0)
        await world.declare(roster(ROOM))
        async with world.daemon(resync=2.0) as daemon:
            await asyncio.sleep(5)
            await world.declare(roster(ROOM, ANN))
            world.exchange.dial_in(ROOM, STRANGER)
            daemon.controller.mark(ROOM, Priority.PERSON)
            for number in range(10):
                await asyncio.sleep(5)
                world.exchange.dial_in(ROOM, f"{STRANGER}{number}")
            (at,) = placed(world, ANN.to)
            assert world.loop.time() - at > 30.0

    run(story)


def test_strangers_faster_than_their_records_stall_the_room_until_they_are_read() -> (
    None
):
    async def story() -> None:
        world = World()
        flip(world, 3.0)
        await world.declare(roster(ROOM))
        async with world.daemon(resync=2.0) as daemon:
            await asyncio.sleep(5)
            await world.declare(roster(ROOM, ANN))
            daemon.controller.mark(ROOM, Priority.PERSON)
            for number in range(80):
                world.exchange.dial_in(ROOM, f"{STRANGER}{number}")
                await asyncio.sleep(1)
            assert placed(world, ANN.to) == []
            ledger = await world.store.ledger(ROOM, world.loop.time())
            since = {
                each["unread"] for each in ledger.memory.values() if each.get("unread")
            }
            assert len(since) == 1
            await asyncio.sleep(15)
            assert len(placed(world, ANN.to)) == 1

    run(story)
