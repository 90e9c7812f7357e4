"""Two daemons share the rooms: each works on its own, and they change hands."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.loop.observer import RunOutcome
from reconciler.engine.loop.work_queue import Priority
from reconciler.model.converged_room import RestoredRoom
from reconciler.model.errors import StoreError
from reconciler.store.queries.marks import Mark
from tests.engine.loop.test_unchanged import at_rest
from tests.engine.world import Daemon, Records, World, member, roster, run

ROOMS = tuple(f"room {n}" for n in range(4))
RULES = "of this code"
REST_SECONDS = 140
MANY = 100_000


class Deciding(Records):
    """A store with decisions of other processes; it counts who lists all rooms.

    There are ``many`` rooms of others beside; ``unlisted`` fails once. What rooms rest on
    takes ``seconds`` to be read, or is ``broken``. In rooms that ``moved`` another
    account acts.
    """

    def __init__(self) -> None:
        super().__init__()
        self.decided: list[Mark] = []
        self.listed = 0
        self.list_made = asyncio.Event()
        self.many = 0
        self.unlisted: Exception | None = None
        self.seconds = 0.0
        self.broken: Exception | None = None
        self.moved: set[str] = set()

    async def rooms(self) -> tuple[str, ...]:
        self.listed += 1
        failure, self.unlisted = self.unlisted, None
        if failure is not None:
            raise failure
        names = await super().rooms()
        self.list_made.set()
        others = (f"far {number}" for number in range(self.many))
        return *(name for name in names if name not in self.moved), *others

    async def converged(
        self, rooms: Collection[str], rules: str
    ) -> tuple[RestoredRoom, ...]:
        await asyncio.sleep(self.seconds)
        if self.broken is not None:
            raise self.broken
        return await super().converged(rooms, rules)

    async def last_mark(self) -> int:
        return len(self.decided)

    async def marks_since(self, last: int) -> tuple[Mark, ...]:
        return tuple(self.decided[last:])

    async def desired(self, room: str, now: float) -> Desired | None:
        desired = await super().desired(room, now)
        if desired is None or room not in self.moved:
            return desired
        return replace(desired, account="europe")

    async def just_listed(self) -> None:
        """All rooms were listed now: it may be long until that is done again."""
        self.list_made.clear()
        await self.list_made.wait()


class Spoilt:
    """A provider that cannot read the second listing that was stored."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.read = inner, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def known_listing(self, *of: Any) -> Any:
        self.read += 1
        if self.read == 2:
            raise ValueError("spoilt")
        return self.inner.known_listing(*of)


class Place(World):
    """A world whose store has decisions."""

    def __init__(self) -> None:
        super().__init__()
        self.store: Deciding = Deciding()


class Shared(Daemon):
    """A daemon that owns some of the rooms."""

    def __init__(self, world: World, *rooms: str, **more: Any) -> None:
        super().__init__(world, **more)
        self.rooms = set(rooms)
        self.controller.share.owns = self.rooms.__contains__

    def becomes(self, *rooms: str) -> None:
        self.rooms.clear()
        self.rooms.update(rooms)
        self.controller.reshare()

    @property
    def visited(self) -> set[str]:
        return {room for room, runs in self.observer.runs.items() if runs}


def leased(world: World) -> dict[str, str]:
    now = asyncio.get_running_loop().time()
    held = world.store.tables.leases.items()
    return {room: lease.owner for room, lease in held if lease.expires_at > now}


async def declared(rooms: Collection[str] = ROOMS) -> Place:
    world = Place()
    await world.declare(*(roster(room, member("ann", muted=False)) for room in rooms))
    return world


def test_each_daemon_visits_its_own_rooms_and_all_converge() -> None:
    async def story() -> None:
        world = await declared()
        async with (
            Shared(world, *ROOMS[:2]) as one,
            Shared(world, *ROOMS[2:], name="two") as other,
        ):
            await asyncio.sleep(60)
            assert one.visited == set(ROOMS[:2])
            assert other.visited == set(ROOMS[2:])
            assert all("ann" in world.legs(room) for room in ROOMS)

    run(story)


def test_a_room_of_another_daemon_is_known_and_takes_no_mark() -> None:
    async def story() -> None:
        world = await declared()
        async with Shared(world, ROOMS[0]) as one:
            await asyncio.sleep(10)
            assert one.controller.knows(ROOMS[1])
            assert not one.controller.mark(ROOMS[1], Priority.WEBHOOK)
            assert not one.controller.knows("nowhere")
            assert one.visited == {ROOMS[0]}

    run(story)


