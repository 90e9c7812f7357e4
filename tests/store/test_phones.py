"""A phone is rung for one label of one room at a time."""

import asyncio
from dataclasses import replace

import pytest

from reconciler.model.attempt import Attempt, AttemptState, Outcome
from reconciler.store.attempts import SETTLED_AFTER, open_attempts
from reconciler.store.sql import SqlStore, open_store
from tests.store.samples import NOW, draft, move, take

PHONE = "+15551230001"


async def opened(
    store: SqlStore, label: str, room: str, to: str = PHONE, later: float = 0.0
) -> Attempt | None:
    lease = await take(store, room)
    asked = draft(label, room=room, to=to)
    asked = replace(asked, created_at=asked.created_at + later)
    (attempt,) = await store.open_attempts(lease, (asked,), NOW)
    return attempt


@pytest.mark.parametrize("state", [AttemptState.PENDING, AttemptState.UNKNOWN])
@pytest.mark.parametrize(("label", "room"), [("ann", "beta"), ("anna", "alpha")])
async def test_a_phone_that_may_be_ringing_is_rung_for_no_other_label_or_room(
    store: SqlStore, state: AttemptState, label: str, room: str
) -> None:
    lease = await take(store, "alpha")
    first = await opened(store, "ann", "alpha")
    assert first is not None
    await move(store, lease, first, state)
    assert await opened(store, label, room, later=1e6) is None
    await move(store, lease, first, AttemptState.ENDED, outcome=Outcome.BUSY)
    assert await opened(store, label, room, later=1e6) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("client:bob?team=a", "client:bob"),
        ("sip:bob@PBX:5060", "sip:bob@pbx;transport=tcp"),
    ],
)
async def test_an_address_that_is_written_otherwise_is_the_same_phone(
    store: SqlStore, one: str, other: str
) -> None:
    assert await opened(store, "bob", "alpha", to=one) is not None
    assert await opened(store, "bob", "beta", to=other) is None


async def test_a_call_that_was_placed_a_moment_ago_keeps_the_phone(
    store: SqlStore,
) -> None:
    lease = await take(store, "alpha")
    first = await opened(store, "ann", "alpha")
    assert first is not None
    await move(store, lease, first, AttemptState.PLACED, call_sid="CA1")
    assert await opened(store, "ann", "beta", later=SETTLED_AFTER - 1) is None
    assert await opened(store, "ann", "beta", later=SETTLED_AFTER + 1) is not None


async def test_of_two_labels_rung_together_that_share_a_phone_the_first_is_rung(
    store: SqlStore,
) -> None:
    lease = await take(store, "alpha")
    asked = [draft(x, room="alpha", to=PHONE) for x in ("desk-1", "desk-2")]
    one, other = await store.open_attempts(lease, asked, NOW)
    assert one is not None
    assert one.label == "desk-1"
    assert other is None


async def test_of_many_connections_that_ring_a_phone_for_many_rooms_one_may(
    url: str,
) -> None:
    stores = [await open_store(url) for _ in range(4)]
    assert await stores[0].bind_account("AC1", NOW) == "AC1"

    async def ring_without_lease(number: int) -> Attempt | None:
        asked = draft(room=f"room-{number}", to=PHONE)
        (attempt,) = await stores[number % 4]._database.write(
            lambda it: open_attempts(it, (asked,))
        )
        return attempt

    answers = await asyncio.gather(*map(ring_without_lease, range(16)))
    for store in stores:
        await store.close()
    assert sum(isinstance(each, Attempt) for each in answers) == 1


async def test_a_database_belongs_to_the_account_that_first_used_it(
    store: SqlStore,
) -> None:
    assert await store.account() is None
    assert await store.bind_account("AC1", NOW) == "AC1"
    assert await store.bind_account("AC2", NOW + 1) == "AC1"
    assert await store.account() == "AC1"
