"""The loop when the world around it breaks: it goes on by itself."""

import asyncio

import pytest

from reconciler.engine.loop.observer import RunOutcome
from reconciler.engine.loop.work_queue import Priority
from tests.engine.world import Daemon, World, caller_of, member, roster, run

ROOM = "support-line"


async def peace(daemon: Daemon) -> None:
    await asyncio.sleep(90)
    daemon.observer.run_outcomes.clear()
    daemon.observer.troubles.clear()


def test_a_429_pauses_the_account_and_wakes_it_room_by_room() -> None:
    async def story() -> None:
        world = World()
        rooms = [f"room-{number}" for number in range(30)]
        await world.declare(*(roster(room, caller_of(room)) for room in rooms))
        async with world.daemon(workers=8) as daemon:
            await peace(daemon)
            daemon.wire.limit = 20.0
            daemon.controller.mark_all(Priority.WEBHOOK)
            await asyncio.sleep(5)
            limited = len(daemon.wire.requests)
            daemon.wire.limit = None
            await asyncio.sleep(17)
            assert len(daemon.wire.requests) == limited
            await asyncio.sleep(2.5)
            woken = daemon.wire.requests[limited:]
            lists = [each for each in woken if each[2].endswith("Participants.json")]
            assert 1 <= len(lists) <= 4
            await asyncio.sleep(20)
            assert daemon.controller.queue.depth()[Priority.WEBHOOK] == 0
            assert not daemon.observer.troubles

    run(story)


def test_a_429_on_a_write_pauses_rings_without_a_word_in_the_ledger() -> None:
    async def story() -> None:
        world = World()
        people = [member(f"p{number}") for number in range(10)]
        await world.declare(roster(ROOM, *people))
        async with world.daemon() as daemon:
            daemon.wire.limit_writes = 30.0
            await asyncio.sleep(10)
            assert len(daemon.wire.writes()) == 1
            assert len(world.store.tables.attempts) == 1
            daemon.wire.limit_writes = None
            await asyncio.sleep(120)
            assert len(world.legs(ROOM)) == 10

    run(story)


def test_the_database_goes_for_ten_minutes_and_comes_back() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann", muted=False)))
        async with world.daemon() as daemon:
            await peace(daemon)
            world.store.away = True
            world.mute(ROOM, "ann", muted=True)
            await asyncio.sleep(600)
            assert daemon.observer.run_outcomes[RunOutcome.OUTAGE] >= 10
            beat = daemon.controller.heartbeat()
            assert beat.loop_at is not None
            assert world.loop.time() - beat.loop_at <= 1.0
            world.store.away = False
            await asyncio.sleep(32)
            assert not world.legs(ROOM)["ann"].muted

    run(story)


def test_a_database_that_is_away_at_the_start_is_waited_for() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")))
        world.store.away = True
        async with world.daemon():
            await asyncio.sleep(300)
            world.store.away = False
            await asyncio.sleep(10)
            assert world.legs(ROOM)

    run(story)


def test_twilio_goes_for_ten_minutes_and_comes_back() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann", muted=False)))
        async with world.daemon() as daemon:
            await peace(daemon)
            writes = world.store.writes
            daemon.wire.cut = True
            world.mute(ROOM, "ann", muted=True)
            await asyncio.sleep(600)
            assert daemon.observer.run_outcomes[RunOutcome.UNKNOWN] >= 20
            assert world.store.writes == writes
            daemon.wire.cut = False
            await asyncio.sleep(35)
            assert not world.legs(ROOM)["ann"].muted

    run(story)


def test_what_is_withheld_is_told_once_although_a_look_failed_in_between() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann"), member("bob")))
        async with world.daemon() as daemon:
            await peace(daemon)
            await world.declare(roster(ROOM))
            await asyncio.sleep(120)
            events = await world.store.events(ROOM, limit=100)
            assert [each.kind for each in events].count("withheld.emptied-roster") == 2
            daemon.wire.cut = True
            await asyncio.sleep(120)
            daemon.wire.cut = False
            await asyncio.sleep(120)
            assert await world.store.events(ROOM, limit=100) == events
            assert len(world.legs(ROOM)) == 2

    run(story)


