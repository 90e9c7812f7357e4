"""The record as people read it, and approvals of one plan."""

from msgspec.structs import replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.ports import Notes
from reconciler.model.attempt import AttemptState, CallOutcome
from reconciler.model.event import Event
from reconciler.model.ledger import Approval, Correction, Ledger
from reconciler.store.database.batches import ROOMS_AT_ONCE
from reconciler.store.queries.audit import EventFilter, StoredEvent
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.page_records import TimelineSpan
from reconciler.store.store import SqlStore
from tests.store.samples import (
    ANN,
    BOB,
    CALL,
    NOW,
    ROOM,
    draft,
    load,
    move,
    ring,
    roster,
    take,
)

APPROVAL = Approval("a" * 64, "they are done", "ops", NOW + 600)


def told(label: str = "", *, room: str = ROOM, at: float = NOW) -> Event:
    return Event(room=room, at=at, kind="told", message="told", label=label)


async def test_events_are_found_by_room_label_and_time(store: SqlStore) -> None:
    events = (told("ann"), told("bob"), told("ann", at=NOW + 9), told("ann", room="x"))
    await store.note(await take(store), Notes(events=events), NOW)
    one, two, three, four = await store.newest(EventFilter(), limit=9)
    assert await store.newest(EventFilter(room=ROOM), limit=9) == (one, two, three)
    assert await store.newest(EventFilter(ROOM, "ann"), limit=9) == (one, three)
    assert await store.newest(EventFilter(since=NOW + 1), limit=9) == (three,)
    assert await store.newest(EventFilter(), limit=2) == (three, four)
    assert len(await store.newest(EventFilter(kinds=("told", "x")), limit=9)) == 4
    assert await store.newest(EventFilter(kinds=("x",)), limit=9) == ()
    assert [each.event for each in (one, two, three, four)] == list(events)


async def test_a_reader_goes_on_where_it_stopped(store: SqlStore) -> None:
    lease = await take(store)
    await store.note(lease, Notes(events=(told(),)), NOW)
    (first,) = await store.events_after(EventFilter(), 0)
    await store.note(lease, Notes(events=(told("ann"),)), NOW)
    (second,) = await store.events_after(EventFilter(ROOM), first.id)
    assert second == StoredEvent(second.id, told("ann"))
    assert await store.events_after(EventFilter("other"), 0) == ()


async def test_every_ring_of_a_person_is_found_whatever_its_intent(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN, BOB))
    lease = await take(store)
    first = await ring(store, lease)
    await move(store, lease, first, AttemptState.ENDED, outcome=CallOutcome.BUSY)
    await store.redial(Decision(ROOM, NOW, "ops"), "ann")
    second = await ring(store, lease, number=2)
    await ring(store, lease, "bob")
    found = await store.attempts(ROOM, "ann")
    assert [each.id for each in found] == [first.id, second.id]
    assert [each.outcome for each in found] == [CallOutcome.BUSY, None]


async def test_a_room_is_read_in_one_look_as_in_two(store: SqlStore) -> None:
    assert await store.read((ROOM,), NOW) == {ROOM: await in_two(store, ROOM)}
    await load(store, roster(ANN, BOB))
    await load(store, roster(ANN))
    await ring(store, await take(store))
    await store.grant(ROOM, APPROVAL, generation=2, now=NOW)
    assert await store.read((ROOM,), NOW) == {ROOM: await in_two(store, ROOM)}


async def in_two(store: SqlStore, room: str) -> tuple[Desired | None, Ledger]:
    return await store.desired(room, NOW), await store.ledger(room, NOW)


async def test_an_approval_of_a_plan_is_an_event_and_a_mark(store: SqlStore) -> None:
    await load(store, roster(ANN))
    before = await store.last_mark()
    assert await store.grant(ROOM, APPROVAL, generation=1, now=NOW)
    assert (await store.ledger(ROOM, NOW)).approval == APPROVAL
    (last,) = await store.events(ROOM, limit=1)
    assert (last.kind, last.cause.partition(",")[0]) == ("room.approved", "ops")
    assert "they are done" in last.message
    assert [each.room for each in await store.marks_since(before)] == [ROOM]


async def test_a_plan_of_another_generation_is_not_approved(store: SqlStore) -> None:
    assert not await store.grant(ROOM, APPROVAL, generation=1, now=NOW)
    await load(store, roster(ANN))
    await load(store, roster(BOB))
    before = await store.last_mark()
    assert not await store.grant(ROOM, APPROVAL, generation=1, now=NOW)
    assert (await store.ledger(ROOM, NOW)).approval is None
    assert await store.last_mark() == before


async def test_many_rooms_are_read_together_each_as_it_is_read_alone(
    store: SqlStore,
) -> None:
    rooms = [f"room {number}" for number in range(ROOMS_AT_ONCE + 1)]
    await load(store, *(roster(ANN, BOB, room=room) for room in rooms[1:]))
    for number, room in enumerate(rooms[:3]):
        lease = await take(store, room)
        (attempt,) = await store.open_attempts(
            lease, (draft(room=room, to=f"client:{number}"),), NOW
        )
        assert attempt is not None
        sid = f"CA{number}"
        await move(store, lease, attempt, AttemptState.PLACED, call_sid=sid)
        notes = Notes(
            memory={sid: {"muted": True}, "CAX": {"hold_url": room}},
            corrections=(Correction(sid, "muted=True", NOW),),
            identities=(replace(CALL, sid=sid),),
        )
        await store.note(lease, notes, NOW)
    assert list(await store.read(rooms, NOW)) == rooms
    for room in (*rooms[:4], rooms[-1]):
        for now in (NOW, NOW + 3 * 86_400):
            found = await store.read(rooms, now)
            assert await store.read((room,), now) == {room: found[room]}
    later = await store.read(rooms, NOW + 3 * 86_400)
    assert later[rooms[0]][0] is None
    assert later[rooms[1]][1].memory == {"CA1": {"muted": True}}


async def test_no_room_read_is_nothing_found(store: SqlStore) -> None:
    assert await store.read((), NOW) == {}


async def test_events_end_at_a_moment_and_the_next_one_is_found(
    store: SqlStore,
) -> None:
    events = (told(), told("ann", at=NOW + 5), told(at=NOW + 9), told(room="x"))
    await store.note(await take(store), Notes(events=events), NOW)
    found = await store.newest(EventFilter(ROOM, until=NOW + 5), limit=9)
    assert [each.event for each in found] == list(events[:2])
    for room, until, earlier, later in (
        (ROOM, NOW, None, NOW + 5),
        (ROOM, NOW + 5, NOW, NOW + 9),
        (ROOM, NOW + 9, NOW + 5, None),
        ("nobody", 0.0, None, None),
    ):
        record = await store.timeline(room, TimelineSpan(until, 60.0, 9))
        assert (record.earlier, record.later) == (earlier, later)
