"""Whatever a person decides reaches the loop, once and in order."""

import asyncio

from reconciler.engine.desired_room import Standing
from reconciler.store.opening import open_store
from reconciler.store.queries.marks import Mark
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, BOB, LATER, NOW, ROOM, load, ring, roster, take


async def test_a_store_in_which_nothing_was_decided_has_no_marks(
    store: SqlStore,
) -> None:
    assert await store.last_mark() == 0
    assert await store.marks_since(0) == ()


async def test_a_load_marks_the_rooms_it_changed_and_no_other(store: SqlStore) -> None:
    other = roster(BOB, room="other")
    await load(store, roster(ANN), other, folder="/desired")
    first = await store.last_mark()
    await load(store, roster(ANN), other, folder="/desired")
    assert await store.marks_since(first) == ()
    await load(store, roster(ANN, BOB), folder="/desired")
    assert await store.marks_since(first) == (
        Mark(first + 1, "other", "test"),
        Mark(first + 2, ROOM, "test"),
    )


async def test_every_decision_of_a_person_marks_its_room(store: SqlStore) -> None:
    await load(store, roster(ANN, BOB))
    await ring(store, await take(store))
    before = await store.last_mark()
    assert await store.stand(Decision(ROOM, NOW, "person ops"), Standing.PAUSED)
    assert await store.stand(Decision(ROOM, NOW, "person ops"), Standing.MANAGED)
    assert await store.redial(Decision(ROOM, NOW, "person ops"), "bob")
    assert await store.resolve(Decision(ROOM, LATER, "person ops"), "ann", rung=True)
    told = await store.marks_since(before)
    assert [(each.room, each.cause) for each in told] == [(ROOM, "person ops")] * 4
    assert await store.last_mark() == told[-1].id


async def test_a_decision_that_changes_nothing_marks_nothing(store: SqlStore) -> None:
    await load(store, roster(ANN))
    before = await store.last_mark()
    assert not await store.stand(Decision(ROOM, NOW, "person"), Standing.MANAGED)
    assert not await store.redial(Decision(ROOM, NOW, "person"), "zoe")
    assert not await store.redial(Decision("nowhere", NOW, "person"), "ann")
    assert not await store.resolve(Decision(ROOM, NOW, "person"), "ann", rung=True)
    assert await store.last_mark() == before


async def test_a_reader_who_follows_misses_no_mark_of_many_writers(
    store: SqlStore, url: str
) -> None:
    names = [f"room {number}" for number in range(6)]
    await load(store, *(roster(ANN, room=name) for name in names))
    last = begun = await store.last_mark()
    seen: list[Mark] = []

    async def decide(name: str) -> None:
        async with await open_store(url) as mine:
            for _ in range(5):
                await mine.redial(Decision(name, NOW, name), "ann")

    writers = asyncio.gather(*map(decide, names))
    while not writers.done():
        await asyncio.sleep(0)
        seen += await store.marks_since(seen[-1].id if seen else last)
    await writers
    seen += await store.marks_since(seen[-1].id if seen else last)
    assert tuple(seen) == await store.marks_since(begun)
    assert len(seen) == 30


async def test_a_pause_ends_by_itself_at_the_time_given(store: SqlStore) -> None:
    await load(store, roster(ANN))
    assert await store.stand(
        Decision(ROOM, NOW, "person"), Standing.PAUSED, until=NOW + 60
    )
    paused = await store.desired(ROOM, NOW + 59)
    assert paused is not None
    assert (paused.standing, paused.paused_until) == (Standing.PAUSED, NOW + 60)
    over = await store.desired(ROOM, NOW + 60)
    assert over is not None
    assert (over.standing, over.paused_until) == (Standing.MANAGED, None)
    assert not await store.stand(Decision(ROOM, NOW + 60, "person"), Standing.MANAGED)


async def test_a_pause_outlives_a_changed_roster(store: SqlStore) -> None:
    await load(store, roster(ANN))
    await store.stand(Decision(ROOM, NOW, "person"), Standing.PAUSED, until=NOW + 60)
    await load(store, roster(BOB))
    kept = await store.desired(ROOM, NOW + 1)
    assert kept is not None
    assert (kept.standing, kept.paused_until) == (Standing.PAUSED, NOW + 60)


async def test_a_pause_can_be_made_longer_and_ended(store: SqlStore) -> None:
    await load(store, roster(ANN))
    for until in (NOW + 60, NOW + 120, None):
        assert await store.stand(
            Decision(ROOM, NOW, "person"), Standing.PAUSED, until=until
        )
        paused = await store.desired(ROOM, NOW)
        assert paused is not None
        assert paused.paused_until == until
    assert await store.stand(Decision(ROOM, NOW, "person"), Standing.MANAGED)
    resumed = await store.desired(ROOM, NOW)
    assert resumed is not None
    assert resumed.standing is Standing.MANAGED