def test_refused_credentials_are_loud_and_not_hammered() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")))
        async with world.daemon() as daemon:
            daemon.wire.refused = True
            await asyncio.sleep(600)
            refused = [each for each in daemon.observer.troubles if each[0] == ROOM]
            assert 2 <= len(refused) <= 15
            assert len(daemon.wire.requests) <= 20
            assert {each[1] for each in refused} == {RunOutcome.REFUSED}
            daemon.wire.refused = False
            await asyncio.sleep(400)
            assert world.legs(ROOM)

    run(story)


def test_a_room_that_breaks_the_loop_breaks_only_its_own_run() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")), roster("poison", member("x")))
        async with world.daemon() as daemon:
            world.store.poisoned = "poison"
            await asyncio.sleep(600)
            assert world.legs(ROOM)
            assert 3 <= daemon.observer.run_outcomes[RunOutcome.FAILED] <= 20
            assert daemon.observer.troubles[0][:2] == ("poison", RunOutcome.FAILED)

    run(story)


def test_a_run_that_never_ends_shows_in_the_heartbeat_and_stops_nobody_else() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")), roster("stuck", member("x")))
        async with world.daemon() as daemon:
            await peace(daemon)
            world.store.stuck = "stuck"
            began = world.loop.time()
            daemon.controller.mark("stuck", Priority.PERSON)
            await asyncio.sleep(120)
            beat = daemon.controller.heartbeat()
            assert beat.oldest_run_at == pytest.approx(began, abs=1.0)
            assert beat.last_clean_at is not None
            assert world.loop.time() - beat.last_clean_at < 35

    run(story)


def test_stop_finishes_what_is_under_way_and_releases_what_is_held() -> None:
    async def story() -> None:
        world = World()
        people = [member(f"p{number}") for number in range(10)]
        await world.declare(roster(ROOM, *people))
        async with world.daemon(calls_per_second=2.0) as daemon:
            daemon.wire.delay = 1.0
            await daemon.wire.wrote.wait()
            began = world.loop.time()
            await daemon.end()
            assert world.loop.time() - began < 5.0
            assert len(world.exchange.state.calls) == len(daemon.wire.writes()) == 1
            states = [each.state for each in world.store.tables.attempts.values()]
            assert states == ["placed"]
            assert world.store.tables.leases[ROOM].expires_at == 0.0
            await asyncio.sleep(30)
            assert len(world.legs(ROOM)) == 1

    run(story)


def test_stop_puts_on_record_what_came_of_a_change_under_way() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann", muted=False)))
        async with world.daemon() as daemon:
            await peace(daemon)
            world.mute(ROOM, "ann", muted=True)
            daemon.wire.delay = 1.0
            daemon.wire.wrote.clear()
            daemon.controller.mark(ROOM, Priority.PERSON)
            await daemon.wire.wrote.wait()
            await daemon.end()
            told = await world.store.events(ROOM, limit=2)
            assert [each.kind for each in told] == ["change.planned", "change.done"]
            runs = await world.store.runs(ROOM, limit=1)
            assert runs[0].ended_at is not None

    run(story)


def test_a_tick_after_the_stop_begins_nothing() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")))
        async with world.daemon() as daemon:
            await peace(daemon)
            await daemon.end()
            world.store.away = True
            daemon.controller.tick(world.loop.time())
            await asyncio.sleep(1)
            assert not daemon.observer.troubles

    run(story)


def test_stop_does_not_wait_for_looks_nor_for_a_database_that_is_away() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")))
        async with world.daemon() as daemon:
            await peace(daemon)
            daemon.wire.delay = 25.0
            daemon.controller.mark(ROOM, Priority.PERSON)
            await asyncio.sleep(1)
            world.store.away = True
            began = world.loop.time()
            await daemon.end()
            assert world.loop.time() - began < 1.0

    run(story)


def test_stop_ends_within_its_time_although_a_write_does_not() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")))
        async with world.daemon() as daemon:
            while not daemon.wire.writes():
                daemon.wire.delay = 0.05
                await asyncio.sleep(0.01)
                if world.store.tables.attempts:
                    daemon.wire.delay = 14.0
            began = world.loop.time()
            await daemon.end()
            assert world.loop.time() - began <= 10.0

    run(story)


def test_six_quiet_hours_grow_nothing() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")))
        async with world.daemon(resync=3600.0) as daemon:
            await peace(daemon)
            queue = daemon.controller.queue
            for _ in range(6):
                daemon.wire.requests.clear()
                await asyncio.sleep(3600)
            assert len(queue._line) + len(queue._delayed) + len(queue._failures) <= 2
            assert len(world.store.tables.events) < 20

    run(story)
