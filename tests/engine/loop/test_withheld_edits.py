"""What was withheld of an edit stays withheld, whatever overrides and modes do."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.declaration import (
    Declaration,
    Mode,
    Override,
    OverrideVerb,
    ScheduleEntry,
)
from reconciler.model.ledger import Approval
from reconciler.model.roster import Limits, Member, Roster
from reconciler.model.schedule import Once, Period
from reconciler.planning.approval import fingerprint
from tests.engine.caller import ROOM as CALLED
from tests.engine.caller import Caller
from tests.engine.world import START, World, member, run

ROOM = "support-line"
LIMITS = Limits(exposures=1)
QUEUED = ("q1", "q2")
SILENT = {"h": (False, False), "q1": (True, False), "q2": (True, False)}
"""Who is muted, and who is on hold, while the edit is withheld."""

HELD = Mode("held", tuple((label, (("hold", True),)) for label in QUEUED))


def declared(
    *, edited: bool, window: tuple[float, float] | None = None, **more: Any
) -> Declaration:
    """A host who is heard; *edited*, two others are no longer muted."""
    queue = [member(x, muted=not edited, **more) for x in QUEUED]
    people: tuple[Member, ...] = (member("h", muted=False, **more), *queue)
    schedule: tuple[ScheduleEntry, ...] = ()
    if window is not None:
        schedule = (ScheduleEntry(Period(Once(*window)), mode="held"),)
    file = Roster(ROOM, people, limits=LIMITS)
    return Declaration(file, modes=(HELD,), schedule=schedule)


async def override_now(world: World, seconds: float, word: Override) -> None:
    now = world.loop.time()
    word = replace(word, at=now, until=now + seconds)
    await world.store.add_overrides([word], now)
    world.store.decide_on(ROOM, "sue")


def override(verb: str, **more: Any) -> Override:
    return replace(Override(0, ROOM, OverrideVerb(verb), 0.0, None, "sue", ""), **more)


def states(world: World) -> dict[str | None, tuple[bool, bool]]:
    return {label: (leg.muted, leg.hold) for label, leg in world.legs(ROOM).items()}


async def nobody_is_unmuted(world: World, seconds: float) -> None:
    """Look ten times a second."""
    for _ in range(int(seconds * 10)):
        legs = world.legs(ROOM)
        assert all(legs[label].muted for label in QUEUED)
        await asyncio.sleep(0.1)


async def withheld(world: World) -> set[str]:
    """The kinds that are on record as withheld."""
    ledger = await world.store.ledger(ROOM, world.loop.time())
    return set(ledger.withheld)


OVERRIDES = [
    override("set", labels=("q1",), fields=(("hold", True),)),
    override("mode", mode="held"),
    override("only", labels=("h",)),
    override("mute-all"),
    override("set", labels=("q1",), fields=(("muted", True),)),
]


@pytest.mark.parametrize("file", [{}, {"hold": False}], ids=["unsaid", "said"])
@pytest.mark.parametrize("word", OVERRIDES, ids=lambda x: f"{x.verb}{x.fields}")
def test_an_unmute_that_was_withheld_stays_so_during_and_after_an_override(
    word: Override, file: dict[str, Any]
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(declared(edited=False, **file))
        async with world.daemon(resync=30.0):
            await asyncio.sleep(90)
            await world.declare(declared(edited=True, **file))
            world.store.decide_on(ROOM, "sue")
            await nobody_is_unmuted(world, 5)
            assert await withheld(world) == {"exposures"}
            await override_now(world, 8, word)
            await nobody_is_unmuted(world, 40)
            assert states(world) == SILENT
            assert await withheld(world) == {"exposures"}

    run(story)


@pytest.mark.parametrize("file", [{}, {"hold": False}], ids=["unsaid", "said"])
@pytest.mark.parametrize("word", OVERRIDES[1:4], ids=lambda x: str(x.verb))
def test_an_edit_made_during_an_override_is_withheld_during_and_after_it(
    word: Override, file: dict[str, Any]
) -> None:
    async def story() -> None:
        world = World()
        await world.declare(declared(edited=False, **file))
        async with world.daemon(resync=30.0):
            await asyncio.sleep(90)
            await override_now(world, 10, word)
            await asyncio.sleep(4)
            await world.declare(declared(edited=True, **file))
            await nobody_is_unmuted(world, 40)
            assert states(world) == SILENT
            assert await withheld(world) == {"exposures"}

    run(story)


def test_an_unmute_that_was_withheld_stays_so_during_and_after_a_schedules_mode() -> (
    None
):
    async def story() -> None:
        world, window = World(), (START + 95, START + 105)
        await world.declare(declared(edited=False, window=window))
        async with world.daemon(resync=30.0):
            await asyncio.sleep(90)
            await world.declare(declared(edited=True, window=window))
            await nobody_is_unmuted(world, 10)
            assert states(world)["q1"] == (True, True)
            await nobody_is_unmuted(world, 30)
            assert states(world) == SILENT

    run(story)


def test_an_override_at_the_moment_of_an_edit_does_not_take_the_edit_off_record() -> (
    None
):
    async def story() -> None:
        world = World()
        await world.declare(declared(edited=False))
        async with world.daemon(resync=30.0):
            await asyncio.sleep(90)
            await world.declare(declared(edited=True))
            await override_now(world, 8, OVERRIDES[3])
            await nobody_is_unmuted(world, 40)
            assert states(world) == SILENT

    run(story)


@pytest.mark.parametrize("word", OVERRIDES[1:4], ids=lambda x: str(x.verb))
def test_the_end_of_an_override_exposes_freely_who_was_heard_before_it(
    word: Override,
) -> None:
    """An edit of a minute ago that exposed nobody is no reason to withhold."""

    async def story() -> None:
        world = World()
        await world.declare(declared(edited=True, hold=False))
        async with world.daemon(resync=30.0):
            await asyncio.sleep(90)
            await world.declare(declared(edited=True, hold=False, priority=3))
            await asyncio.sleep(5)
            await override_now(world, 10, word)
            await asyncio.sleep(5)
            assert states(world)["q1"] != (False, False)
            await asyncio.sleep(25)
            assert set(states(world).values()) == {(False, False)}

    run(story)


def test_an_approval_during_an_override_unmutes_and_its_end_takes_off_hold() -> None:
    async def story() -> None:
        caller = Caller(World())
        file = replace(declared(edited=False).roster, room=CALLED)
        await caller.declare(file)
        await caller.follow()
        await asyncio.sleep(60)
        edited = replace(declared(edited=True).roster, room=CALLED)
        await caller.declare(edited)
        await caller.follow()
        now = caller.loop.time()
        word = override("only", labels=("h",), at=now, until=now + 20, room=CALLED)
        await caller.store.add_overrides([word], now)
        plan = (await caller.follow()).evaluation.plan
        assert [each.action.label for each in plan.withheld] == list(QUEUED)
        allowed = Approval(fingerprint(plan, ""), "both", "eve", now + 600.0)
        await caller.store.grant(CALLED, allowed, generation=plan.generation, now=now)
        await caller.follow()
        found = caller.world.legs(CALLED)
        assert {(found[x].muted, found[x].hold) for x in QUEUED} == {(False, True)}
        await asyncio.sleep(20)
        await caller.store.advance(caller.loop.time())
        await caller.follow()
        found = caller.world.legs(CALLED)
        assert {(x.muted, x.hold) for x in found.values()} == {(False, False)}

    run(story)
