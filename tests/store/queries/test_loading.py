import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.ports import Notes
from reconciler.model.errors import StoreError
from reconciler.model.load_result import Loaded
from reconciler.model.roster import Redial, Roster
from reconciler.planning.finding import Forgotten
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.store import SqlStore
from tests.sample_size import sample_size
from tests.store.samples import ANN, BOB, NOW, ROOM, ROSTERS, load, roster, take


async def desired(store: SqlStore, room: str = ROOM) -> Desired:
    found = await store.desired(room, NOW)
    assert found is not None
    return found


async def test_a_room_that_was_never_loaded_is_not_desired(store: SqlStore) -> None:
    assert await store.desired(ROOM, NOW) is None
    assert await store.rooms() == ()


@settings(
    max_examples=sample_size(8, 30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(declared=ROSTERS)
async def test_a_roster_is_read_back_as_it_was_loaded(
    store: SqlStore, declared: Roster
) -> None:
    await load(store, declared)
    assert (await desired(store, declared.room)).roster == declared


async def test_a_new_room_begins_with_generation_one(store: SqlStore) -> None:
    told = await store.load([roster(ANN)], folder=None, now=NOW, cause="sync")
    assert told == Loaded(added=(ROOM,))
    assert await desired(store) == Desired(roster(ANN), 1, Standing.MANAGED)


async def test_an_unchanged_roster_keeps_its_generation_and_tells_nothing(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    told = await store.load([roster(ANN)], folder=None, now=NOW + 9, cause="sync")
    assert told == Loaded(unchanged=(ROOM,))
    assert (await desired(store)).generation == 1
    assert len(await store.events(None, limit=9)) == 1


async def test_a_roster_that_moved_to_another_line_is_unchanged(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN, source="a.yaml:1"))
    await load(store, roster(ANN, source="b.yaml:7"))
    found = await desired(store)
    assert (found.generation, found.roster.source) == (1, "b.yaml:7")
    assert len(await store.events(None, limit=9)) == 1


async def test_a_changed_roster_raises_the_generation_and_says_what_changed(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN, BOB))
    changed = roster(replace(ANN, muted=True), replace(BOB, label="cara"))
    told = await store.load([changed], folder=None, now=NOW + 1, cause="file")
    assert told == Loaded(changed=(ROOM,))
    assert await desired(store) == Desired(changed, 2)
    event = (await store.events(ROOM, limit=1))[0]
    assert (event.kind, event.generation, event.cause) == ("roster.changed", 2, "file")
    assert event.message == "Added cara; changed ann; dismissed bob."


async def test_members_stay_in_the_order_of_the_file(store: SqlStore) -> None:
    await load(store, roster(ANN, BOB))
    await load(store, roster(BOB, ANN))
    assert (await desired(store)).roster.members == (BOB, ANN)
    records = (await store.ledger(ROOM, NOW)).records
    assert {each.intent for each in records.values()} == {1, 2}


async def test_every_earlier_revision_is_kept_whole(store: SqlStore) -> None:
    await load(store, roster(ANN))
    await load(store, roster(ANN, BOB), now=NOW + 1)
    kept = await store.revisions(ROOM)
    assert [(each.generation, each.loaded_at, each.cause) for each in kept] == [
        (1, NOW, "test"),
        (2, NOW + 1, "test"),
    ]
    assert [each.roster for each in kept] == [roster(ANN), roster(ANN, BOB)]
    assert await store.revision_at(ROOM, NOW - 1) is None
    assert await store.revision_at(ROOM, NOW + 0.5) == kept[0]
    assert await store.revision_at(ROOM, NOW + 1) == kept[1]


async def test_a_load_that_fails_applies_nothing(store: SqlStore) -> None:
    bad = roster(replace(ANN, label=""), room="bad")
    with pytest.raises(StoreError):
        await load(store, roster(ANN), bad)
    assert await store.rooms() == ()
    assert await store.events(None, limit=9) == ()


async def test_a_room_missing_from_its_folder_is_released_and_keeps_its_people(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), roster(BOB, room="other"), folder="/desired")
    told = await store.load(
        [roster(BOB, room="other")], folder="/desired", now=NOW, cause="sync"
    )
    assert told == Loaded(unchanged=("other",), released=(ROOM,))
    assert await desired(store) == Desired(roster(ANN), 1, Standing.RELEASED)
    assert (await store.ledger(ROOM, NOW)).records["ann"].dismissed_at is None
    kinds = [each.kind for each in await store.events(ROOM, limit=9)]
    assert kinds == ["roster.loaded", "room.released"]
    assert await store.rooms() == ("other", ROOM)


