"""The loop, on virtual time, against the simulator."""

import asyncio

from reconciler.engine.desired_room import Standing
from reconciler.engine.loop.observer import RunOutcome
from reconciler.engine.loop.work_queue import Priority
from reconciler.store.queries.operator_decision import Decision
from tests.engine.world import Daemon, World, caller_of, member, roster, run

ROOM = "support-line"


async def settled(daemon: Daemon, seconds: float = 90) -> None:
    """Wait until everybody is in and the rooms count as quiet."""
    await asyncio.sleep(seconds)
    assert not daemon.controller.heartbeat().oldest_run_at


def test_a_declared_room_is_filled_and_then_left_in_peace() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann"), member("bob", muted=True)))
        async with world.daemon() as daemon:
            await settled(daemon)
            muted = {label: leg.muted for label, leg in world.legs(ROOM).items()}
            assert muted == {"ann": False, "bob": True}
            writes, sent = world.store.writes, len(daemon.wire.writes())
            before = len(daemon.wire.requests)
            await asyncio.sleep(300)
            assert world.store.writes == writes
            assert len(daemon.wire.writes()) == sent
            looked = daemon.wire.requests[before:]
            lists = [each for each in looked if each[2].endswith("Participants.json")]
            assert 9 <= len(lists) <= 12
            assert len(looked) == 3 * len(lists)

    run(story)


def test_drift_made_by_hand_is_repaired_within_one_resync() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann", muted=False)))
        async with world.daemon(resync=10.0) as daemon:
            await settled(daemon)
            world.mute(ROOM, "ann", muted=True)
            await asyncio.sleep(11.0 + 1.0 + 1.0)
            assert not world.legs(ROOM)["ann"].muted
            assert (ROOM, frozenset({"muted"})) in daemon.observer.drift

    run(story)


def test_a_webhook_repairs_drift_without_waiting_for_a_resync() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann", muted=False)))
        async with world.daemon(resync=3600.0) as daemon:
            await settled(daemon)
            daemon.wire.delay = 0.001
            world.mute(ROOM, "ann", muted=True)
            assert daemon.controller.mark(ROOM, Priority.WEBHOOK)
            await asyncio.sleep(0.25)
            assert not world.legs(ROOM)["ann"].muted

    run(story)


def test_a_webhook_of_an_unknown_room_leaves_nothing_behind() -> None:
    async def story() -> None:
        world = World()
        async with world.daemon() as daemon:
            await asyncio.sleep(3)
            assert not daemon.controller.mark("nowhere", Priority.WEBHOOK)
            assert daemon.controller.resync_schedule.rooms() == ()

    run(story)


def test_marks_during_a_run_cause_exactly_one_more() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")))
        async with world.daemon(resync=3600.0) as daemon:
            await settled(daemon)
            runs = daemon.observer.runs[ROOM]
            daemon.controller.mark(ROOM, Priority.PERSON)
            await asyncio.sleep(0.01)
            for _ in range(5):
                daemon.controller.mark(ROOM, Priority.WEBHOOK)
                await asyncio.sleep(0.005)
            await asyncio.sleep(10)
            assert daemon.observer.runs[ROOM] == runs + 2

    run(story)


def test_a_decision_in_another_process_counts_within_two_seconds() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann", muted=False)))
        async with world.daemon(resync=3600.0) as daemon:
            await settled(daemon)
            world.mute(ROOM, "ann", muted=True)
            world.store.decide_on(ROOM, "look, said sue")
            await asyncio.sleep(2)
            assert not world.legs(ROOM)["ann"].muted
            told = await world.store.events(ROOM, limit=2)
            assert {each.cause for each in told} == {"look, said sue"}

    run(story)


def test_a_new_room_appears_without_a_restart() -> None:
    async def story() -> None:
        world = World()
        async with world.daemon():
            await asyncio.sleep(60)
            await world.declare(roster(ROOM, member("ann")))
            await asyncio.sleep(10)
            assert set(world.legs(ROOM)) == {"ann"}

    run(story)


