"""A silence without an answer is sent again, and the first answer counts."""

import asyncio

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.resend import RESEND_SECONDS
from reconciler.model.roster import Member, Roster
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.store.queries.operator_decision import Decision
from tests.engine.hearing import others
from tests.engine.world import Daemon, World, member, run

UPDATES = "*/Participants/*"
ANN = member("ann", muted=False, hold=False)
BOB = member("bob")


def lost(world: World, kind: FaultKind, times: int = 1, *, after: bool = False) -> None:
    fault = Fault(kind, "POST", UPDATES, times=times, seconds=12.0, after=after)
    world.exchange.faults.add(fault)


async def declared(world: World, daemon: Daemon, ann: Member) -> None:
    """Ann is declared otherwise, and seen to be."""
    await world.declare(Roster("alpha", (ann, BOB)))
    daemon.controller.mark("alpha", Priority.PERSON)


def updates(daemon: Daemon) -> int:
    return sum("Participants/CA" in each[2] for each in daemon.wire.requests)


@pytest.mark.parametrize("said", [{"muted": True}, {"hold": True}])
@pytest.mark.parametrize("kind", [FaultKind.HANG, FaultKind.SLOW])
def test_it_takes_two_seconds_and_not_fifteen(
    kind: FaultKind, said: dict[str, bool]
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(Roster("alpha", (ANN, BOB)))
        async with world.daemon(resync=30.0) as daemon:
            await asyncio.sleep(60)
            lost(world, kind)
            daemon.wire.requests.clear()
            await declared(world, daemon, member("ann", **said))
            await asyncio.sleep(RESEND_SECONDS - 0.2)
            leg = world.legs("alpha")["ann"]
            assert (leg.muted, leg.hold) == (False, False)
            await asyncio.sleep(0.5)
            leg = world.legs("alpha")["ann"]
            assert leg.muted or leg.hold
            assert updates(daemon) == 2
            planned = [
                each
                for each in world.store.tables.events
                if each.kind == "change.planned"
            ]
            assert [each.label for each in planned] == ["ann", "ann"]
            assert "sent again" in planned[-1].message

    run(story)


def test_an_answer_in_time_is_not_asked_for_twice() -> None:
    async def story() -> None:
        world = World()
        await world.declare(Roster("alpha", (ANN, BOB)))
        async with world.daemon(resync=30.0) as daemon:
            await asyncio.sleep(60)
            daemon.wire.requests.clear()
            await declared(world, daemon, member("ann", muted=True))
            await asyncio.sleep(20)
            assert updates(daemon) == 1

    run(story)


def test_what_exposes_somebody_is_sent_once() -> None:
    async def story() -> None:
        world = World()
        await world.declare(Roster("alpha", (member("ann", muted=True), BOB)))
        async with world.daemon(resync=30.0) as daemon:
            await asyncio.sleep(60)
            lost(world, FaultKind.HANG)
            daemon.wire.requests.clear()
            await declared(world, daemon, member("ann", muted=False))
            await asyncio.sleep(10)
            assert updates(daemon) == 1

    run(story)


def test_nothing_is_sent_again_for_a_room_that_was_paused_meanwhile() -> None:
    async def story() -> None:
        world = World()
        await world.declare(Roster("alpha", (ANN, BOB)))
        async with world.daemon(resync=30.0) as daemon:
            await asyncio.sleep(60)
            lost(world, FaultKind.HANG)
            daemon.wire.requests.clear()
            await declared(world, daemon, member("ann", muted=True))
            await asyncio.sleep(1)
            await world.store.stand(
                Decision("alpha", world.loop.time(), "test"), Standing.PAUSED
            )
            await asyncio.sleep(20)
            assert updates(daemon) == 1
            assert not world.legs("alpha")["ann"].muted

    run(story)


def test_nothing_is_sent_again_after_a_pause_that_is_over_by_then() -> None:
    async def story() -> None:
        world = World()
        await world.declare(Roster("alpha", (ANN, BOB)))
        async with world.daemon(resync=30.0) as daemon:
            await asyncio.sleep(60)
            lost(world, FaultKind.HANG)
            daemon.wire.requests.clear()
            await declared(world, daemon, member("ann", muted=True))
            await asyncio.sleep(1)
            now = world.loop.time()
            await world.store.stand(
                Decision("alpha", now, "test"), Standing.PAUSED, until=now + 2.0
            )
            await asyncio.sleep(2 * RESEND_SECONDS + 1.0)
            assert updates(daemon) == 1

    run(story)


def test_a_second_request_that_has_not_left_when_the_first_is_answered_never_does() -> (
    None
):
    async def story() -> None:
        world = World()
        await world.declare(Roster("alpha", (ANN, BOB)))
        async with world.daemon(resync=30.0) as daemon:
            await asyncio.sleep(60)
            slow = Fault(FaultKind.SLOW, "POST", UPDATES, seconds=RESEND_SECONDS + 0.2)
            world.exchange.faults.add(slow)
            daemon.wire.left.clear()
            await declared(world, daemon, member("ann", muted=True))
            await asyncio.sleep(RESEND_SECONDS - 0.2)
            daemon.wire.connecting = 1.0
            await asyncio.sleep(5)
            assert updates(daemon) >= 2
            assert len(daemon.wire.left) == 1
            assert world.legs("alpha")["ann"].muted

    run(story)


def test_a_first_request_that_has_not_left_when_the_second_is_answered_never_does() -> (
    None
):
    """The room's row is checked again for a call, so that the first might still leave."""

    async def story() -> None:
        world = World()
        await world.declare(Roster("alpha", (ANN, BOB)))
        async with world.daemon(resync=30.0) as daemon:
            await asyncio.sleep(60)
            creates = "*/Participants.json"
            slow = Fault(FaultKind.SLOW, "POST", creates, seconds=12.0)
            world.exchange.faults.add(slow)
            daemon.wire.left.clear()
            daemon.wire.wrote.clear()
            daemon.wire.connecting = RESEND_SECONDS + 0.3
            ann = member("ann", muted=True)
            await world.declare(Roster("alpha", (ann, BOB, member("carl"))))
            daemon.controller.mark("alpha", Priority.PERSON)
            await daemon.wire.wrote.wait()
            daemon.wire.connecting = 0.0
            await asyncio.sleep(RESEND_SECONDS + 0.2)
            assert world.legs("alpha")["ann"].muted
            assert len(daemon.wire.left) == 2
            await asyncio.sleep(2)
            assert updates(daemon) >= 2
            assert len(daemon.wire.left) == 2

    run(story)


def test_a_second_answer_that_is_none_leaves_the_first_to_be_waited_for() -> None:
    async def story() -> None:
        world = World()
        await world.declare(Roster("alpha", (ANN, BOB)))
        async with world.daemon(resync=30.0) as daemon:
            await asyncio.sleep(60)
            lost(world, FaultKind.SLOW, after=True)
            lost(world, FaultKind.RESET)
            daemon.wire.requests.clear()
            await declared(world, daemon, member("ann", muted=True))
            await asyncio.sleep(11)
            done = [
                x for x in world.store.tables.events if x.kind.startswith("change.")
            ]
            assert [x.kind for x in done] == ["change.planned"] * 2
            await asyncio.sleep(4)
            done = [
                x for x in world.store.tables.events if x.kind.startswith("change.")
            ]
            assert done[-1].kind == "change.done"
            assert updates(daemon) == 2

    run(story)


def test_silences_that_hang_leave_the_reserved_places_to_others() -> None:
    async def story() -> None:
        world = World()
        crowd = others("beta", 30)
        await world.declare(crowd)
        async with world.daemon(resync=30.0, workers=20) as daemon:
            await asyncio.sleep(90)
            lost(world, FaultKind.HANG, times=99)
            muted = tuple(replace(each, muted=True) for each in crowd.members)
            await world.declare(replace(crowd, members=muted))
            daemon.controller.mark("beta", Priority.PERSON)
            await asyncio.sleep(RESEND_SECONDS + 1.0)
            assert daemon.limiter.in_flight.changes_free == 0
            assert daemon.limiter.in_flight.silences.take()

    run(story)
