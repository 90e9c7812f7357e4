"""A room that was let go is not written about under its old lease."""

import pytest

from reconciler.engine.ports import NO_NOTES, Notes
from reconciler.engine.room.room_leases import RoomLeases
from reconciler.model.event import Event
from reconciler.play.in_memory.memory_store import InMemoryStore
from tests.engine.world import run


@pytest.mark.parametrize("concluded", [False, True])
def test_a_lease_that_was_given_back_is_over_for_those_who_still_hold_it(
    *, concluded: bool
) -> None:
    async def story() -> None:
        leases = RoomLeases(InMemoryStore(), lambda: 1000.0, "here", 8.0)
        session = await leases.take("alpha")
        before = session.valid
        if concluded:
            await leases.conclude("alpha", NO_NOTES)
        else:
            await leases.release(("alpha",))
        assert (before, session.valid) == (True, False)
        assert not leases.holds("alpha")

    run(story)


def test_a_room_that_is_let_go_leaves_the_leases_of_others_as_they_are() -> None:
    async def story() -> None:
        leases = RoomLeases(InMemoryStore(), lambda: 1000.0, "here", 8.0)
        alpha, beta = await leases.take("alpha"), await leases.take("beta")
        await leases.release(("alpha", "gamma"))
        assert (alpha.valid, beta.valid) == (False, True)
        assert (await leases.take("alpha")).valid

    run(story)


def test_notes_that_wait_are_kept_beyond_the_lease_and_nothing_once_they_are_written() -> (
    None
):
    async def story() -> None:
        store = InMemoryStore()
        leases = RoomLeases(store, lambda: 1000.0, "here", 8.0)
        session = await leases.take("alpha")
        await leases.release(("alpha",))
        session.put(Notes(events=(Event("alpha", 1000.0, "ring.done", "Called."),)))
        assert list(session.waiting) == ["alpha"]
        again = await leases.held("alpha")
        assert again is not None
        assert (again.waiting, again.notes_wait) == ({}, False)
        assert [x.kind for x in await store.events("alpha", limit=5)] == ["ring.done"]

    run(story)
