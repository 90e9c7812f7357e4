"""What the page reads at once is what its parts are, read one by one."""

from itertools import product

from reconciler.engine.desired_room import Standing
from reconciler.engine.ports import Notes
from reconciler.model.event import Event
from reconciler.model.recorded_observation import (
    Audience,
    ObservedLeg,
    ObservedRoom,
    RoomCheck,
)
from reconciler.store.queries.audit import EventFilter
from reconciler.store.queries.page_records import TimelineSpan
from reconciler.store.store import SqlStore
from tests.store.queries.test_observations import CONFERENCE, LEG
from tests.store.samples import ANN, BOB, NOW, ROOM, load, roster, take

SPAN = TimelineSpan(NOW + 5, 60.0, 2)


async def test_a_room_is_read_with_what_happened_in_it(store: SqlStore) -> None:
    await load(store, roster(ANN, BOB))
    events = [Event(ROOM, NOW + at, "room.seen", "") for at in range(9)]
    await store.note(await take(store), Notes(events=tuple(events)), NOW)
    record = await store.room_record(ROOM, NOW, SPAN)
    assert record is not None
    assert record.desired == await store.desired(ROOM, NOW)
    assert record.declared == (await store.declared([ROOM], NOW))[ROOM]
    assert record.timeline == await store.timeline(ROOM, SPAN)
    wanted = EventFilter(ROOM, until=SPAN.until)
    assert record.timeline.events == await store.newest(wanted, limit=2)
    assert record.timeline.intervals == await store.intervals(ROOM, NOW - 55, NOW + 5)
    assert record.timeline.later == NOW + 6


async def test_a_room_that_was_never_loaded_has_no_record(store: SqlStore) -> None:
    assert await store.room_record(ROOM, NOW, SPAN) is None


async def test_the_list_has_the_checks_of_rooms_that_the_reader_did_not_observe(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), roster(BOB, room="other"))
    checks = {
        room: RoomCheck(room, NOW, None, 1, "converged") for room in ("other", ROOM)
    }
    await store.record_checks(list(checks.values()))
    nobody = await store.listed_rooms((), NOW)
    assert nobody.checks == checks
    assert nobody.refusals == await store.refusals()
    one = await store.listed_rooms([ROOM], NOW)
    assert one.checks == {"other": checks["other"]}
    assert one.summaries == nobody.summaries
    assert (await store.listed_rooms(list(checks), NOW)).checks == {}


async def test_summaries_tell_of_every_room_in_a_line(store: SqlStore) -> None:
    await load(store, roster(ANN, source="a.yaml:1"), folder="/desired")
    await load(store, roster(BOB, room="Other"), folder="/desired")
    told = [
        (each.room, each.standing, each.generation, each.source)
        for each in (await store.listed_rooms((), NOW)).summaries
    ]
    assert told == [
        ("Other", Standing.MANAGED, 1, ""),
        (ROOM, Standing.RELEASED, 1, "a.yaml:1"),
    ]


async def test_exposures_are_moments_of_the_timeline(store: SqlStore) -> None:
    await load(store, roster(ANN))
    for number, (audience, permitted) in enumerate(product(Audience, repeat=2)):
        at = NOW + 10 * number
        leg = ObservedLeg(LEG, "ann", audience, None, permitted, at)
        room = ObservedRoom(ROOM, at, 1, CONFERENCE, (leg,))
        lease = await take(store, now=at)
        await store.note(lease, Notes(observed=room), at)
        await store.release(lease)
    exposed = {x.begins_at for x in await store.intervals(ROOM, 0.0) if x.overheard}
    events = {x.at for x in await store.events(ROOM, limit=99)}
    moments = sorted(exposed | events)
    assert len(exposed) >= 3
    await read_in_order(store, moments)


async def read_in_order(store: SqlStore, moments: list[float]) -> None:
    """Each of *moments* has the one before and the one after beside it."""
    earlier, later = [None, *moments[:-1]], [*moments[1:], None]
    for before, at, after in zip(earlier, moments, later, strict=True):
        record = await store.timeline(ROOM, TimelineSpan(at, 60.0, 9))
        assert (record.earlier, record.later) == (before, after)
