"""What callers are answered: on record, and heard by whoever plans."""

from reconciler.model.event import Event
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, CALL, NOW, ROOM, load, roster, take

ADMITTED = Event(
    ROOM, NOW, "call.admitted", "Dialed in: admitted as ann.", "ann", CALL.sid
)
MEMORY = (("admitted:ann", int(NOW)), ("muted", True))


async def test_an_answer_is_remembered_of_the_call_and_is_an_event(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    before = (await store.changes(None)).watermark
    await store.admit(CALL.sid, MEMORY, ADMITTED, NOW)
    assert (await store.ledger(ROOM, NOW)).memory == {CALL.sid: dict(MEMORY)}
    assert (await store.events(ROOM, limit=1)) == (ADMITTED,)
    assert ROOM in (await store.changes(before)).rooms


async def test_no_plan_made_before_an_admission_is_carried_out(store: SqlStore) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    before = await store.version(lease, NOW)
    await store.admit(CALL.sid, (), ADMITTED, NOW)
    assert await store.version(lease, NOW) == before
    await store.admit(CALL.sid, MEMORY, ADMITTED, NOW)
    assert await store.version(lease, NOW) != before
