"""Numbers that change places in a roster: no phone rings while it is in a call."""

import asyncio
from itertools import pairwise

import pytest
from msgspec.structs import replace

from reconciler.model.roster import OnChange, Roster
from tests.engine.world import World, member, roster, run


@pytest.mark.parametrize(
    ("before", "after", "rung_again"),
    [
        pytest.param("ann bob cid", "bob ann cid", ["ann", "bob"], id="swap"),
        pytest.param("ann bob", "bob ann", ["ann", "bob"], id="swap of everybody"),
        pytest.param("ann bob cid", "bob cid", ["bob"], id="a row is deleted"),
        pytest.param(
            "ann bob cid", "bob cid ann", ["ann", "bob", "cid"], id="circle of three"
        ),
    ],
)
def test_numbers_that_change_places_ring_once_the_call_before_is_over(
    before: str, after: str, rung_again: list[str]
) -> None:
    """The names in *before* and *after* are whose numbers the labels have in turn."""

    def declared(owners: str) -> Roster:
        labels = ("ann", "bob", "cid")
        people = (
            replace(member(label, on_change=OnChange.REDIAL), to=member(owner).to)
            for label, owner in zip(labels, owners.split(), strict=False)
        )
        return roster("line", *people)

    async def story() -> None:
        world = World()
        async with world.daemon(resync=5.0):
            await world.declare(declared(before))
            await asyncio.sleep(30)
            await world.declare(declared(after))
            await asyncio.sleep(120)
            world.exchange.catch_up()
            calls = [each.latest for each in world.exchange.state.calls.values()]
            assert len(world.legs("line")) == len(after.split())
        for owner in before.split():
            mine = [each for each in calls if each.to == member(owner).to]
            assert len(mine) == 1 + (owner in rung_again)
            for one, following in pairwise(mine):
                assert one.ended_at is not None
                assert one.ended_at <= following.created_at

    run(story)
