"""What waits for a silence that fails or hangs, and what does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.loop.work_queue import Priority
from reconciler.model.roster import Announcement, Roster
from reconciler.simulator.exchange.fault import Fault, FaultKind, Source
from tests.engine.hearing import ANN, COACHED, SUP, heard
from tests.engine.world import Daemon, World, member, run

FAILURES = pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.NOT_FOUND, body=Source.CDN),
        Fault(FaultKind.HANG, seconds=12.0),
    ],
    ids=["fails", "hangs"],
)
DAN = member("dan")


def failing(world: World, who: str, fault: Fault, *, times: int = 99) -> None:
    """Every update of *who* goes wrong."""
    fault = replace(fault, method="POST", path="*/Participants/*", who=who, times=times)
    world.exchange.faults.add(fault)


@asynccontextmanager
async def settled(world: World) -> AsyncIterator[Daemon]:
    """A daemon whose room has ann, whom sup coaches, and dan."""
    await world.declare(COACHED)
    async with world.daemon(resync=5.0) as daemon:
        await asyncio.sleep(90)
        yield daemon


async def declare(world: World, daemon: Daemon, roster: Roster) -> None:
    """Two seconds with *roster*."""
    await world.declare(roster)
    daemon.controller.mark("alpha", Priority.PERSON)
    await asyncio.sleep(2.0)


@FAILURES
def test_a_hold_goes_out_although_the_mute_of_somebody_elses_coach_does_not_work(
    fault: Fault,
) -> None:
    async def story() -> None:
        world = World()
        async with settled(world) as daemon:
            failing(world, "sup", fault)
            world.exchange.hang_up("ann")
            dan = replace(DAN, hold=True)
            await declare(world, daemon, replace(COACHED, members=(ANN, SUP, dan)))
            assert not world.legs("alpha")["sup"].muted
            assert world.legs("alpha")["dan"].hold

    run(story)


@FAILURES
def test_a_hold_waits_for_the_mute_of_this_persons_coach(fault: Fault) -> None:
    async def story() -> None:
        world = World()
        async with settled(world) as daemon:
            failing(world, "sup", fault)
            ann = replace(ANN, hold=True)
            await declare(world, daemon, replace(COACHED, members=(ann, SUP, DAN)))
            assert not world.legs("alpha")["sup"].muted
            assert not world.legs("alpha")["ann"].hold
            await asyncio.sleep(1.0)
            world.exchange.faults.clear()
            await asyncio.sleep(60.0)
            assert world.legs("alpha")["sup"].muted
            assert world.legs("alpha")["ann"].hold

    run(story)


@FAILURES
def test_nobody_is_unmuted_while_a_mute_does_not_work(fault: Fault) -> None:
    async def story() -> None:
        world = World()
        async with settled(world) as daemon:
            ann = replace(ANN, muted=True)
            await declare(world, daemon, replace(COACHED, members=(ann, SUP, DAN)))
            assert world.legs("alpha")["ann"].muted
            failing(world, "dan", fault)
            dan = replace(DAN, muted=True)
            await declare(world, daemon, replace(COACHED, members=(ANN, SUP, dan)))
            assert not world.legs("alpha")["dan"].muted
            assert world.legs("alpha")["ann"].muted

    run(story)


def test_a_person_is_left_alone_until_the_last_of_two_requests_is_answered() -> None:
    async def story() -> None:
        world = World()
        async with settled(world) as daemon:
            hang = Fault(FaultKind.HANG, "POST", "*/Participants/*", seconds=12.0)
            of_dan = replace(hang, who="dan", times=2)
            world.exchange.faults.add(of_dan)
            world.exchange.faults.add(replace(of_dan, skip=1))
            dan = replace(DAN, muted=True, hold=True)
            await declare(world, daemon, replace(COACHED, members=(ANN, SUP, dan)))
            late = daemon.controller.applier.calls.late
            await asyncio.sleep(0.3)
            shown = world.legs("alpha")["dan"]
            assert (shown.hold, shown.muted) == (True, False)
            assert late.busy("alpha") == {shown.call_sid}
            await asyncio.sleep(60.0)
            assert not late.busy("alpha")
            assert world.legs("alpha")["dan"].muted

    run(story)


ANNOUNCED = {"announcements": (Announcement("hi", "https://example.com/hi"),)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"muted": True}, {"muted": False}),
        ({"hold": True}, {"hold": False}),
        ({}, ANNOUNCED),
        ({}, {"end_conference_on_exit": True}),
    ],
    ids=["unmute", "unhold", "announcement", "end flag"],
)
@pytest.mark.parametrize("silence", [{"muted": True}, {"hold": True}])
def test_a_person_is_silenced_although_a_request_about_them_hangs(
    before: dict[str, Any], after: dict[str, Any], silence: dict[str, Any]
) -> None:
    async def story() -> None:
        world = World()
        async with settled(world) as daemon:
            hang = Fault(FaultKind.HANG, after=True, seconds=12.0)
            for fields in (before, after, {**after, **silence}):
                if fields is after:
                    failing(world, "dan", hang, times=1)
                dan = replace(DAN, **fields)
                await declare(world, daemon, replace(COACHED, members=(ANN, SUP, dan)))
            shown = world.legs("alpha")["dan"]
            assert {name: getattr(shown, name) for name in silence} == silence
            assert shown.call_sid in daemon.controller.applier.calls.late.busy("alpha")

    run(story)


def test_a_coach_whose_unmute_hangs_is_muted_as_the_target_is_held() -> None:
    async def story() -> None:
        world = World()
        async with settled(world) as daemon:
            world.exchange.hang_up("ann")
            await declare(world, daemon, COACHED)
            assert world.legs("alpha")["sup"].muted
            slow = Fault(FaultKind.SLOW, "POST", "*/Participants/*", who="sup", skip=1)
            world.exchange.faults.add(replace(slow, after=True, seconds=9.0))
            world.exchange.dial_in("alpha", ANN.to, "ann")
            await declare(world, daemon, COACHED)
            before = heard(world, "sup")
            assert not world.legs("alpha")["sup"].muted
            held = replace(ANN, hold=True)
            await declare(world, daemon, replace(COACHED, members=(held, SUP, DAN)))
            assert world.legs("alpha")["sup"].muted
            assert daemon.controller.applier.calls.late.busy("alpha")
            unheld = replace(ANN, hold=False)
            await declare(world, daemon, replace(COACHED, members=(unheld, SUP, DAN)))
            assert world.legs("alpha")["sup"].muted
            await asyncio.sleep(60.0)
            assert not world.legs("alpha")["sup"].muted
            assert heard(world, "sup") == before

    run(story)


def test_a_silence_that_hangs_is_not_sent_by_every_pass() -> None:
    async def story() -> None:
        world = World()
        async with settled(world) as daemon:
            failing(world, "dan", Fault(FaultKind.HANG, seconds=12.0))
            dan = replace(DAN, muted=True)
            for _ in range(3):
                await declare(world, daemon, replace(COACHED, members=(ANN, SUP, dan)))
            sid = world.legs("alpha")["dan"].call_sid
            sent = [x for x in daemon.wire.writes() if x[2].endswith(f"{sid}.json")]
            assert len(sent) == 2

    run(story)
