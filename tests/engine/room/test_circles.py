"""Coaches in a circle: never in a conference, whatever an edit or an override says."""

import asyncio

from reconciler.model.declaration import Override, OverrideVerb
from tests.engine.world import World, member, roster, run

ROOM = "dial"


def coaching(world: World) -> set[tuple[str | None, str | None]]:
    """Who coaches whom in the conference."""
    legs = world.legs(ROOM)
    labels = {leg.call_sid: label for label, leg in legs.items()}
    return {
        (label, labels.get(leg.call_sid_to_coach or ""))
        for label, leg in legs.items()
        if leg.coaching
    }


def test_an_edit_under_a_standing_override_pairs_nobody_in_a_circle() -> None:
    async def story() -> None:
        world = World()
        people = member("dia"), member("dib"), member("dic")
        await world.declare(roster(ROOM, *people))
        async with world.daemon():
            await asyncio.sleep(30.0)
            now = world.loop.time()
            word = Override(
                0,
                ROOM,
                OverrideVerb.SET,
                now,
                None,
                "ops",
                labels=("dia",),
                fields=(("coaching", "dib"),),
            )
            await world.store.add_overrides([word], now)
            await asyncio.sleep(60.0)
            assert coaching(world) == {("dia", "dib")}
            edited = member("dib", coaching="dia")
            await world.declare(roster(ROOM, people[0], edited, people[2]))
            await asyncio.sleep(60.0)
            assert coaching(world) == {("dib", "dia")}

    run(story)
