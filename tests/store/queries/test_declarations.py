"""What files declare over time: stored exactly, and a generation where it changes."""

import json

from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace
from sqlalchemy import update

from reconciler.engine.desired_room import Desired, Standing
from reconciler.model.declaration import (
    Declaration,
    Mode,
    Origin,
    Presence,
    ScheduleEntry,
)
from reconciler.model.load_result import Loaded
from reconciler.model.roster import Announcement, Limits, RoomState, Roster
from reconciler.model.schedule import Once, Period
from reconciler.planning.effective import effective
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.store.queries.declaration_document import (
    declaration_digest,
    declaration_document,
    declaration_of,
)
from reconciler.store.queries.roster_row import digest_of
from reconciler.store.store import SqlStore
from reconciler.store.tables import rosters
from tests.sample_size import sample_size
from tests.store.samples import ANN, BOB, DECLARATIONS, NOW, ROOM, ROSTERS, roster

SIDEBAR = Mode("sidebar", (("bob", (("hold", True),)),))
EVENING = Period(Once(NOW + 60, NOW + 120))
DECLARED = Declaration(
    roster(ANN, BOB),
    modes=(SIDEBAR,),
    schedule=(ScheduleEntry(EVENING, mode="sidebar"), ScheduleEntry(None)),
)
HELD = replace(BOB, hold=True, temporary=("hold",))


async def load(
    store: SqlStore, *declared: Roster | Declaration, now: float = NOW
) -> Loaded:
    return await store.load(declared, folder="/desired", now=now, cause="test")


async def desired(store: SqlStore, now: float = NOW) -> Desired:
    found = await store.desired(ROOM, now)
    assert found is not None
    return found


@given(declared=DECLARATIONS)
def test_a_declaration_is_the_same_after_its_way_through_json(
    declared: Declaration,
) -> None:
    said = json.loads(json.dumps(declaration_document(declared)))
    assert declaration_of(said, declared.roster.source) == declared


@given(one=DECLARATIONS, other=DECLARATIONS)
def test_two_declarations_share_a_digest_exactly_if_they_declare_the_same(
    one: Declaration, other: Declaration
) -> None:
    moved = replace(one, roster=replace(one.roster, source="elsewhere"))
    assert declaration_digest(moved) == declaration_digest(one)
    same = declaration_document(one) == declaration_document(other)
    assert (declaration_digest(one) == declaration_digest(other)) == same


@given(declared=ROSTERS)
def test_a_plain_declaration_has_the_digest_of_its_roster(declared: Roster) -> None:
    assert declaration_digest(Declaration(declared)) == digest_of(declared)


def test_rosters_of_earlier_versions_keep_their_digest() -> None:
    welcome = Announcement("w", "https://example.com/w")
    bob = replace(BOB, coaching="ann", hold=True, announcements=(welcome,))
    stored = roster(ANN, bob)
    limited = replace(stored, limits=Limits(1, 2, 3), state=RoomState.ENDED)
    assert [digest_of(stored), digest_of(limited)] == [
        "3ce3ff56b77814715c160db5d83b9e6f7d0f31c1f11dd420ae15ce30268be933",
        "4e16db6cc9a47c8e1d4adb9d939b472c180abc31925a254b42da085c30abe897",
    ]


