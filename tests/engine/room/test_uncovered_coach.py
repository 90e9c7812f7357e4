"""Rooms with a coach of whose events nobody tells."""

import asyncio
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from reconciler.engine.loop.resync_schedule import HEARD_SECONDS, UNCOVERED_SECONDS
from reconciler.engine.loop.work_queue import Priority
from reconciler.model.roster import Member, Roster
from tests.engine.hearing import ANN, COACHED, SUP, heard
from tests.engine.world import Daemon, World, member, run

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


def _tell(world: World, daemon: Daemon) -> None:
    """An event of the room's conference comes."""
    daemon.controller.heard("alpha", world.legs("alpha")["ann"].conference_sid)


def _ring(_world: World, daemon: Daemon) -> None:
    """Events of calls come, and one of an earlier conference."""
    daemon.controller.mark("alpha", Priority.WEBHOOK, "webhook call-ringing")
    daemon.controller.heard("alpha", "CF" + "0" * 32)


def _nothing(_world: World, _daemon: Daemon) -> None:
    """No event comes."""


async def _heard_when_ann_leaves(
    room: Roster,
    event: Callable[[World, Daemon], None] = _nothing,
    world: World | None = None,
    later: float = LATER,
) -> float:
    """Seconds for which the room hears the coach, of whom no event tells."""
    world = world or World()
    await world.declare(room)
    async with world.daemon(name="watching", resync=RESYNC) as daemon:
        await asyncio.sleep(LATER)
        event(world, daemon)
        await asyncio.sleep(later)
        assert not world.legs("alpha")["sup"].muted
        before = heard(world, "sup")
        world.exchange.hang_up("ann")
        await asyncio.sleep(RESYNC * 5.0)
        assert world.legs("alpha")["sup"].muted
        return heard(world, "sup") - before


@pytest.mark.parametrize("label", ["ann", "sup", "dan"])
def test_a_coach_is_silenced_within_seconds_where_events_may_go_elsewhere(
    label: str,
) -> None:
    async def story() -> None:
        seconds = await _heard_when_ann_leaves(_with_own_callback(label))
        assert 0.0 < seconds < UNCOVERED_SECONDS + 1.0

    run(story)


@pytest.mark.parametrize("event", [_nothing, _ring])
def test_a_coach_is_silenced_within_seconds_where_no_conference_event_came(
    event: Callable[[World, Daemon], None],
) -> None:
    async def story() -> None:
        seconds = await _heard_when_ann_leaves(COACHED, event)
        assert 0.0 < seconds < UNCOVERED_SECONDS + 1.0

    run(story)


def test_a_coach_is_silenced_within_seconds_where_another_process_rang() -> None:
    async def story() -> None:
        world = World()
        await world.declare(COACHED)
        async with world.daemon(name="ringing"):
            await asyncio.sleep(LATER)
        seconds = await _heard_when_ann_leaves(COACHED, world=world)
        assert 0.0 < seconds < UNCOVERED_SECONDS + 1.0

    run(story)


def test_a_coach_is_silenced_within_seconds_where_the_first_one_dialed_in() -> None:
    async def story() -> None:
        world = World()
        world.exchange.dial_in("alpha", ANN.to, "ann", muted=False)
        seconds = await _heard_when_ann_leaves(COACHED, world=world)
        assert 0.0 < seconds < UNCOVERED_SECONDS + 1.0

    run(story)


def test_while_conference_events_come_a_look_comes_with_the_resync() -> None:
    async def story() -> None:
        assert await _heard_when_ann_leaves(COACHED, _tell) > UNCOVERED_SECONDS + 1.0

    run(story)


def test_events_that_stopped_to_come_lengthen_no_resync() -> None:
    async def story() -> None:
        seconds = await _heard_when_ann_leaves(
            COACHED, _tell, later=HEARD_SECONDS * 1.1
        )
        assert 0.0 < seconds < 31.0  # the usual resync, not four of them

    run(story)


@pytest.mark.parametrize(
    ("people", "seconds"),
    [
        ((ANN, SUP), UNCOVERED_SECONDS),
        ((ANN, member("sup", coaching="ann", create_only=OWN)), UNCOVERED_SECONDS),
        ((ANN, member("dan", create_only=OWN)), RESYNC),
        ((ANN, member("dan")), RESYNC),
    ],
    ids=["coached", "coached, own callback", "own callback", "nobody coaches"],
)
def test_only_rooms_with_a_coach_are_looked_at_so_often(
    people: tuple[Member, ...], seconds: float
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(Roster("alpha", people))
        async with world.daemon(resync=RESYNC) as daemon:
            await asyncio.sleep(LATER)
            before = daemon.observer.runs["alpha"]
            await asyncio.sleep(300.0)
            runs = daemon.observer.runs["alpha"] - before
            assert 300.0 / seconds * 0.7 < runs < 300.0 / seconds * 1.3 + 1

    run(story)


def test_many_coaches_leave_the_other_rooms_their_looks_and_are_warned_of() -> None:
    async def story() -> None:
        world = World()
        rooms = [Roster(f"room-{n}", _people(n)) for n in range(12)]
        await world.declare(*rooms, Roster("quiet", (member("dan"),)))
        async with world.daemon(resync=RESYNC, workers=1) as daemon:
            await asyncio.sleep(120.0)
            daemon.wire.delay = 0.25
            await asyncio.sleep(60.0)
            requests, runs = len(daemon.wire.requests), daemon.observer.runs["quiet"]
            await asyncio.sleep(100.0)
            part = (len(daemon.wire.requests) - requests) * daemon.wire.delay / 100.0
            assert 0.6 < part < 0.9
            assert daemon.observer.runs["quiet"] - runs >= 100.0 // (RESYNC * 1.2)
            assert (
                "12 of them with a coach every 2 s"
                in daemon.observer.strain[-1].warning
            )

    run(story)


def _people(number: int) -> tuple[Member, ...]:
    """A coach and a target with phones of their own."""
    target = replace(ANN, to=f"+1555888{number:04}")
    return target, replace(SUP, to=f"+1555999{number:04}")
