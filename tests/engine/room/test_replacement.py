"""A hand-over against the simulator: at no instant is nobody connected."""

import asyncio

from msgspec.structs import replace

from reconciler.model.roster import Limits, Member, Redial, Replacement, Roster
from reconciler.simulator.exchange.people import ALWAYS, People, Subscriber
from tests.engine.caller import ROOM
from tests.engine.world import World, member, roster, run

DAY = member("day")
NIGHT = member("night", replaces=Replacement("day"), redial=Redial(attempts=1))


async def sampled(world: World, seconds: float) -> list[set[str | None]]:
    """Who is connected, every tenth of a second."""
    samples = []
    for _ in range(int(seconds * 10)):
        legs = world.legs(ROOM).items()
        samples.append({label for label, leg in legs if leg.connected})
        await asyncio.sleep(0.1)
    return samples


def world_with(subscriber: Subscriber) -> World:
    return World(people=People({NIGHT.to: subscriber}))


async def hand_over(
    world: World, *after: Member, seconds: float = 120.0
) -> list[set[str | None]]:
    await world.declare(roster(ROOM, DAY))
    async with world.daemon():
        await asyncio.sleep(20)
        await world.declare(Roster(ROOM, after))
        return await sampled(world, seconds)


def test_somebody_is_connected_at_every_instant_of_a_hand_over() -> None:
    async def story() -> None:
        world = world_with(Subscriber(answers_after=12.0))
        samples = await hand_over(world, NIGHT)
        assert all(samples)
        assert {"day", "night"} in samples
        assert samples[-1] == {"night"}
        both = samples.count({"day", "night"})
        assert 50 <= both <= 100

    run(story)


def test_the_old_one_stays_and_it_is_an_event_where_the_new_one_is_busy() -> None:
    async def story() -> None:
        world = world_with(Subscriber(busy=ALWAYS))
        samples = await hand_over(world, NIGHT)
        assert set(map(frozenset, samples)) == {frozenset({"day"})}
        told = [x for x in world.store.tables.events if x.kind == "member.stalled"]
        assert sum("nobody has taken over" in each.message for each in told) == 1

    run(story)


def test_one_who_goes_again_at_once_has_not_taken_over() -> None:
    async def story() -> None:
        world = world_with(Subscriber(hangs_up_after=3.0))
        samples = await hand_over(world, NIGHT)
        assert all("day" in each for each in samples)

    run(story)


def test_a_day_of_shifts_that_replace_each_other_leaves_nobody_alone() -> None:
    async def story() -> None:
        world = world_with(Subscriber())
        back = replace(DAY, replaces=Replacement("night"))
        await world.declare(roster(ROOM, DAY))
        seen: list[set[str | None]] = []
        async with world.daemon():
            await asyncio.sleep(20)
            for field_change in (NIGHT, back, NIGHT, back):
                await world.declare(
                    Roster(ROOM, (field_change,), limits=Limits(removals=9))
                )
                seen += await sampled(world, 60)
                assert seen[-1] == {field_change.label}
        assert all(seen)

    run(story)