def test_a_new_room_that_somebody_marked_is_met_at_once() -> None:
    async def story() -> None:
        world = World()
        async with world.daemon() as daemon:
            await asyncio.sleep(60.5)
            await world.declare(roster(ROOM, member("ann")))
            world.store.decide_on(ROOM, "load")
            await asyncio.sleep(1.2)
            assert daemon.observer.runs[ROOM]
            told = await world.store.events(ROOM, limit=1)
            assert told[0].cause == "load"

    run(story)


def test_every_room_is_read_before_the_first_is_changed() -> None:
    async def story() -> None:
        world = World()
        rooms = [f"room-{number}" for number in range(20)]
        await world.declare(*(roster(room, caller_of(room)) for room in rooms))
        async with world.daemon(workers=2) as daemon:
            await asyncio.sleep(60)
            first = daemon.wire.writes()[0][0]
            assert daemon.observer.run_outcomes[RunOutcome.DEFERRED] == 20
            assert all(world.legs(room) for room in rooms)
            looks = [at for at, method, _ in daemon.wire.requests if method == "GET"]
            assert sum(at < first for at in looks) >= 20

    run(story)


def test_a_room_that_cannot_be_read_holds_up_the_others_for_thirty_seconds() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")), roster("gone", member("bob")))
        async with world.daemon() as daemon:
            world.store.unreadable = "gone"
            await asyncio.sleep(25)
            assert not world.legs(ROOM)
            assert not daemon.controller.warm
            await asyncio.sleep(10)
            assert world.legs(ROOM)

    run(story)


def test_a_busy_room_is_tried_again_soon_and_is_no_error() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")))
        held = await world.store.acquire(ROOM, "sync", world.loop.time(), 1e6)
        async with world.daemon() as daemon:
            await asyncio.sleep(20)
            assert daemon.observer.run_outcomes[RunOutcome.BUSY] >= 5
            assert not daemon.observer.troubles
            assert not world.legs(ROOM)
            await world.store.release(held)
            await asyncio.sleep(6)
            assert world.legs(ROOM)

    run(story)


def test_two_daemons_never_work_on_one_room_together() -> None:
    async def story() -> None:
        world = World()
        rooms = [f"room-{number}" for number in range(6)]
        people = (member("ann"), member("bob", muted=True))
        await world.declare(*(roster(room, *people) for room in rooms))
        async with world.daemon(name="one") as one, world.daemon(name="two") as two:
            await settled(one)
            writes = sorted(one.wire.writes() + two.wire.writes())
            rings = [each for each in writes if each[2].endswith("Participants.json")]
            assert len(rings) == 12
            assert all(len(world.legs(room)) == 2 for room in rooms)
            busy = (
                one.observer.run_outcomes[RunOutcome.BUSY]
                + two.observer.run_outcomes[RunOutcome.BUSY]
            )
            assert busy
            assert not one.observer.troubles + two.observer.troubles

    run(story)


def test_a_room_is_released_at_rest_and_held_while_it_moves() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")))
        async with world.daemon() as daemon:
            await asyncio.sleep(1)
            lease = world.store.tables.leases[ROOM]
            assert lease.expires_at > world.loop.time()
            await settled(daemon)
            assert world.store.tables.leases[ROOM].expires_at == 0.0
            assert world.store.tables.leases[ROOM].fencing_token == lease.fencing_token

    run(story)


def test_a_paused_room_is_not_even_read_and_resumes_at_once() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann", muted=False)))
        async with world.daemon(resync=10.0) as daemon:
            await settled(daemon)
            now = world.loop.time()
            await world.store.stand(Decision(ROOM, now, "sue"), Standing.PAUSED)
            world.mute(ROOM, "ann", muted=True)
            before = len(daemon.wire.requests)
            await asyncio.sleep(60)
            assert len(daemon.wire.requests) <= before + 3
            assert world.legs(ROOM)["ann"].muted
            await world.store.stand(Decision(ROOM, now, "sue"), Standing.MANAGED)
            world.store.decide_on(ROOM, "resume by sue")
            await asyncio.sleep(2)
            assert not world.legs(ROOM)["ann"].muted

    run(story)