@settings(
    max_examples=sample_size(8, 20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(declared=DECLARATIONS)
async def test_a_declaration_is_stored_with_the_roster_it_comes_to(
    store: SqlStore, declared: Declaration
) -> None:
    await load(store, declared)
    kept = (await store.declared([declared.room], NOW))[declared.room]
    assert (kept.declaration, kept.overrides) == (declared, ())
    found = await store.desired(declared.room, NOW)
    meant = effective(declared, (), NOW)
    assert found is not None
    assert (found.roster, found.mode) == (meant.roster, meant.mode)
    assert (found.effective_until, found.origins) == (meant.until, meant.origins)
    assert await load(store, declared) == Loaded(unchanged=(declared.room,))


async def test_a_mode_by_schedule_is_a_generation_at_its_boundary_and_not_before(
    store: SqlStore,
) -> None:
    await load(store, DECLARED)
    assert (await desired(store)).effective_until == NOW + 60
    assert await store.next_boundary() == NOW + 60
    assert await store.advance(NOW + 59.9) == ()
    assert (await desired(store)).generation == 1

    assert await store.advance(NOW + 60) == (ROOM,)
    found = await desired(store)
    assert found.roster == roster(ANN, HELD)
    assert (found.generation, found.mode) == (2, "sidebar")
    assert found.effective_until == NOW + 120
    assert found.origins == (Origin("bob", "hold", "mode sidebar", NOW + 120),)
    event = (await store.events(ROOM, limit=1))[0]
    assert event.message == "Mode sidebar; changed bob."
    assert (event.kind, event.cause, event.generation) == (
        "roster.changed",
        "schedule",
        2,
    )

    assert await store.advance(NOW + 120) == (ROOM,)
    assert (await desired(store)).roster == roster(ANN, BOB)
    assert await store.next_boundary() is None
    assert await store.advance(NOW + 999) == ()


async def test_a_load_between_two_boundaries_gives_what_counts_then(
    store: SqlStore,
) -> None:
    await load(store, DECLARED, now=NOW + 70)
    assert (await desired(store)).roster == roster(ANN, HELD)
    longer = replace(DECLARED, modes=(replace(SIDEBAR, unlisted=None), Mode("x")))
    assert (await load(store, longer, now=NOW + 80)).changed == (ROOM,)
    assert (await desired(store)).mode == "sidebar"


async def test_each_revision_keeps_what_its_file_declared(store: SqlStore) -> None:
    await load(store, roster(ANN))
    await load(store, DECLARED, now=NOW + 1)
    await store.advance(NOW + 60)
    kept = await store.revisions(ROOM)
    assert [each.declaration for each in kept] == [
        Declaration(roster(ANN)),
        DECLARED,
        DECLARED,
    ]
    assert [each.roster for each in kept] == [
        roster(ANN),
        roster(ANN, BOB),
        roster(ANN, HELD),
    ]


async def test_a_room_that_is_plain_again_has_no_boundary(store: SqlStore) -> None:
    await load(store, DECLARED)
    await load(store, roster(ANN, BOB))
    found = await desired(store)
    assert (found.generation, found.effective_until) == (2, None)
    kept = (await store.declared([ROOM], NOW))[ROOM]
    assert kept.declaration == Declaration(roster(ANN, BOB))


async def test_who_is_away_outside_their_hours_is_meant_anew_once_seen_gone(
    store: SqlStore,
) -> None:
    """As for an edit: a tombstone that stands is the person who never left."""
    hours = (Period(Once(NOW, NOW + 10)), Period(Once(NOW + 20, NOW + 30)))
    declared = Declaration(roster(ANN, BOB), presences=(Presence(("bob",), hours),))
    await load(store, declared)
    first = (await store.ledger(ROOM, NOW)).records["bob"]
    await store.advance(NOW + 10)
    gone = (await store.ledger(ROOM, NOW)).records["bob"]
    assert gone.dismissed_at == NOW + 10
    await store.advance(NOW + 20)
    back = (await store.ledger(ROOM, NOW)).records["bob"]
    assert (back.dismissed_at, back.intent) == (None, first.intent)


async def test_a_released_room_does_not_advance_until_it_is_declared_again(
    store: SqlStore,
) -> None:
    await load(store, DECLARED)
    await load(store)
    assert await store.next_boundary() is None
    assert await store.advance(NOW + 60) == ()
    assert (await desired(store)).standing is Standing.RELEASED
    await load(store, DECLARED, now=NOW + 70)
    assert (await desired(store)).roster == roster(ANN, HELD)


async def test_a_plan_is_made_for_no_longer_than_its_roster_lasts(
    store: SqlStore,
) -> None:
    await load(store, DECLARED)
    lease = await store.acquire(ROOM, "me", NOW, 600)
    planned = (await desired(store)).version
    assert await store.version(lease, NOW + 59) == planned
    assert await store.version(lease, NOW + 60) != planned
    await store.advance(NOW + 60)
    assert await store.version(lease, NOW + 60) == (await desired(store)).version


async def test_a_boundary_that_older_zone_data_gave_is_computed_anew(
    store: SqlStore,
) -> None:
    await load(store, DECLARED)
    await _put_boundary(store, NOW + 3660)
    assert await store.advance(NOW + 60) == ()

    assert await store.restate(NOW + 30) == ()
    assert await store.next_boundary() == NOW + 60
    await _put_boundary(store, NOW + 3660)
    assert await store.restate(NOW + 60) == (ROOM,)
    assert (await desired(store)).mode == "sidebar"


async def test_nothing_is_computed_anew_where_nothing_changes_with_time(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    before = await store.changes(None)

    assert await store.restate(NOW + 60) == ()
    assert not (await store.changes(before.watermark)).rooms


async def test_a_room_in_a_mode_is_not_written_again_while_that_counts(
    store: SqlStore,
) -> None:
    await load(store, DECLARED)
    assert await store.advance(NOW + 60) == (ROOM,)
    assert (await desired(store)).origins
    before = await store.changes(None)

    assert await store.restate(NOW + 61) == ()
    assert not (await store.changes(before.watermark)).rooms


async def _put_boundary(store: SqlStore | InMemoryStore, at: float) -> None:
    if isinstance(store, InMemoryStore):
        store.tables.decide(ROOM, effective_until=at)
        return
    await store.database.write(
        lambda it: it.execute(update(rosters).values(effective_until=at))
    )
