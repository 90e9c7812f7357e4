import asyncio

import pytest
from msgspec.structs import replace

from reconciler.engine.ports import FirstNotes, Lease, Notes
from reconciler.model.errors import RoomBusy
from reconciler.model.event import Event
from reconciler.store.opening import open_store
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, NOW, ROOM, draft, load, roster

TOLD = Notes(events=(Event(room=ROOM, at=NOW, kind="told", message="told"),))


async def test_a_room_has_one_holder_at_a_time(store: SqlStore) -> None:
    await store.acquire(ROOM, "daemon a", NOW, 30)
    with pytest.raises(RoomBusy, match=r"\(daemon a\); the lock expires in 20 s"):
        await store.acquire(ROOM, "daemon b", NOW + 10, 30)
    other = await store.acquire("other", "daemon b", NOW, 30)
    assert other == Lease("other", "daemon b", 1, NOW + 30)


async def test_the_holder_may_take_the_room_again_and_keeps_its_epoch(
    store: SqlStore,
) -> None:
    first = await store.acquire(ROOM, "a", NOW, 30)
    again = await store.acquire(ROOM, "a", NOW + 10, 30)
    assert again == replace(first, expires_at=NOW + 40)


async def test_a_lease_that_ran_out_goes_to_whoever_asks_with_a_greater_epoch(
    store: SqlStore,
) -> None:
    first = await store.acquire(ROOM, "a", NOW, 30)
    assert await store.acquire(ROOM, "b", NOW + 30, 30) == Lease(
        ROOM, "b", first.fencing_token + 1, NOW + 60
    )


async def test_an_epoch_never_comes_back_after_a_release(store: SqlStore) -> None:
    first = await store.acquire(ROOM, "a", NOW, 30)
    await store.release(first)
    second = await store.acquire(ROOM, "b", NOW, 30)
    await store.release(second)
    third = await store.acquire(ROOM, "a", NOW, 30)
    assert [first.fencing_token, second.fencing_token, third.fencing_token] == [1, 2, 3]


async def test_renewing_holds_the_room_for_longer(store: SqlStore) -> None:
    lease = await store.acquire(ROOM, "a", NOW, 30)
    renewed = await store.renew(lease, NOW + 20, 30)
    assert renewed == replace(lease, expires_at=NOW + 50)
    with pytest.raises(RoomBusy):
        await store.acquire(ROOM, "b", NOW + 40, 30)


async def test_a_lease_that_ran_out_cannot_be_renewed(store: SqlStore) -> None:
    lease = await store.acquire(ROOM, "a", NOW, 30)
    with pytest.raises(RoomBusy, match="a no longer holds room 'support-line'"):
        await store.renew(lease, NOW + 30, 30)


async def test_releasing_a_lease_of_the_past_leaves_the_new_holder_alone(
    store: SqlStore,
) -> None:
    old = await store.acquire(ROOM, "a", NOW, 30)
    await store.acquire(ROOM, "b", NOW + 30, 30)
    await store.release(old)
    with pytest.raises(RoomBusy):
        await store.acquire(ROOM, "c", NOW + 31, 30)


async def test_a_holder_that_was_overtaken_writes_nothing_at_all(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    old = await store.acquire(ROOM, "a", NOW, 30)
    new = await store.acquire(ROOM, "b", NOW + 30, 30)
    for lease in (old, replace(old, owner="b"), replace(new, owner="a")):
        with pytest.raises(RoomBusy):
            await store.note(lease, TOLD, NOW + 31)
        with pytest.raises(RoomBusy):
            await store.open_attempts(lease, (draft(),), NOW + 31)
    assert [each.kind for each in await store.events(ROOM, limit=9)] == [
        "roster.loaded"
    ]
    assert (await store.ledger(ROOM, NOW)).records["ann"].attempts == ()


async def test_a_lease_that_ran_out_writes_nothing_even_if_nobody_took_it(
    store: SqlStore,
) -> None:
    lease = await store.acquire(ROOM, "a", NOW, 30)
    with pytest.raises(RoomBusy):
        await store.note(lease, TOLD, NOW + 30)
    await store.note(lease, TOLD, NOW + 29)


async def test_empty_notes_need_no_lease(store: SqlStore) -> None:
    await store.note(Lease(ROOM, "nobody", 1, 0.0), Notes(), NOW)


async def test_of_many_who_ask_at_once_one_gets_the_room(url: str) -> None:
    stores = [await open_store(url) for _ in range(4)]
    asked = [
        store.acquire(ROOM, f"owner {number}", NOW, 30)
        for number, store in enumerate(stores * 4)
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for store in stores:
        await store.close()
    assert sum(isinstance(each, Lease) for each in answers) == 1
    assert sum(isinstance(each, RoomBusy) for each in answers) == 15


async def test_what_is_noted_with_a_lease_is_on_record_if_the_lease_is_the_next_one(
    store: SqlStore,
) -> None:
    lease = await store.acquire(ROOM, "a", NOW, 30, FirstNotes(TOLD, 1))
    assert lease == Lease(ROOM, "a", 1, NOW + 30)
    assert await store.events(ROOM, limit=9) == TOLD.events


async def test_a_lease_after_another_holders_notes_nothing(store: SqlStore) -> None:
    await store.release(await store.acquire(ROOM, "b", NOW, 30))
    lease = await store.acquire(ROOM, "a", NOW, 30, FirstNotes(TOLD, 1))
    assert lease.fencing_token == 2
    assert await store.events(ROOM, limit=9) == ()


async def test_a_room_that_another_holds_notes_nothing(store: SqlStore) -> None:
    await store.acquire(ROOM, "b", NOW, 30)
    with pytest.raises(RoomBusy):
        await store.acquire(ROOM, "a", NOW, 30, FirstNotes(TOLD, 1))
    assert await store.events(ROOM, limit=9) == ()


async def test_a_room_is_given_back_with_what_is_noted_last(store: SqlStore) -> None:
    lease = await store.acquire(ROOM, "a", NOW, 30)
    await store.release(lease, TOLD, NOW + 1)
    assert await store.events(ROOM, limit=9) == TOLD.events
    assert (await store.acquire(ROOM, "b", NOW + 1, 30)).fencing_token == 2


async def test_who_lost_the_room_notes_nothing_last(store: SqlStore) -> None:
    lease = await store.acquire(ROOM, "a", NOW, 30)
    other = await store.acquire(ROOM, "b", NOW + 30, 30)
    with pytest.raises(RoomBusy):
        await store.release(lease, TOLD, NOW + 31)
    assert await store.events(ROOM, limit=9) == ()
    await store.renew(other, NOW + 31, 30)
