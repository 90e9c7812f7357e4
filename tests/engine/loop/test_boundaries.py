"""Schedules and overrides in the loop, on virtual time: exact, and silence first."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.engine.loop.boundary_timers import BoundaryTimers
from reconciler.model.declaration import (
    Declaration,
    Mode,
    Override,
    OverrideVerb,
    Presence,
    ScheduleEntry,
)
from reconciler.model.roster import Member, RoomState
from reconciler.model.schedule import Once, Period
from reconciler.simulator.exchange.people import People, Subscriber
from reconciler.store.queries.operator_decision import Decision
from tests.engine.caller import Caller
from tests.engine.world import START, Daemon, World, member, roster, run

ROOM = "support-line"
AT = START + 90.5


def override(verb: str, **more: Any) -> Override:
    made = Override(0, ROOM, OverrideVerb(verb), 0.0, None, "sue", "noise")
    return replace(made, **more)


async def override_now(world: World, *words: Override) -> tuple[Override, ...]:
    """As a command in another process: on record, and a mark."""
    now = world.loop.time()
    made = await world.store.add_overrides([replace(x, at=now) for x in words], now)
    world.store.decide_on(ROOM, "sue")
    return made


def muted(world: World) -> dict[str | None, bool]:
    return {label: leg.muted for label, leg in world.legs(ROOM).items()}


def sent(daemon: Daemon, since: float) -> list[tuple[float, str]]:
    return [(at - since, path) for at, _, path in daemon.wire.writes() if at >= since]


async def both_heard(world: World, until: float) -> Iterable[float]:
    """The moments, a hundredth of a second apart, at which two people are heard."""
    moments = []
    while world.loop.time() < until:
        if sum(not x for x in muted(world).values()) > 1:
            moments.append(world.loop.time() - AT)
        await asyncio.sleep(0.01)
    return moments


def hand_over(at: float = AT) -> Declaration:
    """Ann is heard until *at*, and bob from then on, for a minute."""
    quiet = Mode("evening", (("ann", (("muted", True),)), ("bob", (("muted", False),))))
    day = roster(ROOM, member("ann", muted=False), member("bob", muted=True))
    evening = ScheduleEntry(Period(Once(at, at + 60)), mode="evening")
    return Declaration(day, modes=(quiet,), schedule=(evening, ScheduleEntry(None)))


def test_a_boundary_is_exact_and_silences_before_it_exposes() -> None:
    async def story() -> None:
        world = World()
        await world.declare(hand_over())
        async with world.daemon(resync=3600.0) as daemon:
            await asyncio.sleep(AT - START - 1)
            assert muted(world) == {"ann": False, "bob": True}
            before = world.store.tables.rosters[ROOM].generation
            assert list(await both_heard(world, AT + 5)) == []
            assert muted(world) == {"ann": True, "bob": False}
            assert world.store.tables.rosters[ROOM].generation == before + 1
            first, *_ = sent(daemon, AT - 1)
            assert 0.0 <= first[0] - 1.0 < 0.5
            await asyncio.sleep(AT + 61 - world.loop.time())
            assert muted(world) == {"ann": False, "bob": True}

    run(story)


def test_no_plan_made_before_a_boundary_exposes_anybody_after_it() -> None:
    """Bob's silence takes long: when it is over, ann is not to be heard any more."""

    async def story() -> None:
        world = World()
        day = roster(ROOM, member("ann", muted=True), member("bob", muted=False))
        mode = Mode("swap", (("ann", (("muted", False),)), ("bob", (("muted", True),))))
        window = ScheduleEntry(Period(Once(AT - 0.3, AT)), mode="swap")
        await world.declare(Declaration(day, modes=(mode,), schedule=(window,)))
        async with world.daemon(resync=3600.0) as daemon:
            await asyncio.sleep(AT - START - 1)
            daemon.wire.delay = 0.2
            moments = list(await both_heard(world, AT + 3))
            assert moments == []
            assert muted(world) == {"ann": True, "bob": False}

    run(story)


def test_an_override_of_another_process_is_heard_and_ends_to_the_moment() -> None:
    async def story() -> None:
        world = World()
        file = roster(ROOM, member("ann", muted=False), member("bob", muted=False))
        await world.declare(file)
        async with world.daemon(resync=3600.0):
            await asyncio.sleep(90)
            until = world.loop.time() + 7.25
            await override_now(world, override("mute-all", until=until))
            await asyncio.sleep(1.5)
            assert muted(world) == {"ann": True, "bob": True}
            await asyncio.sleep(until - world.loop.time() - 0.01)
            assert muted(world) == {"ann": True, "bob": True}
            await asyncio.sleep(0.5)
            assert muted(world) == {"ann": False, "bob": False}
            kinds = [x.kind for x in await world.store.events(ROOM, limit=99)]
            assert kinds.count("override.set") == kinds.count("override.ended") == 1

    run(story)


@pytest.mark.parametrize("verb", ["mute-all", "only"])
def test_overrides_and_their_ends_are_no_matter_of_the_limit_of_exposures(
    verb: str,
) -> None:
    async def story() -> None:
        world = World()
        people = [member(f"p{n:02}", muted=False, hold=False) for n in range(12)]
        await world.declare(roster(ROOM, *people))
        async with world.daemon(resync=3600.0):
            await asyncio.sleep(90)
            until = world.loop.time() + 20
            labels = ("p00",) if verb == "only" else ()
            await override_now(world, override(verb, until=until, labels=labels))
            await asyncio.sleep(15)
            silent = [x.muted or x.hold for x in world.legs(ROOM).values()]
            assert sum(silent) == len(people) - len(labels)
            await asyncio.sleep(25)
            silent = [x.muted or x.hold for x in world.legs(ROOM).values()]
            assert not any(silent)

    run(story)