def test_a_gained_room_is_corrected_within_a_second() -> None:
    async def story() -> None:
        world = await declared()
        async with Shared(world, *ROOMS) as one:
            await asyncio.sleep(60)
            other = Shared(world, name="two", resync=3600.0)
            async with other:
                await asyncio.sleep(10)
                one.becomes(*ROOMS[1:])
                other.becomes(ROOMS[0])
                world.mute(ROOMS[0], "ann", muted=True)
                await asyncio.sleep(1)
                assert not world.legs(ROOMS[0])["ann"].muted
                assert other.visited == {ROOMS[0]}

    run(story)


def test_a_gained_room_that_is_as_its_old_daemon_left_it_costs_one_request() -> None:
    async def story() -> None:
        world = await declared()
        async with Shared(world, *ROOMS[1:], rules=RULES) as one:
            two = Shared(world, ROOMS[0], name="two", rules=RULES, resync=3600.0)
            async with two as other:
                await asyncio.sleep(REST_SECONDS)
                await one.controller.save()
                world.mute(ROOMS[1], "ann", muted=True)
                before = len(other.wire.requests)
                one.becomes(ROOMS[3])
                other.becomes(*ROOMS[:3])
                await asyncio.sleep(1)
                assert other.observer.restored == [ROOMS[2]]
                assert not world.legs(ROOMS[1])["ann"].muted
                of = world.legs(ROOMS[2])["ann"].conference_sid
                asked = [path for _, _, path in other.wire.requests[before:]]
                assert sum(of in path for path in asked) == 1

    run(story)


def test_a_gained_room_that_was_written_to_since_is_read_in_full() -> None:
    async def story() -> None:
        world = await declared()
        async with Shared(world, *ROOMS, rules=RULES) as one:
            await asyncio.sleep(REST_SECONDS)
            await one.controller.save()
            async with Shared(world, name="two", rules=RULES) as other:
                await asyncio.sleep(10)
                one.becomes(*ROOMS[1:])
                await world.declare(roster(ROOMS[0], member("ann", muted=True)))
                other.becomes(ROOMS[0])
                await asyncio.sleep(1)
                assert other.observer.restored == []
                assert world.legs(ROOMS[0])["ann"].muted

    run(story)


def test_a_mark_of_a_room_that_is_being_taken_over_is_not_lost() -> None:
    async def story() -> None:
        world = await declared()
        async with Shared(world, *ROOMS[1:], rules=RULES) as one:
            two = Shared(world, ROOMS[0], name="two", rules=RULES, resync=3600.0)
            async with two as other:
                await asyncio.sleep(REST_SECONDS)
                await one.controller.save()
                world.store.seconds = 0.5
                one.becomes(*ROOMS[2:])
                other.becomes(*ROOMS[:2])
                await asyncio.sleep(0.1)
                assert other.controller.mark(ROOMS[1], Priority.PERSON, "ops")
                assert not other.controller.mark("nowhere", Priority.PERSON, "ops")
                await asyncio.sleep(2)
                assert other.observer.restored == []
                assert other.observer.runs[ROOMS[1]] == 1

    run(story)


@asynccontextmanager
async def taking_over() -> AsyncIterator[tuple[Place, Shared]]:
    """A daemon that just gained all rooms, which are at rest; the store takes 3 s."""
    async with AsyncExitStack() as stack:
        world = await declared()
        one = await stack.enter_async_context(Shared(world, *ROOMS, rules=RULES))
        two = Shared(world, name="two", rules=RULES, resync=3600.0)
        await stack.enter_async_context(two)
        await asyncio.sleep(REST_SECONDS)
        await one.controller.save()
        world.store.seconds = 3.0
        one.becomes()
        two.becomes(*ROOMS)
        await asyncio.sleep(1)
        yield world, two


def test_a_webhook_while_its_room_is_taken_over_has_it_read_in_full_at_once() -> None:
    async def story() -> None:
        async with taking_over() as (_, other):
            assert other.controller.mark(ROOMS[0], Priority.WEBHOOK)
            assert not other.controller.is_elsewhere(ROOMS[0])
            await asyncio.sleep(1)
            assert other.visited == {ROOMS[0]}
            await asyncio.sleep(10)
            assert sorted(other.observer.restored) == list(ROOMS[1:])

    run(story)


