"""Approvals of one plan: given, begun, used up and void."""

from msgspec.structs import replace

from reconciler.engine.ports import Notes
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.event import Event
from reconciler.model.ledger import Approval
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, BOB, NOW, ROOM, load, roster, take

APPROVAL = Approval("a" * 64, "they are done", "ops", NOW + 600)
PLACE = "ring/ann/2"
BOTH = replace(APPROVAL, remaining=("remove/bob/1", PLACE))


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


async def test_a_later_approval_covers_what_an_earlier_one_still_covers(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    await store.grant(ROOM, APPROVAL, generation=1, now=NOW)
    await store.note(await take(store), Notes(approved=("x",)), NOW)
    other = replace(APPROVAL, fingerprint="b" * 64, remaining=("y",), who="eve")
    await store.grant(ROOM, other, generation=1, now=NOW)
    both = replace(other, remaining=("x", "y"))
    assert (await store.ledger(ROOM, NOW)).approval == both
    late = replace(other, remaining=("z",), expires_at=NOW + 1200)
    await store.grant(ROOM, late, generation=1, now=NOW + 700)
    assert (await store.ledger(ROOM, NOW)).approval == late


async def test_an_approval_outlives_an_edit_about_somebody_else(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN, BOB))
    await load(store, roster(ANN))
    await store.grant(ROOM, BOTH, generation=2, now=NOW)
    await load(store, roster(replace(ANN, hold=True)), now=NOW + 1)
    assert (await store.ledger(ROOM, NOW)).approval == BOTH
    (last,) = await store.events(ROOM, limit=1)
    assert last.kind == "roster.changed"


async def test_whom_a_roster_declares_again_its_approval_covers_no_longer(
    store: SqlStore,
) -> None:
    other = roster(ANN, room="other")
    await load(store, roster(ANN, BOB), other)
    await load(store, roster(ANN), other)
    await store.grant(ROOM, BOTH, generation=2, now=NOW)
    await store.grant("other", BOTH, generation=1, now=NOW)
    await load(store, roster(ANN, BOB), other, now=NOW + 1)
    why = "bob is declared again"
    left = replace(BOTH, remaining=(PLACE,), voided=why)
    assert (await store.ledger(ROOM, NOW)).approval == left
    assert (await store.ledger("other", NOW)).approval == BOTH
    (last,) = await store.events(ROOM, limit=1)
    assert (last.kind, last.generation) == ("room.approval-voided", 3)
    assert last.message == f"{why}: part of the approval by ops counts no longer."
    await load(store, roster(ANN), other, now=NOW + 2)
    assert (await store.ledger(ROOM, NOW)).approval == left


async def test_an_approval_that_names_nothing_is_void_when_the_roster_changes(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    await store.grant(ROOM, APPROVAL, generation=1, now=NOW)
    await load(store, roster(ANN, BOB), now=NOW + 1)
    void = replace(APPROVAL, remaining=(), voided="the roster has changed")
    assert (await store.ledger(ROOM, NOW)).approval == void


async def test_the_approval_of_an_end_outlives_other_overrides_and_goes_with_its_own(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN, BOB))
    ends = Override(0, ROOM, OverrideVerb.END, NOW, None, "ops", "over")
    word = replace(APPROVAL, remaining=("remove//cf1",))
    made, counts = await store.end_room(ends, word, generation=2, now=NOW)
    assert made is not None
    assert counts
    mute = replace(ends, verb=OverrideVerb.MUTE_ALL, at=NOW + 1, until=NOW + 9)
    await store.add_overrides([mute], NOW + 1)
    assert (await store.ledger(ROOM, NOW)).approval == word
    await store.advance(NOW + 10)
    assert (await store.ledger(ROOM, NOW)).approval == word
    start = replace(ends, verb=OverrideVerb.START, at=NOW + 11, who="eve")
    await store.add_overrides([start], NOW + 11)
    found = (await store.ledger(ROOM, NOW)).approval
    assert found == replace(word, remaining=(), voided="the room is open again")
    last = (await store.events(ROOM, limit=9))[-1]
    assert (last.kind, last.cause) == ("room.approval-voided", "eve")


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
