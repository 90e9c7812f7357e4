"""Many rings of one room: what stops them, and what that leaves behind."""

import asyncio

import pytest

from reconciler.engine.ports import SEND_WITHIN_SECONDS, Lease
from reconciler.engine.room.outcome import Outcome
from reconciler.model.attempt import AttemptState
from reconciler.model.errors import CredentialsRefused, RoomBusy, StoreError
from reconciler.simulator.exchange.fault import Fault, FaultKind
from tests.engine.caller import PLACES, ROOM, Caller, people
from tests.engine.world import World, run


def test_a_429_in_the_middle_begins_nothing_more() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(100))
        limit = Fault(FaultKind.TOO_MANY, "POST", "*/Participants.json", skip=30)
        caller.world.exchange.faults.add(limit)
        made = await caller.look_and_act()
        results = [each.result for each in made.outcomes]
        assert results.count(Outcome.DELAYED) == 1
        assert results.count(Outcome.PACED) == 100 - len(caller.wire.labels)
        assert 31 <= len(caller.wire.labels) <= 30 + PLACES
        assert made.requeue_after is not None
        assert caller.store.pending() == []
        await caller.follow()
        assert caller.rung() == [each.label for each in people(100).members]

    run(story)


def test_refused_credentials_begin_nothing_more_and_leave_nothing_open() -> None:
    async def story() -> None:
        caller = Caller(World())

        def refuse(number: int) -> None:
            caller.wire.refused = number >= 30

        caller.wire.hook = refuse
        await caller.declare(people(100))
        await caller.look_and_act()
        with pytest.raises(CredentialsRefused):
            await caller.look_and_act()
        assert len(caller.wire.labels) < 30 + 2 * PLACES
        assert caller.store.pending() == []

    run(story)


def test_a_lost_room_begins_nothing_more() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(100))

        def lose(number: int) -> None:
            if number == 30:
                leases = caller.store.tables.leases
                leases[ROOM] = Lease(ROOM, "somebody else", 99, 10**10)

        caller.wire.hook = lose
        with pytest.raises(RoomBusy):
            await caller.look_and_act()
        assert len(caller.wire.labels) <= 21 + PLACES
        assert len(caller.rung()) == len(caller.wire.labels)

    run(story)


def test_what_one_note_could_not_write_the_last_one_writes() -> None:
    async def story() -> None:
        caller = Caller(World())
        await caller.declare(people(100))

        def spoil(number: int) -> None:
            if number == 30:
                caller.store.broken = StoreError("The database is away.")

        caller.wire.hook = spoil
        with pytest.raises(StoreError):
            await caller.look_and_act()
        assert caller.store.pending() == []
        placed = sorted(caller.store.labels(AttemptState.PLACED))
        assert placed == caller.rung() == sorted(caller.wire.labels)
        await caller.follow()
        assert caller.rung() == [each.label for each in people(100).members]

    run(story)


MOMENTS = [0.0, 0.1, 0.11, 0.14, 0.149, 0.16, 0.17, 0.19, 0.2, 0.22, 0.3]


@pytest.mark.parametrize("hard", [False, True], ids=["stopped", "cancelled"])
@pytest.mark.parametrize("after", MOMENTS)
def test_whenever_it_ends_no_attempt_stays_open_that_was_not_sent(
    after: float, *, hard: bool
) -> None:
    async def story() -> None:
        caller = Caller(World())
        caller.store.committing = 0.02
        await caller.declare(people(60))
        at_work = asyncio.create_task(caller.look_and_act())
        await asyncio.sleep(after)
        begun = len(caller.wire.labels)
        if hard:
            at_work.cancel()
        caller.stopping = not hard
        await asyncio.wait({at_work})
        assert at_work.cancelled() is hard
        assert len(caller.wire.labels) <= begun
        assert caller.store.pending() == []
        assert sorted(caller.store.labels(AttemptState.PLACED)) == caller.rung()
        caller.stopping = False
        await caller.follow()
        assert caller.rung() == [each.label for each in people(60).members]

    run(story)


def test_a_commit_that_took_too_long_is_not_followed_by_a_ring() -> None:
    async def story() -> None:
        caller = Caller(World())
        caller.store.committing = SEND_WITHIN_SECONDS + 0.1
        await caller.declare(people(3))
        made = await caller.look_and_act()
        results = {each.result for each in made.outcomes}
        assert results == {Outcome.DELAYED, Outcome.PACED}
        assert caller.wire.labels == []
        assert caller.store.pending() == []
        assert caller.rung() == []

    run(story)
