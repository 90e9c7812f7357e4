"""What waits for a silence that fails or hangs, and what does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from reconciler.engine.loop.work_queue import Priority
from reconciler.model.roster import Roster
from reconciler.simulator.exchange.fault import Fault, FaultKind, Source
from tests.engine.hearing import ANN, COACHED, SUP
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


def failing(world: World, who: str, fault: Fault) -> None:
    """Every update of *who* goes wrong."""
    fault = replace(fault, method="POST", path="*/Participants/*", who=who, times=99)
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
