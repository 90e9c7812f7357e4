"""Rooms that other nodes observe are live too."""

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from reconciler.engine.desired_room import Standing
from reconciler.model.recorded_observation import ObservedRoom, RoomCheck
from reconciler.page.latest_evaluations import Subscription
from reconciler.page.record_watch import OVERLAP_SECONDS, RecordWatch
from reconciler.store.queries.operator_decision import Decision
from tests.page.page_desk import ROOM, START, VIEWER, PageDesk
from tests.page.recorded import CONFERENCE, leg, record

CHECK = RoomCheck(ROOM, START, START + 60, 1, "converged", "", 1, 3)


def watch_of(desk: PageDesk, *rooms: str) -> RecordWatch:
    latest, store = desk.state.latest, desk.store
    return RecordWatch(store, latest, desk.clock, lambda: rooms)


@contextmanager
def an_open_page(desk: PageDesk) -> Iterator[Subscription]:
    subscription = desk.state.latest.subscribe()
    try:
        yield subscription
    finally:
        desk.state.latest.unsubscribe(subscription)


async def told(watch: RecordWatch, page: Subscription) -> tuple[str, ...]:
    await watch.poll()
    return await page.take(0.001)


async def observe(desk: PageDesk, after: float, muted: bool) -> None:
    legs = (leg("ann", muted=muted),)
    await record(desk, ObservedRoom(ROOM, START + after, 1, CONFERENCE, legs))


async def test_an_open_page_hears_of_each_observation_check_and_decision(
    desk: PageDesk,
) -> None:
    watch = watch_of(desk, ROOM)
    with an_open_page(desk) as page:
        assert await told(watch, page) == (ROOM,)
        assert await told(watch, page) == ()
        await observe(desk, 1.0, muted=False)
        assert await told(watch, page) == (ROOM,)
        await observe(desk, 2.0, muted=True)
        assert await told(watch, page) == (ROOM,)
        await desk.store.record_checks([CHECK])
        assert await told(watch, page) == (ROOM,)
        await desk.store.record_checks([replace(CHECK, checked_at=START + 9)])
        assert await told(watch, page) == ()
        await desk.store.record_checks([replace(CHECK, connected=2)])
        assert await told(watch, page) == (ROOM,)
        await desk.store.stand(Decision(ROOM, START, "eve"), Standing.PAUSED)
        assert await told(watch, page) == (ROOM,)
        assert await told(watch, page) == ()


async def test_an_observation_by_a_clock_that_is_behind_is_heard_of(
    desk: PageDesk,
) -> None:
    watch = watch_of(desk, ROOM)
    desk.clock.now = START + OVERLAP_SECONDS
    with an_open_page(desk) as page:
        await told(watch, page)
        await observe(desk, 1.0, muted=False)
        assert await told(watch, page) == (ROOM,)


async def test_rooms_of_this_node_are_left_to_its_loop(desk: PageDesk) -> None:
    watch = watch_of(desk, "other")
    with an_open_page(desk) as page:
        await told(watch, page)
        await observe(desk, 1.0, muted=False)
        assert await told(watch, page) == ()


async def test_a_page_that_opens_after_a_break_hears_of_every_room(
    desk: PageDesk,
) -> None:
    watch = watch_of(desk, ROOM)
    with an_open_page(desk) as page:
        await told(watch, page)
    await watch.poll()
    await observe(desk, 1.0, muted=False)
    with an_open_page(desk) as page:
        assert await told(watch, page) == (ROOM,)


async def test_a_room_that_another_node_took_over_is_read_from_the_record(
    desk: PageDesk,
) -> None:
    await desk.look()
    await desk.store.record_checks([replace(CHECK, state="stalled")])
    async with desk.client(token=VIEWER) as http:
        assert "1 converging" in (await http.get("/rooms")).text
        await watch_of(desk, ROOM).poll()
        assert "1 stalled" in (await http.get("/rooms")).text
