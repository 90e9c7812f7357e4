"""Single refusals that mean nothing: no room waits for long, no sync ends for one."""

import asyncio

import httpx
import pytest

from reconciler.engine.loop.observer import RunOutcome
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.errors import CredentialsRefused
from tests.engine.caller import Caller, people
from tests.engine.world import World, member, roster, run

ROOM = "support-line"
TWILIO = httpx.Response(401, json={"code": 20003, "message": "Authenticate"})
CDN = httpx.Response(403, html="<h1>Request blocked</h1>")


@pytest.mark.parametrize("stray", [TWILIO, CDN], ids=["twilio", "cdn"])
@pytest.mark.parametrize("number", range(1, 10))
def test_a_sync_that_meets_one_stray_converges_and_rings_nobody_twice(
    number: int, stray: httpx.Response
) -> None:
    async def story() -> None:
        caller = Caller(World())
        caller.wire.strays = {number: stray}
        await caller.declare(people(3))
        began = caller.loop.time()
        made = await caller.follow()
        assert len(caller.rung()) == len(set(caller.rung()))
        if made.state is not RoomPhase.CONVERGED:
            posts = [each[1] for each in caller.wire.requests[number - 1 : number]]
            assert (stray, posts) == (CDN, ["POST"])
            return
        assert caller.rung() == [each.label for each in people(3).members]
        assert caller.loop.time() - began < 20.0

    run(story)


def test_a_sync_whose_credentials_are_taken_back_says_so_within_seconds() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(3))
        await caller.follow()
        caller.wire.refused = True
        began = caller.loop.time()
        with pytest.raises(CredentialsRefused):
            await caller.follow()
        assert caller.loop.time() - began < 6.0

    run(story)


@pytest.mark.parametrize("stray", [TWILIO, CDN], ids=["twilio", "cdn"])
def test_a_daemon_that_meets_a_stray_goes_on_within_seconds(
    stray: httpx.Response,
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann", muted=False)))
        async with world.daemon() as daemon:
            await asyncio.sleep(90)
            daemon.observer.run_outcomes.clear()
            world.mute(ROOM, "ann", muted=True)
            seen = len(daemon.wire.requests)
            daemon.wire.strays = dict.fromkeys((seen + 1, seen + 2, seen + 4), stray)
            daemon.controller.mark(ROOM, Priority.WEBHOOK)
            await asyncio.sleep(8)
            assert not world.legs(ROOM)["ann"].muted
            assert not daemon.observer.run_outcomes[RunOutcome.REFUSED]

    run(story)


def test_a_daemon_whose_credentials_are_taken_back_says_so_within_seconds() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann")))
        async with world.daemon() as daemon:
            await asyncio.sleep(90)
            daemon.wire.refused = True
            daemon.controller.mark(ROOM, Priority.WEBHOOK)
            await asyncio.sleep(6)
            assert daemon.observer.run_outcomes[RunOutcome.REFUSED]
            daemon.wire.refused = False
            await asyncio.sleep(10)
            daemon.observer.run_outcomes.clear()
            await asyncio.sleep(35)
            assert (
                daemon.observer.run_outcomes[RunOutcome.UNCHANGED]
                + daemon.observer.run_outcomes[RunOutcome.NO_CHANGES]
            )

    run(story)
