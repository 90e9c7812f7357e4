"""Several legs, ringing phones and unread calls, as a daemon deals with them."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.recorded_observation import Audience
from reconciler.model.roster import Unlisted
from reconciler.simulator.exchange.audibility import audible_intervals
from reconciler.simulator.exchange.people import Subscriber
from tests.engine.world import World, member, roster, run
from tests.simulator.audible import audible_seconds

ROOM = "line"
ANN, BOB, SUP = member("ann"), member("bob"), member("sup")
COACH = replace(SUP, coaching="ann", muted=False)


def heard(world: World, call_sid: str) -> float:
    """Seconds for which the room heard a call."""
    now = world.loop.time()
    intervals = audible_intervals(world.exchange.history.exposures, now)
    windows = [(0.0, now)]
    return audible_seconds(intervals, call_sid, windows=windows, audience=Audience.ROOM)


def calls_to(world: World, address: str) -> list[str]:
    """The calls that were placed to *address*, oldest first."""
    made = world.exchange.state.calls.values()
    return [each.latest.sid for each in made if each.latest.to == address]


def shown(world: World, call_sid: str) -> Any:
    """A leg as a listing shows it."""
    (leg,) = (x for x in world.legs(ROOM).values() if x.call_sid == call_sid)
    return leg


@pytest.mark.parametrize(
    "edit",
    [{"coaching": "ann"}, {"muted": True}, {"hold": True}],
    ids=["a coach", "muted", "on hold"],
)
def test_who_is_silenced_while_the_phone_rings_is_let_off_and_joins_silent(
    edit: dict[str, Any],
) -> None:
    async def story() -> None:
        world = World()
        world.exchange.describe(SUP.to, Subscriber(answers_after=6.0))
        await world.declare(roster(ROOM, ANN, SUP))
        async with world.daemon(resync=2.0):
            await asyncio.sleep(4)
            await world.declare(roster(ROOM, ANN, replace(SUP, **edit)))
            await asyncio.sleep(40)
            calls = calls_to(world, SUP.to)
            assert len(calls) == 2
            assert [heard(world, each) for each in calls] == [0.0, 0.0]
            assert world.legs(ROOM)["sup"].call_sid == calls[1]

    run(story)


def test_an_edit_that_silences_nobody_lets_no_phone_off() -> None:
    async def story() -> None:
        world = World()
        world.exchange.describe(SUP.to, Subscriber(answers_after=6.0))
        await world.declare(roster(ROOM, ANN, SUP))
        async with world.daemon(resync=2.0):
            await asyncio.sleep(4)
            changed = replace(SUP, end_conference_on_exit=True, muted=False)
            await world.declare(roster(ROOM, ANN, changed))
            await asyncio.sleep(40)
            assert len(calls_to(world, SUP.to)) == 1

    run(story)


def test_a_second_call_of_a_muted_member_is_muted_and_a_ghost_is_whispered_to_no_more() -> (
    None
):
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, replace(ANN, muted=True), COACH))
        async with world.daemon(resync=2.0):
            await asyncio.sleep(15)
            ghost = world.exchange.hang_up("ann", ghost_seconds=60)
            second = world.exchange.dial_in(ROOM, ANN.to)
            await asyncio.sleep(15)
            assert shown(world, second.call_sid).muted
            assert heard(world, second.call_sid) < 3
            sup = world.legs(ROOM)["sup"]
            assert (sup.call_sid_to_coach, sup.muted) == (second.call_sid, False)
            assert ghost != second.call_sid
            assert heard(world, sup.call_sid) == 0.0

    run(story)


@pytest.mark.parametrize("rule", [Unlisted.MUTE, Unlisted.HOLD, Unlisted.REMOVE])
def test_a_member_whose_call_is_unread_is_not_treated_as_a_stranger(
    rule: Unlisted,
) -> None:
    async def story() -> None:
        world = World()
        world.exchange.flip(call_lag=5.0)
        await world.declare(replace(roster(ROOM, ANN, BOB), unlisted=rule))
        world.exchange.describe(ANN.to, Subscriber(answers_after=300.0))
        async with world.daemon(resync=2.0) as daemon:
            await asyncio.sleep(8)
            came = world.exchange.dial_in(ROOM, ANN.to)
            stranger = world.exchange.dial_in(ROOM, "+15559990001")
            daemon.wire.requests.clear()
            await asyncio.sleep(25)
            written = {path for _, _, path in daemon.wire.writes()}
            of_ann = [each for each in written if came.call_sid in each]
            of_stranger = [each for each in written if stranger.call_sid in each]
            assert of_ann == []
            assert len(of_stranger) == 1

    run(story)


def test_one_old_listing_that_shows_the_target_again_unmutes_no_coach() -> None:
    async def story() -> None:
        world = World()
        world.exchange.flip(coach_when_target_leaves="audible")
        await world.declare(roster(ROOM, ANN, BOB, COACH))
        async with world.daemon(resync=1.0) as daemon:
            await asyncio.sleep(20)
            sup = world.legs(ROOM)["sup"].call_sid
            assert not shown(world, sup).muted
            world.exchange.flip(call_lag=60.0)
            world.exchange.hang_up("ann")
            await asyncio.sleep(3)
            assert shown(world, sup).muted
            daemon.wire.requests.clear()
            world.exchange.flip(list_lag=6.0)
            await asyncio.sleep(2.5)
            assert any("Participants" in path for _, _, path in daemon.wire.requests)
            world.exchange.flip(list_lag=0.0)
            await asyncio.sleep(10)
            assert shown(world, sup).muted
            assert [each for each in daemon.wire.writes() if sup in each[2]] == []

    run(story)
