"""Listings that go back in time, and go on to: nobody is unmuted on their word."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.roster import Roster
from reconciler.planning.evidence import AGREEMENT_SECONDS
from reconciler.simulator.exchange.fault import Fault, FaultKind
from tests.engine.hearing import ANN, COACHED, SUP, heard
from tests.engine.world import Daemon, World, member, run

ROOM = COACHED.room
LISTING = "*/Participants.json*"
OLD = 90.0
"""How old the old listings are, and for how long they come: for several resyncs."""


def age(world: World, how: str) -> None:
    """Have listings of participants show the room as it was."""
    if how == "switch":
        world.exchange.flip(list_lag=OLD)
    else:
        fault = Fault(FaultKind.STALE, "GET", LISTING, seconds=OLD, lasts=OLD - 20)
        world.exchange.faults.add(fault)


async def in_conversation(world: World, roster: Roster = COACHED) -> None:
    await world.declare(roster)
    await asyncio.sleep(OLD + 30)
    assert not world.legs(ROOM)["sup"].muted


def own_reads(daemon: Daemon) -> list[str]:
    """The reads of one participant."""
    return [
        path
        for _, method, path in daemon.wire.requests
        if method == "GET" and "/Participants/CA" in path
    ]


@pytest.mark.parametrize("how", ["switch", "fault"])
@pytest.mark.parametrize("resync", [4.0, 30.0])
def test_a_coach_is_not_unmuted_by_old_listings_that_agree_for_long(
    how: str, resync: float
) -> None:
    async def story() -> None:
        world = World()
        world.exchange.flip(call_lag=OLD)
        async with world.daemon(resync=resync) as daemon:
            await in_conversation(world)
            world.exchange.hang_up("ann")
            for _ in range(200):
                if world.legs(ROOM)["sup"].muted:
                    break
                await asyncio.sleep(0.5)
            before, began = heard(world, "sup"), world.loop.time()
            age(world, how)
            await asyncio.sleep(OLD - 25)
            lists = [
                at
                for at, method, path in daemon.wire.requests
                if method == "GET" and path.endswith("/Participants.json")
                if at > began
            ]
            assert lists[-1] - lists[0] > AGREEMENT_SECONDS
            assert heard(world, "sup") == before
            assert world.legs(ROOM)["sup"].muted

    run(story)


def test_a_coach_who_answers_is_not_unmuted_once_the_coached_person_left() -> None:
    """No listing has shown the person gone."""

    async def story() -> None:
        world = World()
        async with world.daemon():
            await world.declare(Roster(ROOM, COACHED.members[::2]))
            await asyncio.sleep(30)
            world.exchange.flip(list_lag=3.0, call_lag=60.0)
            await world.declare(COACHED)
            sup = await answered(world, "sup")
            await asyncio.sleep(2.5)
            world.exchange.hang_up("ann")
            await asyncio.sleep(30)
            assert sup.latest.muted
            assert heard(world, "sup") == 0

    run(story)


async def answered(world: World, label: str) -> Any:
    """The leg of *label* as it is, once its phone is answered; no listing tells."""
    for _ in range(400):
        world.exchange.catch_up()
        for each in world.exchange.state.participants.values():
            if each.latest.label == label and each.latest.connected:
                return each
        await asyncio.sleep(0.05)
    raise TimeoutError(label)


def test_who_is_off_hold_by_another_hand_is_not_unmuted_by_an_old_listing() -> None:
    async def story() -> None:
        world = World()
        eve = member("eve", hold=True, muted=True)
        async with world.daemon():
            await world.declare(Roster(ROOM, (ANN, eve)))
            await asyncio.sleep(OLD + 30)
            age(world, "fault")
            leg = world.legs(ROOM)["eve"]
            off = {"Hold": ("false",)}
            world.exchange.update_participant(leg.conference_sid, leg.call_sid, off)
            await world.declare(Roster(ROOM, (ANN, replace(eve, muted=False))))
            world.store.decide_on(ROOM, "edit")
            await asyncio.sleep(OLD)
            legs = world.legs(ROOM)
            assert heard(world, "eve") == 0
            assert (legs["eve"].hold, legs["eve"].muted) == (True, False)

    run(story)


def test_a_coach_is_unmuted_when_the_coached_person_was_only_missing_from_a_list() -> (
    None
):
    async def story() -> None:
        world = World()
        async with world.daemon(resync=4.0) as daemon:
            await in_conversation(world)
            missing = Fault(FaultKind.STALE, "GET", LISTING, seconds=OLD * 2, times=1)
            world.exchange.faults.add(missing)
            daemon.wire.requests.clear()
            await asyncio.sleep(60)
            assert not world.legs(ROOM)["sup"].muted

    run(story)


@pytest.mark.parametrize("seconds", [0.0, 3.0])
def test_a_coach_is_unmuted_however_slow_the_reads_are(seconds: float) -> None:
    async def story() -> None:
        world = World()
        slow = Fault(FaultKind.SLOW, "GET", "*", seconds=seconds, lasts=10_000)
        if seconds:
            world.exchange.faults.add(slow)
        async with world.daemon():
            await world.declare(COACHED)
            await asyncio.sleep(120)
            assert not world.legs(ROOM)["sup"].muted

    run(story)


def test_reads_of_single_participants_are_made_before_an_unmute_and_then_no_more() -> (
    None
):
    async def story() -> None:
        world = World()
        async with world.daemon() as daemon:
            await in_conversation(world)
            legs, reads = world.legs(ROOM), own_reads(daemon)
            assert sorted(each.rpartition("/")[2] for each in reads) == sorted(
                f"{legs[label].call_sid}.json" for label in ("ann", "sup")
            )
            await world.declare(Roster(ROOM, (replace(ANN, muted=True), SUP)))
            await asyncio.sleep(20)
            await world.declare(Roster(ROOM, (ANN, SUP)))
            await asyncio.sleep(20)
            assert not world.legs(ROOM)["ann"].muted
            assert own_reads(daemon) == reads

    run(story)


def test_a_silence_waits_for_no_read_of_a_coach() -> None:
    async def story() -> None:
        world = World()
        sup, bob = replace(SUP, muted=False), member("bob", muted=True)
        async with world.daemon() as daemon:
            await world.declare(Roster(ROOM, (ANN, sup, bob)))
            await asyncio.sleep(60)
            world.mute(ROOM, "sup", muted=True)
            world.mute(ROOM, "bob", muted=False)
            slow = Fault(FaultKind.SLOW, "GET", "*/Participants/CA*", seconds=9)
            world.exchange.faults.add(slow)
            world.store.decide_on(ROOM, "ops")
            daemon.wire.requests.clear()
            await asyncio.sleep(2.0)
            assert world.legs(ROOM)["bob"].muted
            await asyncio.sleep(60)
            assert not world.legs(ROOM)["sup"].muted

    run(story)
