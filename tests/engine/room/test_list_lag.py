"""A list of conferences by name that lags behind what our own creates made."""

import asyncio

import pytest

from reconciler.engine.room.evaluation import RoomPhase
from tests.engine.caller import Caller, people
from tests.engine.world import World, member, roster, run

ROOM = "support-line"


@pytest.mark.parametrize("lag", [2.0, 40.0, 120.0])
def test_a_room_is_made_and_believed_made_before_the_list_shows_it(lag: float) -> None:
    async def story() -> None:
        world = World()
        world.exchange.flip(conferences_list_lag=lag)
        caller = Caller(world)
        await caller.declare(people(3))
        made = await caller.follow()
        assert made.state is RoomPhase.CONVERGED
        assert {each.phase for each in made.evaluation.plan.people} == {"connected"}
        assert caller.rung() == [each.label for each in people(3).members]

    run(story)


def test_a_lagging_list_costs_a_daemon_one_question_more_and_then_none() -> None:
    async def story() -> None:
        world = World()
        world.exchange.flip(conferences_list_lag=60.0)
        await world.declare(roster(ROOM, member("ann", muted=False)))
        async with world.daemon() as daemon:
            await asyncio.sleep(20)
            (ann,) = world.exchange.state.participants.values()
            leg = ann.latest
            form = {"Muted": ("true",)}
            world.exchange.update_participant(leg.conference_sid, leg.call_sid, form)
            await asyncio.sleep(10)
            assert not ann.latest.muted
            await asyncio.sleep(200)
            daemon.wire.requests.clear()
            await asyncio.sleep(60)
            own = [
                each[2]
                for each in daemon.wire.requests
                if "/Conferences/CF" in each[2] and "Participants" not in each[2]
            ]
            assert own == []

    run(story)
