import asyncio

import pytest
from msgspec.structs import replace

from reconciler.engine.ports import Notes
from reconciler.model.event import Event
from reconciler.model.notification import (
    LONGEST_AGE_SECONDS,
    RoutedEvent,
    Undelivered,
)
from reconciler.store.queries.notification_queue import COMMITTED_WITHIN_SECONDS
from reconciler.store.queries.retention import DAY_SECONDS
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, NOW, ROOM, load, roster, take


def told(label: str = "ann", at: float = NOW) -> Event:
    return Event(ROOM, at, "attempt.ended", "left", label=label, notice="left")


async def tell(store: SqlStore, *events: Event) -> None:
    await store.note(await take(store), Notes(events=events), NOW)


@pytest.fixture
def origin() -> str:
    return "urn:uuid:1"


async def test_notifications_begin_with_the_first_event_after_the_first_start(
    store: SqlStore, origin: str
) -> None:
    await tell(store, told("early"))
    outbox = store.outbox("one", origin)
    assert await outbox.unread((), NOW) is None
    assert await outbox.hold(NOW, 60)
    assert await outbox.unread((), NOW) == ()
    await tell(store, told("late"))
    (found,) = await outbox.unread((), NOW) or ()
    assert found.event == told("late")
    assert await outbox.unread({found.id}, NOW) == ()


async def test_an_event_comes_with_the_kinds_its_room_asks_for(
    store: SqlStore, origin: str
) -> None:
    outbox = store.outbox("one", origin)
    await outbox.hold(NOW, 60)
    await load(store, replace(roster(ANN), notify=("left", "busy")))
    await tell(store, told())
    *_, found = await outbox.unread((), NOW) or ()
    assert found == RoutedEvent(found.id, told(), ("left", "busy"))


async def test_one_process_sends_until_its_time_is_over_or_it_gives_back(
    store: SqlStore, origin: str
) -> None:
    one, two = store.outbox("one", origin), store.outbox("two", "other")
    assert await one.hold(NOW, 60)
    assert not await two.hold(NOW + 59, 60)
    assert await one.hold(NOW + 59, 60)
    assert await two.hold(NOW + 120, 60)
    assert not await one.hold(NOW + 121, 60)
    await two.give_back()
    assert await one.hold(NOW + 122, 60)


async def test_of_many_that_begin_at_once_one_sends(
    store: SqlStore, origin: str
) -> None:
    boxes = [store.outbox(str(number), origin) for number in range(8)]
    held = await asyncio.gather(*(each.hold(NOW, 60) for each in boxes))
    assert held.count(True) == 1


async def test_an_event_goes_to_a_target_once_however_often_it_is_added(
    store: SqlStore, origin: str
) -> None:
    outbox = store.outbox("one", origin)
    await outbox.hold(NOW, 60)
    await tell(store, told("ann"), told("bob"))
    first, second = await outbox.unread((), NOW) or ()
    await outbox.add([(second.id, "ops"), (first.id, "ops")], NOW)
    await outbox.add([(first.id, "ops"), (first.id, "page")], NOW)
    found = await outbox.due("ops", NOW, 9)
    assert [each.event.label for each in found] == ["ann", "bob"]
    assert {each.origin for each in found} == {origin}
    assert [each.event_id for each in await outbox.due("page", NOW, 9)] == [first.id]
    await outbox.close(found[0].id, NOW)
    await outbox.add([(first.id, "ops")], NOW)
    assert await outbox.due("ops", NOW, 9) == found[1:]
    assert await outbox.waiting() == {"ops": 1, "page": 1}


async def test_what_failed_waits_and_remembers_its_attempts(
    store: SqlStore, origin: str
) -> None:
    outbox = store.outbox("one", origin)
    await outbox.hold(NOW, 60)
    await tell(store, told())
    (event,) = await outbox.unread((), NOW) or ()
    await outbox.add([(event.id, "ops")], NOW)
    (row,) = await outbox.due("ops", NOW, 9)
    await outbox.delay(row.id, NOW + 5, "HTTP 503")
    assert await outbox.due("ops", NOW + 4, 9) == ()
    (again,) = await store.outbox("two", origin).due("ops", NOW + 5, 9)
    assert again == replace(row, attempts=1)


async def test_what_is_given_up_is_an_event_once(store: SqlStore, origin: str) -> None:
    outbox = store.outbox("one", origin)
    await outbox.hold(NOW, 60)
    await tell(store, told())
    (event,) = await outbox.unread((), NOW) or ()
    await outbox.add([(event.id, "ops")], NOW)
    (row,) = await outbox.due("ops", NOW, 9)
    failed = Event(ROOM, NOW, "notification.failed", "ops: HTTP 503")
    for _ in range(2):
        await outbox.close(row.id, NOW, Undelivered("HTTP 503", failed))
    assert (await store.events(ROOM, limit=9)).count(failed) == 1
    assert await outbox.waiting() == {}


async def test_the_cursor_passes_an_event_once_nobody_can_be_committing_before_it(
    store: SqlStore, origin: str
) -> None:
    outbox = store.outbox("one", origin)
    await outbox.hold(NOW, 60)
    await tell(store, told("ann"), told("bob", at=NOW + 50))
    first, second = await outbox.unread((), NOW) or ()
    assert (
        await outbox.advance(second.id, NOW + COMMITTED_WITHIN_SECONDS - 1) < first.id
    )
    assert await outbox.advance(second.id, NOW + COMMITTED_WITHIN_SECONDS) == first.id
    assert await outbox.unread((), NOW) == (second,)


async def test_the_cursor_never_passes_what_was_not_read(
    store: SqlStore, origin: str
) -> None:
    outbox = store.outbox("one", origin)
    await outbox.hold(NOW, 60)
    await tell(store, told("ann"), told("bob", at=NOW - 9 * COMMITTED_WITHIN_SECONDS))
    first, second = await outbox.unread((), NOW) or ()
    assert await outbox.advance(first.id, NOW) < first.id
    assert second in (await outbox.unread((), NOW) or ())


async def test_nobody_is_notified_of_what_is_older_than_a_day(
    store: SqlStore, origin: str
) -> None:
    outbox = store.outbox("one", origin)
    await outbox.hold(NOW, 60)
    await tell(store, told())
    assert len(await outbox.unread((), NOW + LONGEST_AGE_SECONDS) or ()) == 1
    assert await outbox.unread((), NOW + LONGEST_AGE_SECONDS + 1) == ()


async def test_a_notification_goes_a_day_after_it_was_sent(
    store: SqlStore, origin: str
) -> None:
    outbox = store.outbox("one", origin)
    await outbox.hold(NOW, 60)
    await tell(store, told("ann"), told("bob"))
    first, second = await outbox.unread((), NOW) or ()
    await outbox.add([(first.id, "ops"), (second.id, "ops")], NOW)
    row, _ = await outbox.due("ops", NOW, 9)
    await outbox.close(row.id, NOW)
    assert await store.prune(NOW + DAY_SECONDS, 100) == 0
    assert await store.prune(NOW + DAY_SECONDS + 1, 100) >= 1
    assert await outbox.waiting() == {"ops": 1}