async def test_a_released_room_is_released_once(store: SqlStore) -> None:
    await load(store, roster(ANN), folder="/desired")
    await load(store, folder="/desired")
    told = await store.load([], folder="/desired", now=NOW, cause="sync")
    assert told == Loaded()


async def test_a_room_of_another_folder_is_not_released(store: SqlStore) -> None:
    await load(store, roster(ANN), folder="/a")
    await load(store, roster(BOB, room="other"), folder="/b")
    assert (await desired(store)).standing is Standing.MANAGED


async def test_single_files_release_nothing_and_keep_the_folder(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), roster(BOB, room="other"), folder="/desired")
    await load(store, roster(ANN, BOB))
    assert (await desired(store, "other")).standing is Standing.MANAGED
    told = await store.load([], folder="/desired", now=NOW, cause="sync")
    assert told.released == ("other", ROOM)


async def test_a_released_room_that_is_loaded_again_is_managed_and_changed(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), folder="/desired")
    await load(store, folder="/desired")
    told = await store.load([roster(ANN)], folder="/desired", now=NOW, cause="sync")
    assert told == Loaded(changed=(ROOM,))
    assert await desired(store) == Desired(roster(ANN), 2, Standing.MANAGED)
    assert (await store.ledger(ROOM, NOW)).records["ann"].intent == 1
    assert (await store.events(ROOM, limit=1))[0].message == "Managed again."


async def test_a_paused_room_that_is_loaded_stays_paused(store: SqlStore) -> None:
    await load(store, roster(ANN))
    assert await store.stand(Decision(ROOM, NOW, "person"), Standing.PAUSED)
    await load(store, roster(BOB))
    assert (await desired(store)).standing is Standing.PAUSED


async def test_emptied_stays_until_somebody_is_listed_again(store: SqlStore) -> None:
    seen: list[bool] = []
    for members in ((), (ANN,), (), (), (BOB,)):
        changed = Roster(ROOM, members, source="")
        limits = replace(changed.limits, rings=len(seen))
        await load(store, replace(changed, limits=limits))
        seen.append((await store.ledger(ROOM, NOW)).emptied)
    assert seen == [False, False, True, True, False]


async def test_numbers_of_protected_members_are_remembered_until_declared_again(
    store: SqlStore,
) -> None:
    seen = []
    safe = replace(ANN, protect=True)
    for members in ((safe, BOB), (BOB,), (replace(BOB, muted=True),), (safe, BOB)):
        await load(store, Roster(ROOM, members, source=""))
        seen.append(dict((await store.ledger(ROOM, NOW)).past_protection))
    assert seen == [{}, {ANN.to: NOW}, {ANN.to: NOW}, {}]


async def test_an_intent_grows_when_a_member_is_added_or_moves_to_another_address(
    store: SqlStore,
) -> None:
    intents = []
    versions = (
        roster(ANN),
        roster(replace(ANN, muted=True)),
        roster(replace(ANN, to="+15551239999")),
        roster(BOB),
        roster(ANN, BOB),
    )
    for version in versions:
        await load(store, version)
        intents.append((await store.ledger(ROOM, NOW)).records["ann"].intent)
    assert intents == [1, 1, 2, 2, 4]


async def test_changed_at_is_when_the_entry_changed_in_any_way(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN, BOB), now=1.0)
    await load(store, roster(replace(ANN, redial=Redial(attempts=9)), BOB), now=2.0)
    records = (await store.ledger(ROOM, NOW)).records
    assert (records["ann"].changed_at, records["bob"].changed_at) == (2.0, 1.0)


async def test_a_dismissed_member_stays_as_a_tombstone_until_listed_again(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN, BOB), now=1.0)
    await load(store, roster(BOB), now=2.0)
    record = (await store.ledger(ROOM, NOW)).records["ann"]
    assert (record.dismissed_at, record.to, record.changed_at) == (2.0, ANN.to, 1.0)
    await load(store, roster(ANN, BOB), now=3.0)
    again = (await store.ledger(ROOM, NOW)).records["ann"]
    assert (again.dismissed_at, again.changed_at) == (None, 3.0)
    assert again.intent == record.intent


async def test_a_dismissed_member_that_was_seen_gone_is_meant_anew(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN, BOB), now=1.0)
    first = (await store.ledger(ROOM, NOW)).records["ann"].intent
    await load(store, roster(BOB), now=2.0)
    await store.note(await take(store), Notes(findings=(Forgotten("ann"),)), NOW)
    await load(store, roster(ANN, BOB), now=3.0)
    assert (await store.ledger(ROOM, NOW)).records["ann"].intent > first
