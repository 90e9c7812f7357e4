"""A daemon that starts evaluates no room that is as the one before left it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.engine.loop.observer import RunOutcome
from reconciler.engine.loop.unchanged import (
    MAX_AGE_SECONDS,
    RESTORED_AT_ONCE,
    UnchangedCache,
)
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.ports import Changes
from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.converged_room import ConvergedRoom, RestoredRoom
from reconciler.model.declaration import Declaration, Mode, ScheduleEntry
from reconciler.model.errors import StoreError
from reconciler.model.roster import Member, Redial
from reconciler.model.schedule import Once, Period
from reconciler.model.watermark import Watermark
from reconciler.store.queries.operator_decision import Decision
from tests.engine.loop.test_unchanged import Place, asked, at_rest, within
from tests.engine.world import START, Daemon, member, roster, run
from tests.planning.restored import RESTORED

ROOM = "support-line"
RULES = "of this code"
REST_SECONDS = 140
SOON_SECONDS = 3.0

PEOPLE = (member("ann"), member("bob", muted=True))
CALLER = member("joe")


class Forgetful(Place):
    """A world whose store cannot say what was left."""

    def __init__(self) -> None:
        super().__init__()
        self.store.converged = self._away  # type: ignore[method-assign, assignment]

    async def _away(self, *_: object) -> None:
        raise StoreError("The database is away.")


@asynccontextmanager
async def restarted(
    world: Place,
    *people: Member,
    meanwhile: Callable[[Place], object] = lambda _: None,
    seconds: float = 1.0,
    rules: str = RULES,
    declared: Declaration | None = None,
    **more: Any,
) -> AsyncIterator[Daemon]:
    """The second daemon of a room, a few seconds after its start.

    The first one found the room as declared. *meanwhile* is done while neither runs,
    which takes so many *seconds*.
    """
    await world.declare(declared or roster(ROOM, *(people or PEOPLE)))
    async with world.daemon(rules=RULES) as daemon:
        await asyncio.sleep(REST_SECONDS)
        assert at_rest(daemon) == {ROOM}
        await daemon.controller.save()
    if asyncio.iscoroutine(done := meanwhile(world)):
        await done
    await asyncio.sleep(seconds)
    async with world.daemon(name="two", rules=rules, **more) as second:
        await within(SOON_SECONDS, lambda: second.controller.warm)
        yield second


def endings(daemon: Daemon) -> set[RunOutcome]:
    return set(daemon.observer.run_outcomes)


def evaluated(daemon: Daemon) -> bool:
    return endings(daemon) != {RunOutcome.UNCHANGED}


def test_a_room_that_was_left_as_declared_costs_one_request_and_no_read() -> None:
    async def story() -> None:
        world = Place()
        async with restarted(world) as daemon:
            before = world.store.reads, world.store.writes
            assert not evaluated(daemon)
            assert asked(daemon, 0, "/Participants.json") == 1
            assert daemon.observer.restored == [ROOM]
            assert daemon.observer.states == {ROOM: RoomPhase.CONVERGED}
            await asyncio.sleep(600)
            assert not evaluated(daemon)
            assert daemon.observer.restored == [ROOM]
            assert (world.store.reads, world.store.writes) == before
            assert daemon.wire.writes() == []

    run(story)


def test_what_happened_meanwhile_in_the_room_is_put_right_at_the_start() -> None:
    async def story() -> None:
        world = Place()
        unmute = lambda of: of.change("bob", muted=False)  # noqa: E731 - one line
        async with restarted(world, meanwhile=unmute) as daemon:
            await within(SOON_SECONDS, lambda: world.legs(ROOM)["bob"].muted)
            assert daemon.observer.restored == []
            assert evaluated(daemon)

    run(story)


def edit(world: Place) -> None:
    world.store.raw(roster(ROOM, member("ann", muted=True), member("bob", muted=True)))


async def pause(world: Place) -> None:
    decision = Decision(ROOM, world.loop.time(), "sue")
    await world.store.stand(decision, Standing.PAUSED)


async def redial(world: Place) -> None:
    await world.store.redial(Decision(ROOM, world.loop.time(), "sue"), "ann")


async def end(world: Place) -> None:
    """The conference ends, and another one of the same name begins with nobody in it."""
    for label in world.legs(ROOM):
        assert label is not None
        leg = world.legs(ROOM)[label]
        world.exchange.hang_up(leg.call_sid)


async def observe_otherwise(world: Place) -> None:
    known = world.store.tables.observed[ROOM]
    world.store.tables.observed[ROOM] = replace(known, legs=known.legs[:1])


def set_back(world: Place) -> None:
    """The clock of now is behind that of then."""
    known = world.store.tables.converged[ROOM]
    later = replace(known, evaluated_at=known.evaluated_at + MAX_AGE_SECONDS)
    world.store.tables.converged[ROOM] = later


@pytest.mark.parametrize(
    "meanwhile", [edit, pause, redial, end, observe_otherwise, set_back]
)
def test_a_row_another_conference_observation_or_clock_takes_an_evaluation(
    meanwhile: Callable[[Place], object],
) -> None:
    async def story() -> None:
        async with restarted(Place(), meanwhile=meanwhile) as daemon:
            await within(SOON_SECONDS, lambda: evaluated(daemon))
            assert daemon.observer.restored == []

    run(story)


@pytest.mark.parametrize(
    ("more", "restored"),
    [
        ({}, True),
        ({"rules": "of another version"}, False),
        ({"rules": ""}, False),
        ({"seconds": MAX_AGE_SECONDS - REST_SECONDS}, True),
        ({"seconds": MAX_AGE_SECONDS + 1.0}, False),
    ],
)
def test_other_code_and_settings_or_an_hour_take_an_evaluation(
    more: dict[str, Any], restored: bool
) -> None:
    async def story() -> None:
        async with restarted(Place(), **more) as daemon:
            assert evaluated(daemon) is not restored
            assert (daemon.observer.restored == [ROOM]) is restored

    run(story)


def test_nothing_is_rested_on_if_the_store_cannot_say_what_was_left() -> None:
    async def story() -> None:
        async with restarted(Forgetful()) as daemon:
            assert evaluated(daemon)

    run(story)


def test_nothing_is_rested_on_if_nobody_knows_what_was_written_since() -> None:
    async def story() -> None:
        away = lambda of: setattr(of.store, "feed_away", True)  # noqa: E731 - one line
        async with restarted(Place(), meanwhile=away) as daemon:
            assert evaluated(daemon)

    run(story)


def test_a_record_that_cannot_be_read_does_not_hold_up_the_start() -> None:
    async def spoilt(*_: object) -> None:
        raise ValueError("non-hexadecimal number found")

    async def story() -> None:
        spoil = lambda of: setattr(of.store, "converged", spoilt)  # noqa: E731 - one line
        async with restarted(Place(), meanwhile=spoil) as daemon:
            assert evaluated(daemon)
            assert "non-hexadecimal" in daemon.observer.troubles[0][2]

    run(story)


def test_a_webhook_before_it_is_known_what_was_left_has_its_room_read_at_once() -> None:
    async def story() -> None:
        world = Place()
        async with restarted(world):
            pass
        converged = world.store.converged

        async def slowly(*of: Any) -> Any:
            await asyncio.sleep(20)
            return await converged(*of)

        world.store.converged = slowly  # type: ignore[method-assign, assignment]
        async with world.daemon(name="three", rules=RULES) as daemon:
            await asyncio.sleep(5)
            assert daemon.controller.mark(ROOM, Priority.WEBHOOK)
            await asyncio.sleep(2)
            assert evaluated(daemon)
            await asyncio.sleep(60)
            assert daemon.observer.restored == []

    run(story)


def scheduled(at: float) -> Declaration:
    quiet = Mode("evening", (("ann", (("muted", True),)),))
    entry = ScheduleEntry(Period(Once(at, at + 3600.0)), mode="evening")
    day = roster(ROOM, member("ann", muted=False), member("bob", muted=True))
    return Declaration(day, modes=(quiet,), schedule=(entry, ScheduleEntry(None)))


def test_a_restored_room_is_visited_when_its_roster_ends_to_count() -> None:
    async def story() -> None:
        at = START + REST_SECONDS + 60.0
        world = Place()
        async with restarted(world, declared=scheduled(at), resync=3600.0) as daemon:
            assert daemon.observer.restored == [ROOM]
            await asyncio.sleep(at - 1.0 - world.loop.time())
            assert not world.legs(ROOM)["ann"].muted
            await asyncio.sleep(2.0)
            assert world.legs(ROOM)["ann"].muted

    run(story)


def test_a_roster_that_ended_to_count_meanwhile_takes_an_evaluation() -> None:
    async def story() -> None:
        at = START + REST_SECONDS + 10.0
        world = Place()
        async with restarted(world, declared=scheduled(at), seconds=20.0) as daemon:
            await within(SOON_SECONDS, lambda: world.legs(ROOM)["ann"].muted)
            assert daemon.observer.restored == []

    run(story)


def test_a_restored_room_with_a_coach_is_looked_at_every_two_seconds() -> None:
    async def story() -> None:
        coached = (member("ann"), member("sup", coaching="ann"))
        async with restarted(Place(), *coached) as daemon:
            assert daemon.observer.restored == [ROOM]
            since = len(daemon.wire.requests)
            await asyncio.sleep(20)
            assert asked(daemon, since, "/Participants.json") >= 8

    run(story)


def test_only_a_room_in_which_all_are_connected_and_nobody_else_is_stored() -> None:
    async def story() -> None:
        world = Place()
        await world.declare(
            roster(ROOM, *PEOPLE),
            roster("empty"),
            roster("left", replace(CALLER, redial=Redial(on=())), member("kim")),
        )
        async with world.daemon(rules=RULES) as daemon:
            await asyncio.sleep(REST_SECONDS)
            world.exchange.hang_up(world.legs("left")[CALLER.label].call_sid)
            await asyncio.sleep(REST_SECONDS)
            world.store.tables.converged.clear()
            await daemon.controller.save()
            assert "left" in at_rest(daemon)
        assert set(world.store.tables.converged) <= {ROOM}

    run(story)


def test_a_failure_to_store_is_made_up_for() -> None:
    async def story() -> None:
        world = Place()
        await world.declare(roster(ROOM, *PEOPLE))
        async with world.daemon(rules=RULES) as daemon:
            await asyncio.sleep(REST_SECONDS)
            record = world.store.record_converged

            async def away(_: object) -> None:
                raise StoreError("The database is away.")

            world.store.record_converged = away  # type: ignore[method-assign, assignment]
            await daemon.controller.save()
            assert not world.store.tables.converged
            world.store.record_converged = record  # type: ignore[method-assign]
            await daemon.controller.save()
            assert set(world.store.tables.converged) == {ROOM}

    run(story)


async def concluded(world: Place, daemon: Daemon) -> None:
    """The daemon ends, as its process does; something is written of another room."""
    now = world.loop.time()
    await world.store.load([roster("other")], folder=None, now=now, cause="sue")
    await daemon.end()
    await daemon.controller.conclude()


def test_a_room_left_at_rest_is_stored_as_of_the_end() -> None:
    async def story() -> None:
        world = Place()
        await world.declare(roster(ROOM, *PEOPLE))
        daemon = world.daemon(rules=RULES)
        async with daemon:
            await asyncio.sleep(REST_SECONDS)
            await daemon.controller.save()
            before = world.store.tables.converged[ROOM]
            await concluded(world, daemon)
        now = (await world.store.changes(None)).watermark
        after = world.store.tables.converged[ROOM]
        assert after == replace(before, watermark=now) != before

    run(story)


async def leave(world: Place) -> None:
    world.exchange.hang_up(world.legs(ROOM)["ann"].call_sid)


@pytest.mark.parametrize("meanwhile", [leave, redial])
def test_a_room_that_is_otherwise_at_the_end_is_not_said_to_be_as_it_was(
    meanwhile: Callable[[Place], Any],
) -> None:
    async def story() -> None:
        world = Place()
        gone = replace(member("ann"), redial=Redial(on=()))
        await world.declare(roster(ROOM, gone, member("bob", muted=True)))
        daemon = world.daemon(rules=RULES)
        async with daemon:
            await asyncio.sleep(REST_SECONDS)
            await daemon.controller.save()
            before = world.store.tables.converged[ROOM]
            await meanwhile(world)
            if meanwhile is leave:
                await asyncio.sleep(REST_SECONDS)
                assert at_rest(daemon) == {ROOM}
            await concluded(world, daemon)
        assert world.store.tables.converged[ROOM] == before

    run(story)


def test_a_room_that_is_otherwise_while_it_is_stored_is_not_said_to_be_as_it_was() -> (
    None
):
    async def story() -> None:
        world = Place()
        gone = replace(member("ann"), redial=Redial(on=()))
        await world.declare(roster(ROOM, gone, member("bob", muted=True)))
        daemon = world.daemon(rules=RULES)
        async with daemon:
            await asyncio.sleep(REST_SECONDS)
            record, answered = world.store.record_converged, asyncio.Event()

            async def slow(rooms: Sequence[ConvergedRoom]) -> None:
                await record(rooms)
                await answered.wait()

            world.store.record_converged = slow  # type: ignore[method-assign]
            saving = asyncio.create_task(daemon.controller.save())
            await asyncio.sleep(1)
            before = world.store.tables.converged[ROOM]
            await leave(world)
            await asyncio.sleep(REST_SECONDS)
            assert at_rest(daemon) == {ROOM}
            answered.set()
            await saving
            await concluded(world, daemon)
        assert world.store.tables.converged[ROOM] == before

    run(story)


def test_rooms_with_a_coach_are_observed_before_the_others() -> None:
    """Whom a coach talks to may have left meanwhile, and then all hear the coach."""

    async def story() -> None:
        world = Place()
        coached = (replace(CALLER, label="ann"), member("sup", coaching="ann"))
        await world.declare(roster("a-line", *PEOPLE), roster("z-line", *coached))
        async with world.daemon(rules=RULES) as daemon:
            await asyncio.sleep(REST_SECONDS)
            await daemon.controller.save()
        target = world.legs("z-line")["ann"]
        world.exchange.hang_up(target.call_sid)
        async with world.daemon(name="two", rules=RULES, workers=1) as second:
            await within(SOON_SECONDS, lambda: second.controller.warm)
            requests = [(verb, path) for _, verb, path in second.wire.requests]
            silence = next(n for n, (verb, _) in enumerate(requests) if verb == "POST")
            other = world.legs("a-line")["ann"].conference_sid
            listed = next(n for n, (_, path) in enumerate(requests) if other in path)
            assert silence < listed

    run(story)


@dataclass
class Turns:
    """A store in PostgreSQL as of *now*: ``written`` has the room written in each turn."""

    now: Watermark
    written: Mapping[int, str]
    records: tuple[RestoredRoom, ...]
    kept_from: int = 0
    read: list[int] = field(default_factory=list)

    async def converged(
        self, rooms: Collection[str], _: str
    ) -> tuple[RestoredRoom, ...]:
        self.read.append(len(rooms))
        return tuple(each for each in self.records if each.room in rooms)

    async def changes(self, since: Watermark | None) -> Changes:
        known = Changes({}, self.now, self.kept_from)
        if since is None:
            return known
        if not known.reaches(since):
            last = frozenset((max(since.next, self.now.next),))
            return replace(known, rooms={x.room: last for x in self.records})
        unseen = {x for x in self.written if self.now.covers(x) and not since.covers(x)}
        return replace(known, rooms={self.written[x]: frozenset((x,)) for x in unseen})


def record(room: str, watermark: Watermark) -> RestoredRoom:
    of = replace(RESTORED.converged, room=room, watermark=watermark)
    return replace(RESTORED, converged=of)


async def restored(store: Turns) -> list[str]:
    cache = UnchangedCache(
        store,  # type: ignore[arg-type]
        SimpleNamespace(known_listing=lambda *_: None),
        SimpleNamespace(remember=lambda *_: None),  # type: ignore[arg-type]
        lambda: 0.0,
        lambda: RULES,
    )
    rooms = [each.room for each in store.records]
    now = RESTORED.converged.evaluated_at + 1
    batches = cache.restore(rooms, lambda: now)
    return [each.room async for some in batches for each in some]


async def test_of_two_snapshots_with_one_end_the_earlier_counts() -> None:
    """a was read after turn 5 ended, b while it was under way and wrote b."""
    a = record("a", Watermark(10, origin="run"))
    b = record("b", Watermark(10, frozenset((5,)), "run"))
    now = Watermark(12, origin="run")
    for records in ((a, b), (b, a)):
        assert await restored(Turns(now, {5: "b"}, records)) == ["a"]


async def test_a_record_of_another_run_of_the_server_does_not_count() -> None:
    """The database came with a dump, whose turns were higher; b was written since."""
    a = record("a", Watermark(900, origin="new"))
    b = record("b", Watermark(1_000_000, origin="old"))
    now = Watermark(950, origin="new")
    assert await restored(Turns(now, {930: "b"}, (a, b))) == ["a"]


@pytest.mark.parametrize(
    "watermark", [Watermark(800, origin="old"), Watermark(800, origin="new")]
)
async def test_one_old_record_costs_no_other_room_its_record(
    watermark: Watermark,
) -> None:
    """It is of another run of the server, or older than the changes that are kept."""
    old = record("a", watermark)
    b = record("b", Watermark(900, origin="new"))
    now = Watermark(950, origin="new")
    assert await restored(Turns(now, {}, (old, b), kept_from=850)) == ["b"]
    assert await restored(Turns(now, {}, (old,), kept_from=850)) == []


async def test_a_server_that_starts_while_records_are_read_leaves_none() -> None:
    class Restarted(Turns):
        async def changes(self, since: Watermark | None) -> Changes:
            told = await super().changes(since)
            self.now = Watermark(950, origin="new")
            return told

    old = (
        record("a", Watermark(800, origin="old")),
        record("b", Watermark(999_999, origin="old")),
    )
    now = Watermark(1_000_000, origin="old")
    assert await restored(Restarted(now, {}, old)) == []


async def test_records_are_read_a_thousand_at_a_time() -> None:
    rooms = [f"room {number}" for number in range(2 * RESTORED_AT_ONCE + 1)]
    records = tuple(record(room, Watermark(9)) for room in rooms)
    store = Turns(Watermark(9), {}, records)
    assert await restored(store) == rooms
    assert store.read == [RESTORED_AT_ONCE, RESTORED_AT_ONCE, 1]
