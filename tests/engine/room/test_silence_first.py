"""A silence waits for nothing but the look that shows it to be needed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from reconciler.engine.loop.work_queue import Priority
from reconciler.model.roster import Member, Roster
from reconciler.play.world.virtual_loop import OWNER, Process
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.people import People, Subscriber
from tests.engine.caller import LEASE_SECONDS, Book, Caller
from tests.engine.hearing import COACHED, beside, heard, others
from tests.engine.world import Daemon, World, member, run

CREATES = "*/Participants.json"
RESYNC = 5.0
NUMBER = "+15551119999"


def hanging(world: World, times: int, room: str = "*") -> None:
    world.exchange.faults.add(
        Fault(FaultKind.HANG, "POST", CREATES, times=times, seconds=12.0, room=room)
    )


@asynccontextmanager
async def settled(world: World, *rosters: Roster) -> AsyncIterator[Daemon]:
    """A daemon whose rooms are as declared."""
    await world.declare(*rosters)
    async with world.daemon(resync=RESYNC, workers=20) as daemon:
        await asyncio.sleep(90)
        yield daemon


async def target_leaves(world: World, daemon: Daemon, *, told: bool) -> float:
    """Seconds for which the room then hears the coach."""
    before = heard(world, "sup")
    world.exchange.hang_up("ann")
    if told:
        daemon.controller.mark("alpha", Priority.WEBHOOK)
    await asyncio.sleep(RESYNC + 1.5)
    assert world.legs("alpha")["sup"].muted
    return heard(world, "sup") - before


def bound(*, told: bool) -> float:
    return 1.0 if told else RESYNC + 1.0


TOLD = pytest.mark.parametrize("told", [True, False], ids=["webhook", "resync"])


@TOLD
def test_while_a_create_of_the_same_room_hangs(told: bool) -> None:
    async def story() -> None:
        world = World()
        async with settled(world, COACHED) as daemon:
            hanging(world, 1)
            await world.declare(beside(COACHED, 1))
            daemon.controller.mark("alpha", Priority.PERSON)
            await asyncio.sleep(1.0)
            assert daemon.controller.applier.calls.active("alpha")
            seconds = await target_leaves(world, daemon, told=told)
            assert 0.0 < seconds < bound(told=told)

    run(story)


@TOLD
def test_while_thirty_creates_of_another_room_hang(told: bool) -> None:
    async def story() -> None:
        world = World()
        eve = member("eve")
        async with settled(world, COACHED, Roster("beta", (eve,))) as daemon:
            hanging(world, 99, "beta")
            await world.declare(COACHED, others("beta", 30, eve))
            daemon.controller.mark_all(Priority.PERSON)
            await asyncio.sleep(7.0)
            assert daemon.limiter.in_flight.calls_free(1) == 0
            seconds = await target_leaves(world, daemon, told=told)
            assert 0.0 < seconds < bound(told=told)

    run(story)


@TOLD
@pytest.mark.parametrize("room", ["alpha", "beta"])
def test_while_changes_of_a_room_hang(room: str, *, told: bool) -> None:
    async def story() -> None:
        world = World()
        crowd = others(room, 30)
        alpha = COACHED if room == "beta" else beside(COACHED, 30)
        rosters = (alpha, crowd) if room == "beta" else (alpha,)
        async with settled(world, *rosters) as daemon:
            hang = Fault(FaultKind.HANG, "POST", "*/Participants/*", times=1)
            for number in range(30):
                who = f"p{number:02}"
                fault = replace(hang, room=room, who=who, seconds=12.0)
                world.exchange.faults.add(fault)
            silenced = [
                replace(
                    each,
                    members=tuple(
                        replace(one, muted=True) if one.label.startswith("p") else one
                        for one in each.members
                    ),
                )
                for each in rosters
            ]
            await world.declare(*silenced)
            daemon.controller.mark_all(Priority.PERSON)
            await asyncio.sleep(1.5)
            assert daemon.controller.applier.calls.active(room)
            seconds = await target_leaves(world, daemon, told=told)
            assert 0.0 < seconds < bound(told=told)
            await asyncio.sleep(60)
            assert all(
                leg.muted
                for label, leg in world.legs(room).items()
                if str(label).startswith("p")
            )

    run(story)


@TOLD
def test_while_a_sync_waits_for_a_busy_phone(told: bool) -> None:
    async def story() -> None:
        world = World(people=People({NUMBER: Subscriber(busy=99)}))
        world.store = book = Book()
        async with settled(world, COACHED) as daemon:
            busy = Roster("beta", (Member("cal", NUMBER, "+15005550006"),))
            await world.declare(COACHED, busy)
            sync = Caller(world, store=book)
            following = asyncio.create_task(sync.follow_all(within=60))
            await asyncio.sleep(4.0)
            seconds = await target_leaves(world, daemon, told=told)
            assert 0.0 < seconds < bound(told=told)
            following.cancel()
            await asyncio.wait({following})

    run(story)


@TOLD
def test_within_a_lease_when_a_sync_was_killed(told: bool) -> None:
    async def story() -> None:
        world = World()
        world.store = book = Book()
        async with settled(world, COACHED) as daemon:
            hanging(world, 1)
            await world.declare(beside(COACHED, 1))
            process = Process("killed")
            token = OWNER.set(process)
            sync = Caller(world, store=book)
            _ = asyncio.create_task(sync.follow_all(within=60))  # noqa: RUF006 - it dies
            OWNER.reset(token)
            await asyncio.sleep(0.5)
            assert world.store.tables.leases["alpha"].owner == "me"
            process.alive = False
            await asyncio.sleep(0.1)
            before = heard(world, "sup")
            world.exchange.hang_up("ann")
            if told:
                daemon.controller.mark("alpha", Priority.WEBHOOK)
            await asyncio.sleep(LEASE_SECONDS + RESYNC + 2.0)
            seconds = heard(world, "sup") - before
            assert world.legs("alpha")["sup"].muted
            assert 0.0 < seconds < LEASE_SECONDS + bound(told=told)

    run(story)


def test_at_once_when_a_daemon_starts_beside_an_unreadable_room() -> None:
    async def story() -> None:
        world = World()
        async with settled(world, COACHED, Roster("beta", (member("eve"),))):
            pass
        world.store.unreadable = "beta"
        async with world.daemon(resync=RESYNC) as daemon:
            await asyncio.sleep(0.5)
            assert not daemon.controller.warm
            seconds = await target_leaves(world, daemon, told=True)
            assert 0.0 < seconds < bound(told=True)

    run(story)


def test_before_a_daemon_has_read_every_room() -> None:
    async def story() -> None:
        world = World()
        async with settled(world, COACHED, Roster("beta", (member("eve"),))):
            pass
        world.store.unreadable = "beta"
        world.exchange.hang_up("ann")
        before = heard(world, "sup")
        began = world.loop.time()
        async with world.daemon(resync=RESYNC) as daemon:
            await asyncio.sleep(RESYNC + 1.0)
            assert not daemon.controller.warm
            assert world.legs("alpha")["sup"].muted
            assert heard(world, "sup") - before < RESYNC + 1.0
            assert [each[1] for each in daemon.wire.writes()] == ["POST"]
        assert world.loop.time() - began < 30

    run(story)


@TOLD
def test_while_a_number_of_the_room_is_refused(told: bool) -> None:
    async def story() -> None:
        refused = Subscriber(refused=21299, refused_status=403)
        world = World(people=People({NUMBER: refused}))
        async with settled(world, COACHED) as daemon:
            stranger = Member("cal", NUMBER, "+15005550006")
            roster = replace(COACHED, members=(*COACHED.members, stranger))
            await world.declare(roster)
            daemon.controller.mark("alpha", Priority.PERSON)
            await asyncio.sleep(3.0)
            seconds = await target_leaves(world, daemon, told=told)
            assert 0.0 < seconds < bound(told=told)

    run(story)


def test_a_silence_of_the_plan_goes_before_its_creates_are_answered() -> None:
    async def story() -> None:
        world = World()
        async with settled(world, COACHED) as daemon:
            hanging(world, 1)
            muted = replace(
                COACHED, members=(*COACHED.members[:2], member("dan", muted=True))
            )
            await world.declare(beside(muted, 1))
            daemon.controller.mark("alpha", Priority.PERSON)
            await asyncio.sleep(1.0)
            assert world.legs("alpha")["dan"].muted
            open_again = replace(
                COACHED, members=(*COACHED.members[:2], member("dan", muted=False))
            )
            await world.declare(beside(open_again, 1))
            daemon.controller.mark("alpha", Priority.PERSON)
            await asyncio.sleep(1.0)
            assert not world.legs("alpha")["dan"].muted

    run(story)
