"""A sync of many rooms: each goes its own way, and leaves what is not its own alone."""

import asyncio

import pytest
from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.errors import RoomBusy
from reconciler.model.roster import Limits, Member, Roster
from reconciler.play.world.virtual_loop import OWNER, Process
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.people import People, Subscriber
from tests.engine.caller import LEASE_SECONDS, Caller
from tests.engine.world import World, member, run

CREATES = "*/Participants.json"


def rooms(count: int) -> list[Roster]:
    return [
        Roster(
            f"room-{number:04}",
            (Member("ann", f"+1555{number:07d}", "+15005550006", muted=True),),
        )
        for number in range(count)
    ]


def held_by(caller: Caller, room: str) -> str:
    """Who holds the room, "" for nobody."""
    lease = caller.store.tables.leases.get(room)
    return lease.owner if lease and lease.expires_at > caller.loop.time() else ""


@pytest.mark.parametrize(("count", "seconds"), [(48, 5.0), (200, 1.5)])
def test_many_rooms_and_slow_answers_are_followed_to_the_end(
    count: int, seconds: float
) -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(*rooms(count))
        caller.wire.delay = seconds
        passes = await caller.follow_all(within=3600)
        assert {made.state for made in passes.values()} == {RoomPhase.CONVERGED}
        assert len(passes) == len(caller.rung()) == count

    run(story)


def test_a_create_that_hangs_in_one_room_keeps_no_other_from_being_silenced() -> None:
    async def story() -> None:
        world = World()
        caller = Caller(world)
        loud = Roster("alpha", (member("ann", muted=False),))
        await caller.declare(loud)
        await caller.follow_all()
        beta = Roster("beta", tuple(member(f"p{at}") for at in range(30)))
        hang = Fault(FaultKind.HANG, "POST", CREATES, times=99, seconds=12.0)
        world.exchange.faults.add(hang)
        silent = replace(loud, members=(member("ann", muted=True),))
        await caller.declare(replace(beta, limits=Limits(rings=30)), silent)
        began = caller.loop.time()
        following = asyncio.create_task(caller.follow_all(within=20))
        await asyncio.sleep(1.0)
        assert world.legs("alpha")["ann"].muted
        assert not held_by(caller, "alpha")
        assert held_by(caller, "beta")
        await following
        assert caller.loop.time() - began >= 20

    run(story)


def test_while_one_room_waits_the_others_are_free_and_put_right() -> None:
    async def story() -> None:
        world = World(people=People({"+15551110000": Subscriber(busy=99)}))
        caller = Caller(world)
        cal = Member("cal", "+15551110000", "+15005550006")
        await caller.declare(
            Roster("alpha", (member("ann", muted=True),)),
            Roster("beta", (cal,)),
        )
        following = asyncio.create_task(caller.follow_all(within=60))
        await asyncio.sleep(10)
        assert not held_by(caller, "alpha")
        assert not held_by(caller, "beta")
        world.mute("alpha", "ann", muted=False)
        await asyncio.sleep(3)
        assert world.legs("alpha")["ann"].muted
        await following

    run(story)


def test_the_lease_of_a_room_is_kept_while_a_create_hangs() -> None:
    async def story() -> None:
        world = World()
        caller = Caller(world)
        await caller.declare(Roster("alpha", (member("ann"),)))
        hang = Fault(FaultKind.HANG, "POST", CREATES, seconds=12.0)
        world.exchange.faults.add(hang)
        following = asyncio.create_task(caller.follow_all(within=13))
        await caller.wire.wrote.wait()
        lists = Fault(FaultKind.HANG, "GET", "*/Conferences.json*", times=99)
        world.exchange.faults.add(lists)
        for _ in range(11):
            await asyncio.sleep(1)
            with pytest.raises(RoomBusy):
                await caller.store.acquire("alpha", "other", caller.loop.time(), 1.0)
        await following
        assert not held_by(caller, "alpha")

    run(story)


def test_the_room_of_a_process_that_died_is_free_within_a_lease() -> None:
    async def story() -> None:
        world = World()
        caller = Caller(world)
        await caller.declare(Roster("alpha", (member("ann"),)))
        hang = Fault(FaultKind.HANG, "POST", CREATES, seconds=12.0)
        world.exchange.faults.add(hang)
        process = Process("killed")
        token = OWNER.set(process)
        following = asyncio.create_task(caller.follow_all(within=60))
        OWNER.reset(token)
        await asyncio.sleep(5)
        process.alive = False
        await asyncio.sleep(LEASE_SECONDS)
        await caller.store.acquire("alpha", "other", caller.loop.time(), 1.0)
        assert not following.done()

    run(story)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_sync_waits_for_as_long_as_twilio_asks(method: str) -> None:
    async def story() -> None:
        world = World()
        caller = Caller(world)
        await caller.declare(*rooms(8))
        limit = 20.0
        if method == "GET":
            caller.wire.limit = limit
        else:
            caller.wire.limit_writes = limit
        began = caller.loop.time()
        following = asyncio.create_task(caller.follow_all(within=120))
        await asyncio.sleep(2)
        caller.wire.limit = caller.wire.limit_writes = None
        sent = len(caller.wire.requests)
        await asyncio.sleep(17)
        assert len(caller.wire.requests) == sent
        passes = await following
        assert {made.state for made in passes.values()} == {RoomPhase.CONVERGED}
        assert caller.loop.time() - began < 60
        assert len(caller.rung()) == 8

    run(story)


def test_a_room_that_another_process_holds_keeps_no_other_waiting() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(*rooms(2))
        now = caller.loop.time()
        await caller.store.acquire("room-0000", "other", now, 30.0)
        passes = await caller.follow_all(within=10)
        assert passes["room-0001"].state is RoomPhase.CONVERGED
        assert set(caller.following.busy_rooms) == {"room-0000"}
        assert len(caller.rung()) == 1

    run(story)


def test_one_visit_waits_for_nobody() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(*rooms(2))
        began = caller.loop.time()
        await caller.store.acquire("room-0000", "other", began, 30.0)
        await caller.follow_all(once=True)
        assert caller.loop.time() - began < 1.0
        assert set(caller.following.busy_rooms) == {"room-0000"}
        assert len(caller.rung()) == 1

    run(story)


def test_time_is_up_whatever_a_listing_does() -> None:
    async def story() -> None:
        world = World()
        caller = Caller(world)
        await caller.declare(*rooms(3))
        hang = Fault(FaultKind.HANG, "GET", "*/Conferences.json*", times=99)
        world.exchange.faults.add(hang)
        began = caller.loop.time()
        await caller.follow_all(within=5)
        assert caller.loop.time() - began == pytest.approx(5.0, abs=0.01)

    run(story)
