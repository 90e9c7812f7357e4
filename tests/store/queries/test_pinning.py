"""An earlier generation is declared again, until the file changes or a person says so."""

from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired, Standing
from reconciler.engine.ports import Notes
from reconciler.model.declaration import (
    Declaration,
    Mode,
    Override,
    OverrideVerb,
    RevisionKind,
    ScheduleEntry,
)
from reconciler.model.ledger import GuardKind, WithheldKind
from reconciler.model.load_result import Loaded
from reconciler.model.roster import Limits, Roster
from reconciler.model.schedule import Once, Period
from reconciler.planning.finding import Forgotten
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.pinning import Rollback
from reconciler.store.store import SqlStore
from tests.store.samples import ANN, BOB, NOW, ROOM, roster, take

ONE = roster(ANN, replace(BOB, muted=False))
TWO = replace(ONE, members=ONE.members[:1])
ENDED = "Generation 1, which ops pinned, no longer counts;"
HOLDS = f"pinned until the file changes, or 'reconciler unpin {ROOM}'"
THREE = replace(TWO, limits=Limits(removals=7))


async def load(store: SqlStore, declared: Roster | Declaration, **more: Any) -> Loaded:
    given = {"folder": "/desired", "now": NOW, "cause": "daemon", **more}
    return await store.load((declared,), **given)


async def restore(store: SqlStore, generation: int, reason: str = "") -> int | None:
    return await store.rollback(Rollback(ROOM, generation, "ops", reason), NOW + 5)


async def unpin(store: SqlStore, reason: str = "") -> int | None:
    return await store.unpin(Decision(ROOM, NOW + 6, "eve", reason))


async def desired(store: SqlStore) -> Desired:
    found = await store.desired(ROOM, NOW)
    assert found is not None
    return found


async def pinned(store: SqlStore) -> int | None:
    pin = (await desired(store)).pin
    return None if pin is None else pin.generation


async def told(store: SqlStore, kind: str) -> list[tuple[str, str]]:
    return [
        (each.message, each.cause.partition(",")[0])
        for each in await store.events(ROOM, limit=99)
        if each.kind == kind
    ]


async def edited(store: SqlStore) -> None:
    """A room whose file was edited once: ONE, then TWO."""
    await load(store, ONE)
    await load(store, TWO)


async def test_an_earlier_generation_is_declared_again_as_a_new_one(
    store: SqlStore,
) -> None:
    await edited(store)
    assert await restore(store, 1, "bob is missed") == 3
    found = await desired(store)
    assert (found.roster, found.generation) == (ONE, 3)
    assert found.pin
    assert (found.pin.generation, found.pin.at) == (1, NOW + 5)
    assert (found.pin.who, found.pin.reason) == ("ops", "bob is missed")
    assert (await store.declared([ROOM], NOW))[ROOM].pin == found.pin
    last = (await store.revisions(ROOM))[-1]
    assert (last.kind, last.restored) == (RevisionKind.ROLLBACK, 1)
    assert (last.cause, last.reason) == ("ops", "bob is missed")
    assert await told(store, "roster.rolled-back") == [
        (
            f"Rolled back to generation 1, {HOLDS}: bob is missed",
            "ops",
        )
    ]


async def test_a_load_of_the_unchanged_file_does_not_undo_it(store: SqlStore) -> None:
    await edited(store)
    await restore(store, 1)
    assert await load(store, TWO, now=NOW + 9) == Loaded(unchanged=(ROOM,))
    moved = replace(TWO, source="desired/other.yaml:3")
    assert await load(store, moved, now=NOW + 9) == Loaded(unchanged=(ROOM,))
    found = await desired(store)
    assert found.roster == replace(ONE, source=moved.source)
    assert await pinned(store) == 1


@pytest.mark.parametrize("file", [THREE, ONE])
async def test_a_changed_file_wins_and_an_event_says_so(
    store: SqlStore, file: Roster
) -> None:
    await edited(store)
    await restore(store, 1)
    assert await load(store, file) == Loaded(changed=(ROOM,))
    found = await desired(store)
    assert (found.roster, found.pin, found.generation) == (file, None, 4)
    assert await told(store, "roster.unpinned") == [
        (
            f"{ENDED} the file changed and counts now",
            "daemon",
        )
    ]
    assert await load(store, TWO) == Loaded(changed=(ROOM,))
    assert len(await told(store, "roster.unpinned")) == 1


async def test_a_person_lets_the_file_count_again(store: SqlStore) -> None:
    await edited(store)
    await restore(store, 1)
    assert await unpin(store, "bob is back") == 4
    found = await desired(store)
    assert (found.roster, found.pin) == (TWO, None)
    last = (await store.revisions(ROOM))[-1]
    assert (last.kind, last.cause, last.reason) == (
        RevisionKind.UNPIN,
        "eve",
        "bob is back",
    )
    assert await told(store, "roster.unpinned") == [
        (
            f"{ENDED} the file counts again: bob is back",
            "eve",
        )
    ]
    assert await unpin(store) is None
    assert await load(store, TWO) == Loaded(unchanged=(ROOM,))


async def test_unpin_restores_the_file_after_two_rollbacks(store: SqlStore) -> None:
    await edited(store)
    await load(store, THREE)
    await restore(store, 1)
    await restore(store, 2)
    assert await pinned(store) == 2
    await unpin(store)
    assert (await desired(store)).roster == THREE


