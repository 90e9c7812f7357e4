"""Rooms with a coach whose events a member's own callback may take away."""

import asyncio
from dataclasses import replace

import pytest

from reconciler.engine.rhythm import UNCOVERED
from reconciler.model.roster import Member, Roster
from tests.engine.hearing import ANN, COACHED, heard
from tests.engine.world import World, member, run

RESYNC = 30.0
OWN = (("conference_status_callback", "https://crm.example/cb"),)
LATER = 90.0
"""Seconds after which the room no longer counts as changing."""


def _with_own_callback(label: str) -> Roster:
    members = tuple(
        replace(each, create_only=OWN) if each.label == label else each
        for each in COACHED.members
    )
    return replace(COACHED, members=members)


async def _heard_when_ann_leaves(room: Roster) -> float:
    """Seconds for which the room hears the coach, of whom no event tells."""
    world = World()
    await world.declare(room)
    async with world.daemon(resync=RESYNC):
        await asyncio.sleep(LATER)
        assert not world.legs("alpha")["sup"].muted
        before = heard(world, "sup")
        world.exchange.hang_up("ann")
        await asyncio.sleep(RESYNC * 1.5)
        assert world.legs("alpha")["sup"].muted
        return heard(world, "sup") - before


@pytest.mark.parametrize("label", ["ann", "sup", "dan"])
def test_a_coach_is_silenced_within_seconds_where_events_may_go_elsewhere(
    label: str,
) -> None:
    async def story() -> None:
        seconds = await _heard_when_ann_leaves(_with_own_callback(label))
        assert 0.0 < seconds < UNCOVERED + 1.0

    run(story)


def test_without_such_a_callback_a_look_comes_with_the_resync() -> None:
    async def story() -> None:
        assert await _heard_when_ann_leaves(COACHED) > UNCOVERED + 1.0

    run(story)


@pytest.mark.parametrize(
    ("people", "seconds"),
    [
        ((ANN, member("sup", coaching="ann", create_only=OWN)), UNCOVERED),
        ((ANN, member("dan", create_only=OWN)), RESYNC),
    ],
    ids=["somebody coaches", "nobody coaches"],
)
def test_only_rooms_with_a_coach_are_looked_at_so_often(
    people: tuple[Member, ...], seconds: float
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(Roster("alpha", people))
        async with world.daemon(resync=RESYNC) as daemon:
            await asyncio.sleep(LATER)
            before = daemon.watch.runs["alpha"]
            await asyncio.sleep(300.0)
            runs = daemon.watch.runs["alpha"] - before
            assert 300.0 / seconds * 0.7 < runs < 300.0 / seconds * 1.3 + 1

    run(story)
