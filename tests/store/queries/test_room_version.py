"""The version of a room: what a plan was made for, checked before it is carried out."""

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Standing, Version
from reconciler.engine.ports import AttemptDraft
from reconciler.model.errors import RoomBusy, RoomChanged
from reconciler.model.event import Event
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, BOB, NOW, ROOM, draft, load, roster, take

PLANNED = Event(room=ROOM, at=NOW, kind="ring.planned", message="ring", label="ann")


async def drafted(store: SqlStore) -> AttemptDraft:
    """An attempt for the room as it is now."""
    desired = await store.desired(ROOM, NOW)
    assert desired is not None
    return replace(draft(), version=desired.version, event=PLANNED)


async def test_a_room_has_the_version_that_its_row_was_read_with(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    desired = await store.desired(ROOM, NOW)
    assert desired is not None
    assert await store.version(await take(store), NOW) == desired.version
    assert desired.version == Version(1, Standing.MANAGED, 0)


async def test_a_lease_tells_the_version_of_its_room(store: SqlStore) -> None:
    assert (await take(store)).version is None
    await load(store, roster(ANN))
    assert (await take(store)).version == Version(1, Standing.MANAGED, 0)
    await store.stand(Decision(ROOM, NOW, "a person"), Standing.PAUSED, until=NOW + 60)
    for now, standing in ((59, Standing.PAUSED), (60, Standing.MANAGED)):
        version = (await take(store, now=NOW + now)).version
        assert version is not None
        assert version.standing is standing


async def test_a_load_and_a_person_s_word_make_another_version(store: SqlStore) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    versions = {await store.version(lease, NOW)}
    await load(store, roster(ANN, BOB))
    versions.add(await store.version(lease, NOW))
    await store.redial(Decision(ROOM, NOW, "a person"), "ann")
    versions.add(await store.version(lease, NOW))
    await store.stand(Decision(ROOM, NOW, "a person"), Standing.PAUSED)
    paused = await store.version(lease, NOW)
    versions.add(paused)
    assert len(versions) == 4
    assert paused is not None
    assert paused.standing is Standing.PAUSED


async def test_a_pause_that_is_over_by_itself_is_none(store: SqlStore) -> None:
    await load(store, roster(ANN))
    lease = await take(store)
    await store.stand(Decision(ROOM, NOW, "a person"), Standing.PAUSED, until=NOW + 60)
    for now, standing in ((59, Standing.PAUSED), (60, Standing.MANAGED)):
        version = await store.version(lease, NOW + now)
        assert version is not None
        assert version.standing is standing


async def test_a_room_that_was_never_loaded_has_none(store: SqlStore) -> None:
    assert await store.version(await take(store), NOW) is None


async def test_whoever_lost_the_room_is_told_so(store: SqlStore) -> None:
    await load(store, roster(ANN))
    lease = await store.acquire(ROOM, "a", NOW, 30)
    with pytest.raises(RoomBusy):
        await store.version(lease, NOW + 30)
    await store.acquire(ROOM, "b", NOW + 30, 30)
    with pytest.raises(RoomBusy):
        await store.version(lease, NOW + 31)


@pytest.mark.parametrize("how", ["load", "pause", "release", "redial"])
async def test_nobody_is_rung_for_a_room_that_was_changed(
    store: SqlStore, how: str
) -> None:
    await load(store, roster(ANN))
    lease, asked = await take(store), await drafted(store)
    if how == "load":
        await load(store, roster(ANN, BOB))
    elif how == "redial":
        await store.redial(Decision(ROOM, NOW, "a person"), "ann")
    else:
        standing = Standing.PAUSED if how == "pause" else Standing.RELEASED
        await store.stand(Decision(ROOM, NOW, "a person"), standing)
    with pytest.raises(RoomChanged):
        await store.open_attempts(lease, (asked,), NOW)
    assert not (await store.ledger(ROOM, NOW)).records["ann"].attempts
    kinds = [each.kind for each in await store.events(ROOM, limit=10)]
    assert PLANNED.kind not in kinds


async def test_a_ring_is_among_the_events_with_its_attempt(store: SqlStore) -> None:
    await load(store, roster(ANN))
    lease, asked = await take(store), await drafted(store)
    assert await store.open_attempts(lease, (asked,), NOW) != (None,)
    assert await store.open_attempts(lease, (asked,), NOW) == (None,)
    kinds = [each.kind for each in await store.events(ROOM, limit=10)]
    assert kinds.count(PLANNED.kind) == 1