async def test_a_rollback_to_what_the_file_declares_pins_nothing(
    store: SqlStore,
) -> None:
    await edited(store)
    await restore(store, 1)
    assert await restore(store, 2) == 4
    found = await desired(store)
    assert (found.roster, found.pin) == (TWO, None)
    assert (
        "which is what the file declares"
        in (await told(store, "roster.rolled-back"))[-1][0]
    )


async def test_there_is_nothing_to_do_where_it_is_declared_already(
    store: SqlStore,
) -> None:
    await edited(store)
    assert await restore(store, 2) is None
    await restore(store, 1)
    assert await restore(store, 1) is None
    assert await restore(store, 3) is None
    assert (await desired(store)).generation == 3


async def test_a_generation_that_is_not_on_record_is_refused(store: SqlStore) -> None:
    await edited(store)
    assert await restore(store, 9) is None
    assert await store.rollback(Rollback("elsewhere", 1, "ops"), NOW) is None
    assert await store.unpin(Decision("elsewhere", NOW, "ops")) is None
    assert (await desired(store)).generation == 2


async def test_a_released_room_is_neither_rolled_back_nor_unpinned(
    store: SqlStore,
) -> None:
    await edited(store)
    await restore(store, 1)
    await store.stand(Decision(ROOM, NOW, "ops"), Standing.RELEASED)
    assert await restore(store, 2) is None
    assert await unpin(store) is None
    assert (await desired(store)).generation == 3


async def test_a_file_that_left_and_came_back_unchanged_leaves_the_pin(
    store: SqlStore,
) -> None:
    await edited(store)
    await restore(store, 1)
    await store.load([], folder="/desired", now=NOW, cause="daemon")
    assert (await desired(store)).standing is Standing.RELEASED
    moved = replace(TWO, source="desired/other.yaml:3")
    assert await load(store, moved) == Loaded(changed=(ROOM,))
    found = await desired(store)
    assert found.standing is Standing.MANAGED
    assert found.roster == replace(ONE, source=moved.source)
    assert await pinned(store) == 1
    assert await load(store, TWO) == Loaded(unchanged=(ROOM,))


async def test_overrides_stay_on_top_and_survive_it(store: SqlStore) -> None:
    await edited(store)
    word = Override(0, ROOM, OverrideVerb.MUTE_ALL, NOW, NOW + 60, "ops")
    await store.add_overrides((word,), NOW)
    await restore(store, 1)
    muted = {each.label: each.muted for each in (await desired(store)).roster.members}
    assert muted == {"ann": True, "bob": True}
    assert await store.advance(NOW + 60) == (ROOM,)
    found = await desired(store)
    assert found.roster == ONE
    assert await pinned(store) == 1
    kinds = [each.kind for each in await store.revisions(ROOM)]
    override = RevisionKind.OVERRIDE
    assert kinds == [RevisionKind.FILE] * 2 + [
        override,
        RevisionKind.ROLLBACK,
        override,
    ]


async def test_modes_and_schedule_are_restored_with_the_roster(
    store: SqlStore,
) -> None:
    muted = Mode("quiet", (("ann", (("muted", True),)),))
    window = Period(Once(NOW - 60, NOW + 60))
    timed = Declaration(ONE, (muted,), schedule=(ScheduleEntry(window, "quiet"),))
    await load(store, timed)
    await load(store, TWO)
    await restore(store, 1)
    found = await desired(store)
    assert (found.mode, found.effective_until) == ("quiet", NOW + 60)
    assert (await store.declared([ROOM], NOW))[ROOM].declaration == timed
    assert await store.advance(NOW + 60) == (ROOM,)
    assert ((await desired(store)).mode, await pinned(store)) == ("normal", 1)
    assert (await store.revisions(ROOM))[-1].kind is RevisionKind.SCHEDULE


async def test_who_is_brought_back_is_called_as_an_edit_would(store: SqlStore) -> None:
    await load(store, ONE)
    before = (await store.ledger(ROOM, NOW)).records
    await load(store, TWO)
    gone = Notes(findings=(Forgotten("bob"),))
    await store.note(await take(store), gone, NOW)
    await restore(store, 1)
    records = (await store.ledger(ROOM, NOW)).records
    assert records["bob"].intent > before["bob"].intent
    assert records["ann"].intent == before["ann"].intent
    assert records["bob"].edited_at == NOW + 5


async def test_what_is_withheld_and_approved_is_for_the_roster_before(
    store: SqlStore,
) -> None:
    await edited(store)
    held = WithheldKind(GuardKind.RINGS, "limits.rings", "too many", NOW)
    await store.note(await take(store), Notes(withheld=(held,)), NOW)
    await restore(store, 1)
    assert (await store.ledger(ROOM, NOW)).withheld == {}


async def test_other_processes_hear_of_it(store: SqlStore) -> None:
    await edited(store)
    watermark = (await store.changes(None)).watermark
    await restore(store, 1)
    assert ROOM in (await store.changes(watermark)).rooms
    watermark = (await store.changes(None)).watermark
    await unpin(store)
    assert ROOM in (await store.changes(watermark)).rooms
