"""Approvals of one plan: given, begun, used up and void."""

from dataclasses import replace

from reconciler.engine.ports import Notes
from reconciler.model.event import Event
from reconciler.model.ledger import Approval
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, BOB, NOW, ROOM, load, roster, take

APPROVAL = Approval("a" * 64, "they are done", "ops", NOW + 600)


def told() -> Event:
    return Event(room=ROOM, at=NOW, kind="told", message="told")


async def test_an_approval_counts_for_the_generation_that_was_seen(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    assert not await store.grant(ROOM, APPROVAL, generation=2, now=NOW)
    assert not await store.grant("nowhere", APPROVAL, generation=1, now=NOW)
    assert await store.grant(ROOM, APPROVAL, generation=1, now=NOW)
    assert (await store.ledger(ROOM, NOW)).approval == APPROVAL
    (last,) = await store.events(ROOM, limit=1)
    assert (last.kind, last.cause.partition(",")[0]) == ("room.approved", "ops")


async def test_a_later_approval_takes_the_place_of_an_earlier_one(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    await store.grant(ROOM, APPROVAL, generation=1, now=NOW)
    await store.note(await take(store), Notes(approved=("x",)), NOW)
    other = replace(APPROVAL, fingerprint="b" * 64)
    await store.grant(ROOM, other, generation=1, now=NOW)
    assert (await store.ledger(ROOM, NOW)).approval == other


async def test_a_changed_roster_voids_the_approval_of_its_plan_and_of_no_other(
    store: SqlStore,
) -> None:
    other = roster(ANN, room="other")
    await load(store, roster(ANN), other)
    for room in (ROOM, "other"):
        await store.grant(room, APPROVAL, generation=1, now=NOW)
    await load(store, roster(BOB), other)
    assert (await store.ledger(ROOM, NOW)).approval is None
    assert (await store.ledger("other", NOW)).approval == APPROVAL


async def test_an_approval_is_begun_and_used_up(store: SqlStore) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    await store.grant(ROOM, APPROVAL, generation=1, now=NOW)
    await store.note(lease, Notes(approved=("x", "y")), NOW)
    begun = (await store.ledger(ROOM, NOW)).approval
    assert begun == replace(APPROVAL, remaining=("x", "y"))
    await store.note(lease, Notes(events=(told(),)), NOW)
    assert (await store.ledger(ROOM, NOW)).approval == begun
    await store.note(lease, Notes(approved=()), NOW)
    assert (await store.ledger(ROOM, NOW)).approval is None