def test_what_was_left_of_a_room_does_not_count_once_it_is_visited() -> None:
    async def story() -> None:
        async with taking_over() as (_, other):
            other.wire.delay = 5.0
            other.controller.mark(ROOMS[0], Priority.WEBHOOK)
            await asyncio.sleep(2.5)
            assert at_rest(other) == set(ROOMS[1:])

    run(story)


def test_a_decision_while_its_room_is_taken_over_keeps_its_cause() -> None:
    async def story() -> None:
        async with taking_over() as (world, _):
            await world.declare(roster(ROOMS[0], member("ann", muted=True)))
            world.store.decide_on(ROOMS[0], "pat")
            await asyncio.sleep(2)
            assert world.legs(ROOMS[0])["ann"].muted
            events = await world.store.events(ROOMS[0], limit=100)
            assert "pat" in {event.cause for event in events}

    run(story)


def test_a_gained_room_waits_for_its_first_visit_but_for_marks_of_somebody() -> None:
    async def story() -> None:
        async with taking_over() as (_, other):
            other.controller.mark_all(Priority.RETRY)
            await asyncio.sleep(1)
            assert other.visited == set()
            await asyncio.sleep(10)
            assert sorted(other.observer.restored) == list(ROOMS)

    run(story)


def test_a_room_that_is_lost_while_it_is_taken_over_takes_no_marks_any_more() -> None:
    async def story() -> None:
        async with taking_over() as (_, other):
            other.becomes(*ROOMS[1:])
            await asyncio.sleep(10)
            assert not other.controller.mark(ROOMS[0], Priority.WEBHOOK)
            assert other.controller.is_elsewhere(ROOMS[0])
            assert other.visited == at_rest(other) == set(ROOMS[1:])

    run(story)


def test_a_room_that_is_lost_and_gained_while_it_is_taken_over_is_looked_at() -> None:
    async def story() -> None:
        async with taking_over() as (world, other):
            world.store.many = MANY
            await world.store.just_listed()
            other.becomes(*ROOMS[1:])
            other.becomes(*ROOMS)
            await asyncio.sleep(10)
            assert other.visited == set(ROOMS)

    run(story)


def test_gained_rooms_of_which_nothing_can_be_read_are_read_in_full() -> None:
    async def story() -> None:
        async with taking_over() as (world, other):
            world.store.broken = ValueError("non-hexadecimal number found")
            await asyncio.sleep(4)
            assert other.visited == set(ROOMS)
            assert other.observer.restored == []
            assert "non-hexadecimal" in other.observer.troubles[0][2]

    run(story)


def test_gained_rooms_of_which_some_cannot_be_read_are_all_read_in_full() -> None:
    async def story() -> None:
        async with taking_over() as (_, other):
            unchanged = other.controller._unchanged
            unchanged.provider = Spoilt(unchanged.provider)
            await asyncio.sleep(10)
            assert other.visited == set(ROOMS)
            assert other.observer.restored == []

    run(story)


def test_what_is_done_beside_the_loop_is_reported_where_it_fails() -> None:
    async def story() -> None:
        world = await declared()
        async with Shared(world, *ROOMS) as one:
            one.controller._beside(fails)
            await asyncio.sleep(0.1)
            assert one.observer.troubles == [("", RunOutcome.FAILED, "spoilt")]

    async def fails() -> None:
        raise ValueError("spoilt")

    run(story)


@pytest.mark.parametrize("failure", [None, StoreError("away")])
def test_a_new_room_that_was_decided_on_is_met_soon_among_many(
    failure: Exception | None,
) -> None:
    async def story() -> None:
        world = await declared(ROOMS[1:])
        world.store.many = MANY
        async with Shared(world, *ROOMS) as one:
            await world.store.just_listed()
            world.store.unlisted = failure
            await world.declare(roster(ROOMS[0], member("ann")))
            world.store.decide_on(ROOMS[0], "files")
            await asyncio.sleep(3)
            assert one.controller.resync_schedule.knows(ROOMS[0])

    run(story)


def test_a_room_that_comes_back_to_its_account_is_met_soon_among_many() -> None:
    async def story() -> None:
        world = await declared()
        world.store.many = MANY
        async with Shared(world, *ROOMS) as one:
            await asyncio.sleep(10)
            world.store.moved.add(ROOMS[0])
            world.store.decide_on(ROOMS[0], "account: europe")
            await world.store.just_listed()
            assert not one.controller.resync_schedule.knows(ROOMS[0])
            world.store.moved.clear()
            world.store.decide_on(ROOMS[0], "account: default")
            await asyncio.sleep(3)
            assert one.controller.resync_schedule.knows(ROOMS[0])

    run(story)


