"""The real loop's signs of life, as the liveness probe reads them."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import cast

import pytest

from reconciler.engine.loop.work_queue import Priority
from reconciler.play.world.virtual_loop import OWNER, Process, VirtualLoop
from reconciler.telemetry.health import StallThresholds, Vitals, liveness
from tests.engine.world import START, Daemon, World, member, roster, run

ROOM = "support-line"


async def declared(rooms: int = 1) -> World:
    world = World()
    names = [ROOM, *(f"room-{number}" for number in range(rooms - 1))]
    await world.declare(*(roster(name, member("ann")) for name in names))
    return world


def red(daemon: Daemon) -> set[str]:
    """The checks that would have the process restarted now."""
    beat = daemon.controller.heartbeat()
    vitals = Vitals(
        now=daemon.loop.time(),
        started_at=START,
        loop_at=beat.loop_at,
        ticked_at=beat.ticked_at,
        oldest_run_at=beat.oldest_run_at,
        last_clean_at=beat.last_clean_at,
        warmed=beat.warm,
    )
    return {each.name for each in liveness(vitals, StallThresholds()) if not each.ok}


async def watched(daemon: Daemon, seconds: int) -> set[str]:
    """Every check that failed in any second of so many."""
    failed: set[str] = set()
    for _ in range(seconds):
        await asyncio.sleep(1)
        failed |= red(daemon)
    return failed


def test_a_blocked_loop_turns_liveness_red_until_it_moves_again() -> None:
    async def story() -> None:
        world, process = await declared(), Process("daemon")
        loop = cast("VirtualLoop", asyncio.get_running_loop())
        daemon = world.daemon()
        token = OWNER.set(process)
        await daemon.__aenter__()
        OWNER.reset(token)
        assert await watched(daemon, 60) == set()
        loop.freeze(process)
        assert await watched(daemon, 29) == set()
        await asyncio.sleep(3)
        assert "loop" in red(daemon)
        loop.call_soon(loop.wake, process, context=Context())
        await asyncio.sleep(2)
        assert await watched(daemon, 60) == set()
        await daemon.end()

    run(story)


def test_a_dead_ticker_turns_liveness_red_although_the_loop_moves() -> None:
    async def story() -> None:
        world = await declared()
        async with world.daemon() as daemon:
            assert await watched(daemon, 60) == set()
            daemon.ticking = False
            assert await watched(daemon, 29) == set()
            await asyncio.sleep(3)
            assert red(daemon) == {"ticker"}

    run(story)


def test_a_run_without_end_turns_liveness_red_although_others_go_on() -> None:
    async def story() -> None:
        world = await declared(rooms=3)
        async with world.daemon() as daemon:
            await asyncio.sleep(60)
            world.store.stuck = ROOM
            daemon.controller.mark(ROOM, Priority.PERSON)
            assert await watched(daemon, 299) == set()
            others = daemon.observer.runs["room-0"]
            await asyncio.sleep(35)
            assert red(daemon) == {"run"}
            assert daemon.observer.runs["room-0"] > others

    run(story)


def _no_twilio(daemon: Daemon) -> None:
    daemon.wire.cut = True


def _silent_twilio(daemon: Daemon) -> None:
    daemon.wire.delay = 3600.0


def _limited_twilio(daemon: Daemon) -> None:
    daemon.wire.limit = daemon.wire.limit_writes = 300.0


def _no_database(daemon: Daemon) -> None:
    daemon.world.store.away = True


def _no_credentials(daemon: Daemon) -> None:
    daemon.wire.refused = True


@pytest.mark.parametrize(
    "misfortune",
    [_no_twilio, _silent_twilio, _limited_twilio, _no_database, _no_credentials],
)
def test_what_a_restart_would_not_mend_leaves_liveness_green(
    misfortune: Callable[[Daemon], None],
) -> None:
    async def story() -> None:
        world = await declared(rooms=3)
        async with world.daemon() as daemon:
            await asyncio.sleep(60)
            misfortune(daemon)
            daemon.controller.mark_all(Priority.PERSON)
            assert await watched(daemon, 1200) == set()

    run(story)


def test_a_backlog_of_many_minutes_leaves_liveness_green() -> None:
    async def story() -> None:
        world = await declared(rooms=60)
        async with world.daemon(workers=1) as daemon:
            daemon.wire.delay = 5.0
            assert await watched(daemon, 600) == set()
            assert sum(daemon.observer.depth.values()) > 30

    run(story)
