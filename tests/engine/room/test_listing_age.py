"""Nobody is called or removed on a listing of more than two seconds ago."""

import asyncio
from typing import Any

from msgspec.structs import replace

from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.freshness import MAX_OBSERVATION_AGE_SECONDS
from reconciler.model.roster import Unlisted
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.people import ALWAYS, People, Subscriber
from tests.engine.world import Daemon, World, member, roster, run

ROOM = "alpha"
ANN, BOB, CARA = member("ann"), member("bob"), member("cara")
STRANGER = "+15559990001"
ROSTER = replace(roster(ROOM, ANN), unlisted=Unlisted.REMOVE)
LISTING = "Participants.json"


def slow(path: str, seconds: float, **more: Any) -> Fault:
    return Fault(FaultKind.SLOW, "GET", path, seconds=seconds, times=ALWAYS, **more)


def listed_before(daemon: Daemon, method: str) -> float:
    """Seconds between the latest listing that was asked for and the last write."""
    requests = daemon.wire.requests
    *_, (at, *_) = [each for each in daemon.wire.writes() if each[1] == method]
    listings = [x for x, how, path in requests if how == "GET" and LISTING in path]
    return at - max(x for x in listings if x <= at)


def test_records_that_come_late_do_not_keep_a_stranger_in_the_room() -> None:
    async def story() -> None:
        world = World()
        await world.declare(ROSTER)
        async with world.daemon() as daemon:
            await asyncio.sleep(60)
            world.exchange.faults.add(slow("*/Calls/*", 2.5))
            world.exchange.dial_in(ROOM, STRANGER)
            await asyncio.sleep(60)
            assert list(world.legs(ROOM)) == ["ann"]
            assert listed_before(daemon, "DELETE") < MAX_OBSERVATION_AGE_SECONDS

    run(story)


def test_nobody_is_called_who_came_while_other_records_were_read() -> None:
    async def story() -> None:
        world = World()
        await world.declare(replace(ROSTER, unlisted=Unlisted.KEEP))
        async with world.daemon() as daemon:
            await asyncio.sleep(60)
            world.exchange.dial_in(ROOM, STRANGER)
            world.exchange.faults.add(slow("*/Calls/*", 6.0))
            both = replace(roster(ROOM, ANN, BOB), unlisted=Unlisted.KEEP)
            daemon.wire.requests.clear()
            await world.declare(both)
            daemon.controller.mark(ROOM, Priority.PERSON)
            await asyncio.sleep(4)
            world.exchange.dial_in(ROOM, BOB.to)
            await asyncio.sleep(120)
            assert [each for each in daemon.wire.writes() if each[1] == "POST"] == []

    run(story)


def test_a_listing_that_takes_three_seconds_each_time_lets_people_be_called() -> None:
    async def story() -> None:
        world = World()
        world.exchange.faults.add(slow(f"*/{LISTING}*", 3.0))
        await world.declare(roster(ROOM, ANN))
        async with world.daemon() as daemon:
            await asyncio.sleep(60)
            await world.declare(roster(ROOM, ANN, BOB))
            daemon.controller.mark(ROOM, Priority.PERSON)
            await asyncio.sleep(60)
            assert sorted(map(str, world.legs(ROOM))) == ["ann", "bob"]

    run(story)


def test_others_are_called_while_the_record_of_one_who_is_rung_comes_late() -> None:
    async def story() -> None:
        people = People({BOB.to: Subscriber(answers_after=40.0)})
        world = World(people=people)
        await world.declare(roster(ROOM, ANN, BOB))
        async with world.daemon() as daemon:
            await asyncio.sleep(5)
            world.exchange.faults.add(slow("*/Calls/*", 2.5))
            await world.declare(roster(ROOM, ANN, BOB, CARA))
            daemon.controller.mark(ROOM, Priority.PERSON)
            await asyncio.sleep(15)
            assert "cara" in world.legs(ROOM)
            assert listed_before(daemon, "POST") < MAX_OBSERVATION_AGE_SECONDS

    run(story)
