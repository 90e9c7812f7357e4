"""What a person approved is carried out, whatever the daemon reads meanwhile."""

import asyncio
from collections.abc import Iterable

import pytest

from reconciler.model.action import Action, Remove
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.ledger import Approval
from reconciler.model.roster import Roster
from reconciler.planning.approved_names import Scope, names_of
from reconciler.simulator.exchange.conference import find_live
from reconciler.simulator.exchange.fault import Fault, FaultKind
from tests.engine.saving import save
from tests.engine.world import World, member, run

ROOM = "support-line"
PEOPLE = [f"p{n}" for n in range(8)]


def file(labels: Iterable[str], *, muted: bool | None = None) -> Roster:
    return Roster(ROOM, tuple(member(x, muted=muted) for x in labels))


def approval(world: World, *actions: Action) -> Approval:
    names = names_of(actions, Scope("", ROOM, 0, None))
    return Approval("a" * 64, "over", "ops", world.loop.time() + 600.0, names)


async def approve(world: World, labels: Iterable[str]) -> None:
    """Approve the removals of *labels*."""
    legs, now = world.legs(ROOM), world.loop.time()
    gone = [
        Remove(x, legs[x].call_sid, legs[x].conference_sid, connected=True, reason="")
        for x in labels
    ]
    desired = await world.store.desired(ROOM, now)
    assert desired is not None
    word = approval(world, *gone)
    assert await world.store.grant(ROOM, word, generation=desired.generation, now=now)
    world.store.decide_on(ROOM, "ops")


async def end(world: World) -> None:
    """``reconciler end`` with a yes."""
    live, now = find_live(world.exchange.state, ROOM), world.loop.time()
    assert live is not None
    desired = await world.store.desired(ROOM, now)
    assert desired is not None
    draft = Override(0, ROOM, OverrideVerb.END, now, None, "ops", "over")
    word = approval(world, Remove("", None, live.sid, connected=True, reason=""))
    made, counts = await world.store.end_room(
        draft, word, generation=desired.generation + 1, now=now
    )
    assert made is not None
    assert counts
    world.store.decide_on(ROOM, "ops")


@pytest.mark.parametrize("after", [0.01, 0.3, 0.0, -0.5, -2.0])
def test_an_approval_outlives_a_touched_file_before_it_and_after_it(
    after: float,
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(file(PEOPLE))
        async with world.daemon():
            await asyncio.sleep(20)
            fewer = file(PEOPLE[:2])
            await save(world, fewer)
            await asyncio.sleep(10)
            assert len(world.legs(ROOM)) == len(PEOPLE)
            if after <= 0:
                await save(world, fewer)
                await asyncio.sleep(-after)
            await approve(world, PEOPLE[2:])
            if after > 0:
                await asyncio.sleep(after)
                await save(world, fewer)
            await asyncio.sleep(10)
            assert sorted(map(str, world.legs(ROOM))) == PEOPLE[:2]

    run(story)


@pytest.mark.parametrize("after", [0.01, 0.5, 1.0, 2.9])
def test_a_room_is_ended_that_a_person_ends_while_an_edit_is_still_young(
    after: float,
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(file(PEOPLE[:5]))
        async with world.daemon():
            await asyncio.sleep(20)
            await save(world, file(PEOPLE[:4]))
            await asyncio.sleep(after)
            await end(world)
            await asyncio.sleep(10)
            assert world.legs(ROOM) == {}

    run(story)


def test_a_room_is_ended_although_twilio_refuses_twice_and_the_file_is_edited() -> None:
    async def story() -> None:
        world = World()
        await world.declare(file(PEOPLE[:5]))
        async with world.daemon():
            await asyncio.sleep(20)
            path = "*/Conferences/CF????????????????????????????????.json"
            fault = Fault(FaultKind.UNAVAILABLE, "POST", path, times=2)
            world.exchange.faults.add(fault)
            await end(world)
            await asyncio.sleep(0.3)
            await save(world, file(PEOPLE[:5], muted=True))
            await asyncio.sleep(30)
            assert world.legs(ROOM) == {}

    run(story)


def test_whom_an_edit_declares_again_an_approval_removes_no_longer() -> None:
    async def story() -> None:
        world = World()
        await world.declare(file(PEOPLE))
        async with world.daemon():
            await asyncio.sleep(20)
            await save(world, file(PEOPLE[:2]))
            await asyncio.sleep(10)
            await save(world, file(PEOPLE[:2], muted=True))
            await approve(world, PEOPLE[2:])
            await asyncio.sleep(1)
            await save(world, file(PEOPLE[:7], muted=True))
            await asyncio.sleep(10)
            assert sorted(map(str, world.legs(ROOM))) == PEOPLE[:7]
            await save(world, file(PEOPLE[:2], muted=True))
            await asyncio.sleep(10)
            assert sorted(map(str, world.legs(ROOM))) == PEOPLE[:7]

    run(story)