def test_who_comes_for_a_window_is_called_and_called_again_in_the_next() -> None:
    async def story() -> None:
        world = World()
        hours = (
            Period(Once(START + 60, START + 180)),
            Period(Once(START + 300, START + 420)),
        )
        declared = Declaration(
            roster(ROOM, member("ann"), member("bob")),
            presences=(Presence(("bob",), hours),),
        )
        await world.declare(declared)
        async with world.daemon(resync=30.0):
            await asyncio.sleep(50)
            assert set(world.legs(ROOM)) == {"ann"}
            await asyncio.sleep(50)
            assert set(world.legs(ROOM)) == {"ann", "bob"}
            await asyncio.sleep(150)
            assert set(world.legs(ROOM)) == {"ann"}
            await asyncio.sleep(90)
            assert set(world.legs(ROOM)) == {"ann", "bob"}

    run(story)


def test_a_daemon_that_was_down_at_a_boundary_catches_up_at_its_start() -> None:
    async def story() -> None:
        world = World()
        await world.declare(hand_over())
        async with world.daemon(resync=3600.0):
            await asyncio.sleep(AT - START - 5)
        await asyncio.sleep(15)
        assert muted(world) == {"ann": False, "bob": True}
        async with world.daemon(name="two", resync=3600.0):
            await asyncio.sleep(10)
            assert muted(world) == {"ann": True, "bob": False}

    run(story)


def test_a_room_that_is_paused_over_a_boundary_is_put_right_when_it_is_resumed() -> (
    None
):
    async def story() -> None:
        world = World()
        await world.declare(hand_over())
        async with world.daemon(resync=3600.0):
            await asyncio.sleep(60)
            now = world.loop.time()
            await world.store.stand(Decision(ROOM, now, "sue"), Standing.PAUSED)
            world.store.decide_on(ROOM, "sue")
            await asyncio.sleep(AT - now + 10)
            assert muted(world) == {"ann": False, "bob": True}
            now = world.loop.time()
            await world.store.stand(Decision(ROOM, now, "sue"), Standing.MANAGED)
            world.store.decide_on(ROOM, "sue")
            await asyncio.sleep(5)
            assert muted(world) == {"ann": True, "bob": False}

    run(story)


def test_a_room_at_rest_with_a_boundary_far_away_costs_no_whole_look() -> None:
    async def story() -> None:
        world = World()
        far = replace(hand_over(), schedule=(evening_in(days=30),))
        await world.declare(far)
        async with world.daemon(resync=30.0) as daemon:
            await asyncio.sleep(90)
            writes, looked = world.store.writes, len(daemon.observer.drift)
            await asyncio.sleep(600)
            assert (world.store.writes, len(daemon.observer.drift)) == (writes, looked)

    run(story)


def evening_in(days: int) -> ScheduleEntry:
    at = START + days * 86_400.0
    return ScheduleEntry(Period(Once(at, at + 60)), mode="evening")


def test_a_room_that_is_ended_and_started_calls_everybody_again() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann"), member("bob")))
        async with world.daemon(resync=30.0):
            await asyncio.sleep(60)
            await override_now(world, override("end"))
            await asyncio.sleep(10)
            assert world.legs(ROOM) == {}
            await override_now(world, override("start"))
            await asyncio.sleep(20)
            assert set(world.legs(ROOM)) == {"ann", "bob"}

    run(story)


def test_a_schedule_that_ends_a_room_above_the_limit_waits_for_a_person() -> None:
    async def story() -> None:
        world = World()
        people = [member(f"p{n}") for n in range(5)]
        ended = ScheduleEntry(Period(Once(AT, AT + 60)), state=RoomState.ENDED)
        await world.declare(Declaration(roster(ROOM, *people), schedule=(ended,)))
        async with world.daemon(resync=30.0):
            await asyncio.sleep(AT - START + 10)
            assert len(world.legs(ROOM)) == 5
            kinds = [x.kind for x in await world.store.events(ROOM, limit=99)]
            assert "withheld.limits.removals" in kinds

    run(story)


def test_a_sync_that_waits_for_another_room_keeps_a_boundary_to_the_moment() -> None:
    async def story() -> None:
        world = World(people=People({"+15551110000": Subscriber(busy=99)}))
        caller = Caller(world)
        await caller.declare(
            roster("other", Member("cal", "+15551110000", "+15005550006"))
        )
        now, at = world.loop.time(), START + 20.3
        await caller.store.load([hand_over(at)], folder=None, now=now, cause="test")
        following = asyncio.create_task(caller.follow_all(within=60))
        await asyncio.sleep(at - 0.1 - now)
        assert muted(world) == {"ann": False, "bob": True}
        assert list(await both_heard(world, at + 0.5)) == []
        assert muted(world) == {"ann": True, "bob": False}
        await following

    run(story)


def test_a_timer_is_due_once_and_can_be_moved() -> None:
    timers = BoundaryTimers()
    timers.put("a", 10.0)
    timers.put("a", 10.0)
    timers.put("b", 5.0)
    timers.put("b", 20.0)
    timers.put("c", 7.0)
    timers.put("c", None)
    assert timers.due(9.0) == []
    assert timers.wait(9.0) == 1.0
    assert timers.due(10.0) == ["a"]
    assert timers.due(19.0) == []
    assert timers.due(20.0) == ["b"]
    assert timers.wait(21.0) == float("inf")
