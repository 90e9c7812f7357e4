"""Rooms found as declared are read as they were stored, unless observed otherwise since."""

from msgspec.structs import replace

from reconciler.model.converged_room import ConvergedRoom, RestoredRoom
from reconciler.model.watermark import Watermark
from reconciler.planning.observed_room import fingerprint
from reconciler.store.queries.retention import DAY_SECONDS
from reconciler.store.store import SqlStore
from tests.store.queries.test_observations import AUDIBLE, SILENT, note, observed
from tests.store.samples import ANN, NOW, ROOM, load, roster

SEEN = observed(SILENT)
CONVERGED = ConvergedRoom(
    room=ROOM,
    rules="of this code",
    conference_sid="CF1",
    listing="00ff",
    watermark=Watermark(7, frozenset({3, 5}), "a server"),
    evaluated_at=NOW,
    until=None,
    generation=1,
    fingerprint=fingerprint(SEEN),
    connected=1,
    members=1,
    coached=False,
)


async def stored(store: SqlStore, *rooms: ConvergedRoom) -> SqlStore:
    await load(store, roster(ANN))
    await note(store, SEEN)
    await store.record_converged(rooms)
    return store


async def test_a_room_is_read_as_it_was_stored_with_its_observation(
    store: SqlStore,
) -> None:
    await stored(store, CONVERGED)
    found = await store.converged([ROOM, "other"], CONVERGED.rules)
    assert found == (RestoredRoom(CONVERGED, SEEN),)


async def test_a_later_record_replaces_the_one_before(store: SqlStore) -> None:
    later = replace(CONVERGED, evaluated_at=NOW + 1, until=NOW + 2, coached=True)
    await stored(store, CONVERGED)
    await store.record_converged([later])
    assert await store.converged([ROOM], CONVERGED.rules) == (
        RestoredRoom(later, SEEN),
    )


async def test_other_rules_and_other_rooms_have_none(store: SqlStore) -> None:
    await stored(store, CONVERGED)
    assert await store.converged([ROOM], "others") == ()
    assert await store.converged(["other"], CONVERGED.rules) == ()
    assert await store.converged([], CONVERGED.rules) == ()


async def test_a_room_that_was_observed_otherwise_since_has_none(
    store: SqlStore,
) -> None:
    await stored(store, CONVERGED)
    await note(store, observed(AUDIBLE, seen_at=NOW + 10))
    assert await store.converged([ROOM], CONVERGED.rules) == ()


async def test_to_store_a_room_is_no_change_of_it(store: SqlStore) -> None:
    await stored(store)
    before = (await store.changes(None)).watermark
    await store.record_converged([CONVERGED])
    assert (await store.changes(before)).rooms == {}


async def test_what_was_not_written_since_is_known_up_to_then(store: SqlStore) -> None:
    await stored(store, CONVERGED)
    later = Watermark(9, frozenset(), "a server")
    await store.confirm_converged({ROOM: NOW + 1, "other": NOW}, later)
    await store.confirm_converged({}, later)
    (found,) = await store.converged([ROOM], CONVERGED.rules)
    assert found.converged == CONVERGED, "another evaluation"
    await store.confirm_converged({ROOM: NOW}, later)
    (found,) = await store.converged([ROOM], CONVERGED.rules)
    assert found.converged == replace(CONVERGED, watermark=later)


async def test_records_go_after_a_day(store: SqlStore) -> None:
    await stored(store, CONVERGED)
    await store.prune(NOW + DAY_SECONDS - 1, 500)
    assert await store.converged([ROOM], CONVERGED.rules)
    await store.prune(NOW + DAY_SECONDS + 1, 500)
    assert await store.converged([ROOM], CONVERGED.rules) == ()
