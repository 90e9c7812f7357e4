"""A sync evaluates no room that is as an earlier process with the same rules left it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.loop.follow import SyncRun
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.engine.room.pass_options import PassOptions
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.ledger import Ledger
from reconciler.model.roster import Roster
from reconciler.simulator.exchange.people import Subscriber
from tests.engine.loop.test_restored_rooms import (
    PEOPLE,
    REST_SECONDS,
    ROOM,
    RULES,
    edit,
    end,
    observe_otherwise,
    pause,
    redial,
    set_back,
)
from tests.engine.loop.test_unchanged import Place, asked
from tests.engine.world import Daemon, member, roster, run

OTHER = roster("other", member("kim", coaching="lee"), member("lee"))


class Sync:
    """A process that follows all rooms once."""

    def __init__(self, world: Place, rules: str = RULES, **options: Any) -> None:
        self.process: Daemon = world.daemon(name="sync")
        controller, clock = self.process.controller, world.loop.time
        self.run = SyncRun(
            applier=controller.applier,
            options=replace(controller.options, asked=True, **options),
            store=world.store,
            provider=controller.provider,
            limiter=self.process.limiter,
            clock=clock,
            monotonic=clock,
            sleep=asyncio.sleep,
            report=lambda _: None,
            owner="sync",
            lease_seconds=8.0,
            rules=lambda: rules,
        )
        self._world = world

    async def follow(self, *, within: float = 60.0) -> Mapping[str, ReconcileResult]:
        rooms = await self._world.store.rooms()
        return await self.run.follow(rooms, within=within, stopping=lambda: False)


async def left(world: Place, *rosters: Roster) -> None:
    """Rooms that a daemon with the same rules found as declared."""
    await world.declare(*rosters)
    async with world.daemon(rules=RULES) as daemon:
        await asyncio.sleep(REST_SECONDS)
        await daemon.controller.save()
    assert set(world.store.tables.converged) == {each.room for each in rosters}


def restored(result: ReconcileResult) -> bool:
    """Whether nothing was read of a room as declared but what is desired."""
    converged = result.state is RoomPhase.CONVERGED
    return converged and result.evaluation.ledger == Ledger()


def shown(result: ReconcileResult) -> tuple[object, ...]:
    """What a sync shows of a room and decides by."""
    of = result.evaluation
    seen = (of.room, of.state, of.plan, of.observation, of.version, of.desired, of.only)
    return (*seen, result.outcomes, result.requeue_after, result.run)


def test_a_room_that_was_left_as_declared_is_shown_as_if_it_were_evaluated() -> None:
    async def story() -> None:
        world = Place()
        await left(world, roster(ROOM, *PEOPLE), OTHER)
        sync, whole = Sync(world), Sync(world, rules="of another version")
        passes, expected = await sync.follow(), await whole.follow()
        assert asked(sync.process, 0, "/Participants.json") == 2
        for room, result in passes.items():
            assert restored(result)
            assert not restored(expected[room])
            assert shown(result) == shown(expected[room])
        assert sync.process.wire.writes() == []

    run(story)


async def unmute(world: Place) -> None:
    world.change("bob", muted=False)


async def deaf(world: Place) -> None:
    """Another generation counts, and the database does not say that rows changed."""
    await world.declare(roster(ROOM, *PEOPLE, member("joe")))
    world.store.deaf = True


@pytest.mark.parametrize(
    "meanwhile",
    [unmute, edit, deaf, pause, redial, end, observe_otherwise, set_back],
)
def test_what_happened_meanwhile_takes_a_pass(
    meanwhile: Callable[[Place], Any],
) -> None:
    async def story() -> None:
        worlds = Place(), Place()
        done = []
        for world, rules in zip(worlds, (RULES, ""), strict=True):
            await left(world, roster(ROOM, *PEOPLE))
            if asyncio.iscoroutine(doing := meanwhile(world)):
                await doing
            sync = Sync(world, rules=rules)
            result = (await sync.follow())[ROOM]
            assert not restored(result)
            writes = [request[2] for request in sync.process.wire.writes()]
            done.append((result.state, len(writes)))
        assert done[0] == done[1]

    run(story)


def test_a_sync_stores_what_it_found_as_declared_for_the_next() -> None:
    async def story() -> None:
        world = Place()
        await world.declare(roster(ROOM, *PEOPLE))
        await Sync(world).follow()
        await asyncio.sleep(REST_SECONDS)
        second = (await Sync(world).follow())[ROOM]
        before = world.store.writes
        third = (await Sync(world).follow())[ROOM]
        assert not restored(second)
        assert restored(third)
        assert world.store.writes == before

    run(story)


@pytest.mark.parametrize(
    "options",
    [
        {"forced": "the judge asked"},
        {"only": {ROOM: frozenset({"ann"})}},
        {"bind": lambda evaluation: evaluation},
    ],
    ids=["forced", "narrowed", "as planned"],
)
def test_a_sync_that_is_asked_for_more_or_less_evaluates_every_room(
    options: dict[str, Any],
) -> None:
    async def story() -> None:
        world = Place()
        await left(world, roster(ROOM, *PEOPLE))
        assert not restored((await Sync(world, **options).follow())[ROOM])
        assert not PassOptions(str, "sync", **options).usual

    run(story)


def test_a_restored_room_is_followed_until_the_others_are_as_declared() -> None:
    async def story() -> None:
        world = Place()
        await left(world, roster(ROOM, *PEOPLE))
        tom = member("tom")
        world.exchange.describe(tom.to, Subscriber(answers_after=20.0))
        await world.declare(roster("late", tom))
        following = asyncio.create_task(Sync(world).follow())
        await asyncio.sleep(0.5)
        world.change("bob", muted=False)
        passes = await following
        assert world.legs(ROOM)["bob"].muted
        assert not restored(passes[ROOM])

    run(story)
