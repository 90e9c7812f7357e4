"""The loop, on virtual time, against the simulator."""

import asyncio

import pytest

from reconciler.engine.queue import Lane
from reconciler.engine.watch import Ending
from tests.engine.world import World, member, roster, run

ROOM = "support-line"


def test_a_declared_room_is_filled_and_then_left_in_peace() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann"), member("bob", muted=True)))
        async with world.daemon() as daemon:
            await asyncio.sleep(30)
            legs = world.legs(ROOM)
            assert {label: leg.muted for label, leg in legs.items()} == {
                "ann": False,
                "bob": True,
            }
            await asyncio.sleep(60)
            writes, sent = world.store.writes, len(daemon.wire.writes())
            looks = len(daemon.wire.requests)
            await asyncio.sleep(300)
            assert world.store.writes == writes
            assert len(daemon.wire.writes()) == sent
            looked = daemon.wire.requests[looks:]
            lists = [each for each in looked if each[2].endswith("Participants.json")]
            assert 9 <= len(lists) <= 12
            assert len(looked) == 3 * len(lists)

    run(story)
