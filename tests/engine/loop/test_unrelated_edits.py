"""What was withheld stays withheld although few are left and something else is edited."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.roster import Limits, Roster
from reconciler.simulator.exchange.conference import find_live
from tests.engine.world import World, member, run

ROOM = "support-line"
PEOPLE = [f"p{n}" for n in range(9)]
LIMITS = Limits(removals=3, rings=4, exposures=3)


def file(labels: Iterable[str] = PEOPLE, **more: Any) -> Roster:
    people = tuple(member(x, muted=more.get("muted", False)) for x in labels)
    return Roster(ROOM, people, limits=LIMITS, notify=more.get("notify", ()))


async def begin(world: World, **more: Any) -> None:
    """Everybody in the room, by rosters that grow within the limits."""
    for count in (4, 8, 9):
        await world.declare(file(PEOPLE[:count], **more))
        world.store.decide_on(ROOM, "test")
        await asyncio.sleep(15)
    assert len(world.legs(ROOM)) == len(PEOPLE)
    await asyncio.sleep(60)


async def edit(world: World, roster: Roster) -> None:
    await world.declare(roster)
    world.store.decide_on(ROOM, "test")
    await asyncio.sleep(15)


def leave(world: World, *labels: str) -> None:
    for label in labels:
        world.exchange.hang_up(world.legs(ROOM)[label].call_sid)


def inside(world: World) -> list[str]:
    return sorted(map(str, world.legs(ROOM)))


def unmuted(world: World) -> int:
    return sum(not each.muted for each in world.legs(ROOM).values())


@pytest.mark.parametrize("about", ["notify", "muted"])
def test_removals_stay_withheld_when_something_else_is_edited(about: str) -> None:
    async def story() -> None:
        world = World()
        async with world.daemon():
            await begin(world)
            await edit(world, file(PEOPLE[:2]))
            leave(world, *PEOPLE[5:])
            await asyncio.sleep(15)
            more: dict[str, Any] = {"muted": True} if about == "muted" else {}
            await edit(world, file(PEOPLE[:2], notify=("left",), **more))
            assert inside(world) == PEOPLE[:5]
            await edit(world, file(PEOPLE[:3], **more))
            assert inside(world) == PEOPLE[:3]

    run(story)


def test_exposures_stay_withheld_when_something_else_is_edited() -> None:
    async def story() -> None:
        world = World()
        async with world.daemon():
            await begin(world, muted=True)
            await edit(world, file())
            assert unmuted(world) == 0
            leave(world, *PEOPLE[3:])
            await asyncio.sleep(15)
            await edit(world, file(notify=("left",)))
            assert unmuted(world) == 0
            people = list(file().members)
            people[0] = replace(people[0], muted=True)
            await edit(world, replace(file(), members=tuple(people)))
            assert unmuted(world) == 0
            await edit(world, file())
            assert unmuted(world) == 3

    run(story)


def joined(world: World) -> int:
    """How many are in, by any call."""
    live = find_live(world.exchange.state, ROOM)
    assert live is not None
    return len(world.exchange.list_participants(live.sid, {}))


def test_rings_stay_withheld_when_something_else_is_edited() -> None:
    async def story() -> None:
        world = World()
        async with world.daemon():
            await edit(world, file(PEOPLE[:5]))
            assert inside(world) == []
            for each in file(PEOPLE[:3]).members:
                world.exchange.dial_in(ROOM, each.to)
            await asyncio.sleep(15)
            await edit(world, file(PEOPLE[:5], notify=("left",)))
            assert joined(world) == 3
            await edit(world, file(PEOPLE[:6], notify=("left",)))
            assert joined(world) == 6

    run(story)
