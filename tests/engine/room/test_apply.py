"""Changes and removals of one room: how many at once, and what stops them."""

import asyncio

import pytest
from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.engine.room.outcome import Outcome
from reconciler.model.errors import CredentialsRefused
from reconciler.model.roster import Roster
from tests.engine.caller import PLACES, ROOM, Caller, people
from tests.engine.world import World, run

COUNT = 60


async def full() -> Caller:
    """Everybody is in the room, with nothing left to be done."""
    caller = Caller(World())
    await caller.declare(people(COUNT))
    await caller.follow()
    caller.wire.requests.clear()
    caller.store.noted.clear()
    return caller


def muted() -> Roster:
    roster = people(COUNT)
    members = tuple(replace(each, muted=True) for each in roster.members)
    return replace(roster, members=members)


def silent(caller: Caller) -> list[str]:
    legs = caller.world.legs(ROOM).values()
    return sorted(str(each.label) for each in legs if each.muted)


def told(caller: Caller) -> list[str]:
    events = caller.store.tables.events
    return sorted(each.label for each in events if each.kind == "change.done")


def test_each_drifted_person_is_changed_once_within_the_places() -> None:
    async def story() -> None:
        caller = await full()
        await caller.declare(muted())
        began = caller.loop.time()
        made = await caller.look_and_act()
        assert {each.result for each in made.outcomes} == {Outcome.DONE}
        at = sorted(each[0] for each in caller.wire.writes())
        assert len(at) == COUNT
        assert at[-1] - at[0] == pytest.approx((COUNT / PLACES - 1) * 0.05, abs=0.01)
        assert at[PLACES] - at[0] == pytest.approx(0.05, abs=0.01)
        assert caller.loop.time() - began < 0.5
        assert (await caller.follow()).state is RoomPhase.CONVERGED
        assert len(caller.wire.writes()) == COUNT

    run(story)


def test_changes_are_put_on_record_before_and_after_in_two_commits() -> None:
    async def story() -> None:
        caller = await full()
        await caller.declare(muted())
        await caller.look_and_act()
        assert len(caller.store.noted) == 2
        assert len(told(caller)) == COUNT

    run(story)


@pytest.mark.parametrize("hard", [False, True], ids=["stopped", "cancelled"])
def test_changes_that_were_sent_are_noted_and_no_more_are_sent(hard: bool) -> None:
    async def story() -> None:
        caller = await full()
        await caller.declare(muted())
        at_work = asyncio.create_task(caller.look_and_act())
        while not caller.wire.writes():  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(0.01)
        if hard:
            at_work.cancel()
        caller.stopping = not hard
        await asyncio.wait({at_work})
        assert at_work.cancelled() is hard
        assert len(caller.wire.writes()) == PLACES
        assert told(caller) == silent(caller)
        assert len(told(caller)) == PLACES

    run(story)


def test_after_refused_credentials_nothing_is_sent_and_the_rest_is_noted() -> None:
    async def story() -> None:
        caller = await full()
        await caller.declare(muted())
        at_work = asyncio.create_task(caller.look_and_act())
        while len(caller.wire.writes()) <= PLACES:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(0.01)
        caller.wire.refused = True
        await at_work
        with pytest.raises(CredentialsRefused):
            await caller.look_and_act()
        assert len(caller.wire.writes()) <= 3 * PLACES
        assert told(caller) == silent(caller)

    run(story)