def test_a_room_that_is_gained_and_lost_at_once_stays_another_daemons() -> None:
    async def story() -> None:
        world = await declared()
        async with Shared(world, rules=RULES) as one:
            await asyncio.sleep(10)
            one.becomes(*ROOMS[:2])
            assert all(map(one.controller.knows, ROOMS))
            one.becomes(ROOMS[1])
            await asyncio.sleep(10)
            assert one.visited == {ROOMS[1]}
            assert one.controller.is_elsewhere(ROOMS[0])

    run(story)


def test_a_lost_room_is_not_visited_any_more_and_not_measured() -> None:
    async def story() -> None:
        world = await declared()
        async with Shared(world, *ROOMS) as one:
            await asyncio.sleep(60)
            one.becomes(*ROOMS[1:])
            before = one.observer.runs[ROOMS[0]]
            assert ROOMS[0] not in one.observer.met_at
            await asyncio.sleep(300)
            assert one.observer.runs[ROOMS[0]] == before
            assert one.observer.runs[ROOMS[1]] > before

    run(story)


def test_a_room_that_is_lost_while_it_is_filled_gets_no_more_calls_from_its_old_daemon() -> (
    None
):
    async def story() -> None:
        world = World()
        people = [member(f"m{n}") for n in range(40)]
        await world.declare(roster(ROOMS[0], *people))
        async with Shared(world, ROOMS[0], calls_per_second=4.0) as one:
            one.wire.delay = 0.8
            await asyncio.sleep(8)
            assert leased(world) == {ROOMS[0]: "one"}
            rung = len(one.wire.left)
            one.becomes()
            await asyncio.sleep(8)
            assert len(one.wire.left) == rung
            assert leased(world) == {}
            async with Shared(world, ROOMS[0], name="two", calls_per_second=9.0):
                await asyncio.sleep(60)
                assert len(world.legs(ROOMS[0])) == len(people)
                calls = world.exchange.state.calls.values()
                assert len(calls) == len(people)

    run(story)


def test_a_room_that_comes_back_is_met_again() -> None:
    async def story() -> None:
        world = await declared()
        async with Shared(world, *ROOMS) as one:
            await asyncio.sleep(60)
            one.becomes()
            one.becomes(*ROOMS)
            world.mute(ROOMS[2], "ann", muted=True)
            await asyncio.sleep(2)
            assert not world.legs(ROOMS[2])["ann"].muted

    run(story)


def test_a_decision_about_a_room_of_another_daemon_is_left_to_it() -> None:
    async def story() -> None:
        world = await declared()
        async with (
            Shared(world, ROOMS[0]) as one,
            Shared(world, ROOMS[1], name="two") as other,
        ):
            await asyncio.sleep(60)
            before = (one.observer.runs[ROOMS[0]], other.observer.runs[ROOMS[1]])
            world.store.decided.append(Mark(1, ROOMS[1], "ops"))
            reads = world.store.listed
            one.controller.ask()
            other.controller.ask()
            await asyncio.sleep(0.5)
            assert one.observer.runs[ROOMS[0]] == before[0]
            assert other.observer.runs[ROOMS[1]] == before[1] + 1
            assert world.store.listed == reads

    run(story)


def test_a_room_that_is_lost_during_a_run_is_let_go_at_its_end() -> None:
    async def story() -> None:
        world = await declared()
        async with Shared(world, *ROOMS) as one:
            await asyncio.sleep(60)
            one.wire.delay = 2.0
            one.controller.mark(ROOMS[0], Priority.PERSON, "ops")
            await asyncio.sleep(1)
            assert ROOMS[0] in one.controller._pool.running
            one.becomes(*ROOMS[1:])
            await asyncio.sleep(10)
            assert not one.controller.resync_schedule.knows(ROOMS[0])
            assert ROOMS[0] in one.controller.share.elsewhere
            assert ROOMS[0] not in one.observer.met_at

    run(story)


def test_a_marked_room_is_not_visited_once_it_is_not_ours() -> None:
    """Nobody may have said so yet: the last confirmation is too old."""

    async def story() -> None:
        world = await declared()
        async with Shared(world, *ROOMS) as one:
            await asyncio.sleep(60)
            one.rooms.discard(ROOMS[0])
            before = len(one.wire.requests)
            one.controller.mark(ROOMS[0], Priority.PERSON, "ops")
            await asyncio.sleep(0.5)
            assert len(one.wire.requests) == before
            assert not one.controller.resync_schedule.knows(ROOMS[0])

    run(story)
