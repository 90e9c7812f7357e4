"""What Twilio refuses again and again is asked ever more seldom, and told."""

import asyncio

import pytest
from msgspec.structs import replace

from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.roster import RoomState
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.people import ALWAYS
from tests.engine.caller import Caller, people
from tests.engine.world import Daemon, World, member, roster, run

ROOM = "support-line"
REFUSALS = [
    (FaultKind.NOT_FOUND, 20404),
    (FaultKind.NOT_FOUND, 16001),
    (FaultKind.BAD_REQUEST, 16099),
    (FaultKind.BAD_REQUEST, 21205),
    (FaultKind.UNAVAILABLE, 20503),
]


def posts(daemon: Daemon, since: float, until: float) -> int:
    return sum(
        1
        for at, method, path in daemon.wire.requests
        if method == "POST" and "/Participants/CA" in path and since <= at < until
    )


@pytest.mark.parametrize(("kind", "code"), REFUSALS)
def test_a_mute_that_is_refused_for_minutes_is_slowed_told_and_then_done(
    kind: FaultKind, code: int
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann", muted=True), member("bob")))
        async with world.daemon() as daemon:
            await asyncio.sleep(60)
            world.mute(ROOM, "ann", muted=False)
            fault = Fault(kind, method="POST", who="ann", lasts=300.0, code=code)
            world.exchange.faults.add(fault)
            began = world.loop.time()
            await asyncio.sleep(120)
            assert 4 <= posts(daemon, began, began + 120) <= 24
            await asyncio.sleep(120)
            assert posts(daemon, began + 120, began + 240) <= 13
            told = [each.kind for each in await world.store.events(ROOM, limit=500)]
            assert told.count("member.stalled") == 1
            await asyncio.sleep(150)
            assert world.legs(ROOM)["ann"].muted

    run(story)


def test_a_sync_does_not_hammer_somebody_who_is_listed_and_gone() -> None:
    async def story() -> None:
        world = World()
        caller = Caller(world)
        await caller.declare(people(2))
        await caller.follow()
        fault = Fault(FaultKind.NOT_FOUND, method="POST", who="p000", times=ALWAYS)
        world.exchange.faults.add(fault)
        silent = [replace(each, muted=True) for each in people(2).members]
        await caller.declare(replace(people(2), members=tuple(silent)))
        before = len(caller.wire.requests)
        began = caller.loop.time()
        made = await caller.follow()
        seconds = caller.loop.time() - began
        tried = [each for each in caller.wire.requests[before:] if each[1] == "POST"]
        assert len(tried) <= 24
        assert len(caller.wire.requests) - before <= 3 * seconds
        assert made.state is RoomPhase.STALLED

    run(story)


@pytest.mark.parametrize("code", [0, 16099, 20001])
def test_an_ending_that_is_refused_is_done_person_by_person(code: int) -> None:
    async def story() -> None:
        world = World()
        wanted = roster(ROOM, member("ann"), member("bob"))
        await world.declare(wanted)
        async with world.daemon() as daemon:
            await asyncio.sleep(60)
            fault = Fault(
                FaultKind.BAD_REQUEST,
                method="POST",
                path="*/Conferences/CF*[0-9a-f].json",
                times=ALWAYS,
                code=code,
            )
            world.exchange.faults.add(fault)
            before = len(daemon.wire.writes())
            await world.declare(replace(wanted, state=RoomState.ENDED))
            world.store.decide_on(ROOM, "load")
            await asyncio.sleep(20)
            assert world.legs(ROOM) == {}
            assert len(daemon.wire.writes()) - before <= 8

    run(story)


@pytest.mark.parametrize("kind", [FaultKind.NOT_FOUND, FaultKind.UNAVAILABLE])
def test_nobody_is_unmuted_for_the_sake_of_a_mute_that_found_nobody(
    kind: FaultKind,
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(
            roster(ROOM, member("ann", muted=False), member("bob", muted=True))
        )
        async with world.daemon() as daemon:
            await asyncio.sleep(60)
            fault = Fault(kind, method="POST", who="ann", lasts=60.0)
            world.exchange.faults.add(fault)
            await world.declare(
                roster(ROOM, member("ann", muted=True), member("bob", muted=False))
            )
            daemon.controller.mark(ROOM, Priority.PERSON)
            for _ in range(110):
                await asyncio.sleep(0.5)
                assert world.legs(ROOM)["bob"].muted
            await asyncio.sleep(60)
            assert world.legs(ROOM)["ann"].muted
            assert not world.legs(ROOM)["bob"].muted

    run(story)


@pytest.mark.parametrize("kind", [FaultKind.HANG, FaultKind.BAD_REQUEST])
def test_a_hold_does_not_wait_for_an_end_flag_that_hangs_or_is_refused(
    kind: FaultKind,
) -> None:
    async def story() -> None:
        world = World()
        world.exchange.flip(end_flag="never_on_hold")
        wanted = roster(ROOM, member("ann", end_conference_on_exit=False))
        await world.declare(wanted)
        async with world.daemon() as daemon:
            await asyncio.sleep(60)
            fault = Fault(kind, method="POST", who="ann", times=1)
            world.exchange.faults.add(fault)
            ann = member("ann", end_conference_on_exit=True, hold=True)
            await world.declare(roster(ROOM, ann))
            daemon.controller.mark(ROOM, Priority.PERSON)
            await asyncio.sleep(2.0)
            assert world.legs(ROOM)["ann"].hold

    run(story)


def test_an_end_flag_is_set_before_the_hold_that_would_make_it_void() -> None:
    async def story() -> None:
        world = World()
        world.exchange.flip(end_flag="never_on_hold")
        await world.declare(roster(ROOM, member("ann", end_conference_on_exit=True)))
        async with world.daemon() as daemon:
            await asyncio.sleep(60)
            ann = member("ann", end_conference_on_exit=False, hold=True)
            await world.declare(roster(ROOM, ann))
            daemon.wire.requests.clear()
            daemon.controller.mark(ROOM, Priority.PERSON)
            await asyncio.sleep(30)
            leg = world.legs(ROOM)["ann"]
            assert (leg.hold, leg.end_conference_on_exit) == (True, False)
            assert len(daemon.wire.writes()) == 2

    run(story)


def test_an_end_flag_of_somebody_on_hold_is_sent_twice_and_told_with_the_edit() -> None:
    async def story() -> None:
        world = World()
        world.exchange.flip(end_flag="never_on_hold")
        held = member("ann", end_conference_on_exit=True, hold=True)
        await world.declare(roster(ROOM, held))
        async with world.daemon() as daemon:
            await asyncio.sleep(60)
            wanted = replace(held, end_conference_on_exit=False)
            await world.declare(roster(ROOM, wanted))
            daemon.wire.requests.clear()
            daemon.controller.mark(ROOM, Priority.PERSON)
            await asyncio.sleep(300)
            assert len(daemon.wire.writes()) == 2
            told = [each.message for each in await world.store.events(ROOM, limit=50)]
            assert any(
                "declare it together with 'hold: false'" in each for each in told
            )
            assert not any("flapping" in each for each in told)

    run(story)


def test_a_removal_of_somebody_who_stays_listed_is_slowed_and_told() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann"), member("bob")))
        async with world.daemon() as daemon:
            await asyncio.sleep(60)
            fault = Fault(FaultKind.NOT_FOUND, method="DELETE", who="bob", lasts=400.0)
            world.exchange.faults.add(fault)
            await world.declare(roster(ROOM, member("ann")))
            daemon.wire.requests.clear()
            daemon.controller.mark(ROOM, Priority.PERSON)
            await asyncio.sleep(300)
            assert 5 <= len(daemon.wire.writes()) <= 11
            told = [each.message for each in await world.store.events(ROOM, limit=99)]
            assert any("removed, but listed again" in each for each in told)
            await asyncio.sleep(160)
            assert set(world.legs(ROOM)) == {"ann"}

    run(story)
