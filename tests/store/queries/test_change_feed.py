"""Whatever is written about a room, by whomever, shows in the change feed, once."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import (
    Connection,
    create_engine,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from reconciler.engine.ports import Changes, Notes, Standing
from reconciler.model.attempt import AttemptState
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.event import Event
from reconciler.model.ledger import Approval, Correction, GuardKind, WithheldKind
from reconciler.planning.plan import Forgotten
from reconciler.store.database.url import parse_database_url
from reconciler.store.queries import retention
from reconciler.store.store import SqlStore, open_store
from reconciler.store.tables import (
    approvals,
    calls,
    changes,
    declarations,
    members,
    revisions,
    rosters,
)
from reconciler.store.tables.metadata import metadata
from tests.conftest import Server
from tests.store.samples import (
    ANN,
    BOB,
    CALL,
    NOW,
    ROOM,
    load,
    move,
    ring,
    roster,
    take,
)

OTHER = "other"
KEYED = (revisions, approvals, members, declarations)
"""Tables whose rows name a row of ``rosters``."""
APPROVAL = Approval("a" * 64, "they are done", "ops", NOW + 600)
MUTED = Override(0, ROOM, OverrideVerb.MUTE_ALL, NOW, None, "ops")
WITHHELD = WithheldKind(GuardKind.REMOVALS, "limits.removals", "too many", NOW)
EVENT = Event(room=ROOM, at=NOW, kind="told", message="told", run="run-1")
FED = (
    "approvals",
    "attempts",
    "call_fields",
    "calls",
    "corrections",
    "declarations",
    "members",
    "overrides",
    "removals",
    "rosters",
    "withheld_kinds",
)


async def horizon(store: SqlStore) -> int:
    return (await store.changes(None)).horizon


async def rooms_since(store: SqlStore, turn: int) -> set[str]:
    return set((await store.changes(turn)).rooms)


async def lived(store: SqlStore) -> None:
    """A row in every table of two rooms."""
    await load(store, roster(ANN, BOB), roster(ANN, room=OTHER))
    for room in (ROOM, OTHER):
        await store.add_overrides((replace(MUTED, room=room),), NOW)
        await store.grant(room, APPROVAL, generation=2, now=NOW)
    await ring(store, await take(store))
    noted = Notes(
        events=(EVENT,),
        memory={"CA1": {"muted": True}},
        corrections=(Correction("CA1", "muted=True", NOW),),
        removals=("CA1",),
        withheld=(WITHHELD,),
        identities=(CALL,),
    )
    await store.note(await take(store), noted, NOW)


@contextmanager
def by_hand(url: str) -> Iterator[Connection]:
    """A connection that knows nothing of the store, committed at the end."""
    engine = create_engine(parse_database_url(url).url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


async def test_a_store_in_which_nothing_was_written_tells_of_nothing(
    store: SqlStore,
) -> None:
    first = await store.changes(None)
    assert first.rooms == {}
    assert await store.changes(first.horizon) == first


async def test_what_was_read_does_not_show_again_and_what_came_after_does(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), roster(ANN, room=OTHER))
    seen = (await store.ledger(ROOM, NOW)).horizon
    assert await rooms_since(store, seen) == set()
    await store.redial(OTHER, "ann", now=NOW, cause="ops")
    told = await store.changes(seen)
    assert set(told.rooms) == {OTHER}
    assert seen <= told.rooms[OTHER] < told.horizon
    assert await store.changes(told.horizon) == Changes({}, told.horizon)


async def test_a_ledger_has_the_horizon_of_the_feed(store: SqlStore) -> None:
    await load(store, roster(ANN))
    at = await horizon(store)
    assert (await store.ledger(ROOM, NOW)).horizon == at
    found = await store.read((ROOM, "never"), NOW)
    assert {ledger.horizon for _, ledger in found.values()} == {at}


async def test_no_horizon_is_no_question_but_what_it_is_now(store: SqlStore) -> None:
    await load(store, roster(ANN))
    assert (await store.changes(None)).rooms == {}


async def test_whatever_the_store_writes_about_a_room_shows(store: SqlStore) -> None:
    await load(store, roster(ANN, BOB), roster(ANN, room=OTHER))
    lease = await take(store)
    attempt = await ring(store, lease)

    notes = (
        Notes(findings=(Forgotten("bob"),)),
        Notes(memory={"CA1": {"muted": True}}),
        Notes(memory={"CA1": {"muted": None}}),
        Notes(corrections=(Correction("CA1", "muted=True", NOW),)),
        Notes(removals=("CA1",)),
        Notes(withheld=(WITHHELD,)),
        Notes(identities=(CALL,)),
        Notes(conference_sid="CF1"),
    )
    writes: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: ring(store, lease, "bob"),
        lambda: move(store, lease, attempt, AttemptState.UNKNOWN),
        lambda: store.resolve(ROOM, "ann", rung=True, now=NOW, cause="ops"),
        lambda: store.redial(ROOM, "ann", now=NOW, cause="ops"),
        lambda: load(store, roster(ANN)),
        lambda: load(store, roster(ANN, source="moved.yaml")),
        *(partial(store.note, lease, each, NOW) for each in notes),
        lambda: store.stand(ROOM, Standing.PAUSED, now=NOW, cause="ops"),
    )
    for write in writes:
        seen = await horizon(store)
        await write()
        assert await rooms_since(store, seen) == {ROOM}
        seen = await horizon(store)
        assert await rooms_since(store, seen) == set()


async def test_leases_events_and_loads_of_the_same_do_not_show(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    seen = await horizon(store)
    lease = await store.renew(await take(store), NOW, 60)
    ended = Notes(events=(EVENT,), ended=("run-1", "converged"))
    await store.note(lease, ended, NOW)
    await store.release(lease)
    await load(store, roster(ANN))
    assert await rooms_since(store, seen) == set()


async def test_an_approval_shows_as_it_is_given_begun_and_used(
    store: SqlStore, url: str
) -> None:
    await load(store, roster(ANN))
    async with await open_store(url) as other:
        for write in (
            lambda: other.grant(ROOM, APPROVAL, generation=1, now=NOW),
            lambda: note(other, Notes(approved=("x",))),
            lambda: note(other, Notes(approved=())),
        ):
            seen = await horizon(store)
            await write()
            assert await rooms_since(store, seen) == {ROOM}


async def note(store: SqlStore, notes: Notes) -> None:
    await store.note(await take(store), notes, NOW)


@pytest.mark.parametrize("table", FED)
async def test_whatever_a_person_writes_by_hand_shows(
    store: SqlStore, url: str, table: str
) -> None:
    await lived(store)
    chosen = metadata.tables[table]
    ours = chosen.c.room == ROOM
    with by_hand(url) as connection:
        rows = connection.execute(select(chosen).where(ours)).all()
        for other in KEYED if chosen is rosters else ():
            connection.execute(delete(other))
    assert rows
    for write in (
        update(chosen).where(ours).values(room=ROOM),
        delete(chosen).where(ours),
        insert(chosen).values([row._asdict() for row in rows]),
    ):
        seen = await horizon(store)
        with by_hand(url) as connection:
            connection.execute(write)
        assert await rooms_since(store, seen) == {ROOM}
        seen = await horizon(store)
        assert await rooms_since(store, seen) == set()


async def test_one_statement_by_hand_about_many_rooms_shows_all_of_them(
    store: SqlStore, url: str
) -> None:
    await lived(store)
    seen = await horizon(store)
    with by_hand(url) as connection:
        connection.execute(text("UPDATE members SET muted = NULL"))
    assert await rooms_since(store, seen) == {ROOM, OTHER}


async def test_a_row_moved_to_another_room_shows_both(
    store: SqlStore, url: str
) -> None:
    await lived(store)
    seen = await horizon(store)
    with by_hand(url) as connection:
        connection.execute(update(calls).values(room=OTHER))
    assert await rooms_since(store, seen) == {ROOM, OTHER}


async def test_what_a_person_took_back_does_not_show(store: SqlStore, url: str) -> None:
    await lived(store)
    before = await store.changes(None)
    with suppress(ZeroDivisionError), by_hand(url) as connection:
        connection.execute(text("UPDATE members SET muted = NULL"))
        raise ZeroDivisionError
    assert await rooms_since(store, before.horizon) == set()


async def test_a_transaction_that_commits_after_a_later_one_is_not_missed(
    server: Server, template: str
) -> None:
    url = server.url(server.create(template))
    async with await open_store(url) as store:
        await lived(store)
        with by_hand(url) as slow:
            theirs = members.c.room == OTHER
            slow.execute(update(members).where(theirs).values(muted=None))
            seen = await horizon(store)
            await store.redial(ROOM, "ann", now=NOW, cause="ops")
            told = await store.changes(seen)
            read = (await store.ledger(OTHER, NOW)).horizon
            assert set(told.rooms) == {ROOM}
        late = await store.changes(told.horizon)
        assert OTHER in late.rooms
        assert read <= late.rooms[OTHER] < late.horizon


async def test_a_table_emptied_as_a_whole_shows_in_postgresql(
    server: Server, template: str
) -> None:
    url = server.url(server.create(template))
    async with await open_store(url) as store:
        await lived(store)
        seen = await horizon(store)
        with by_hand(url) as connection:
            connection.execute(text("TRUNCATE members"))
        assert await rooms_since(store, seen) == {ROOM, OTHER}


async def test_whoever_asks_for_what_was_pruned_is_told_of_every_room(
    store: SqlStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert url
    monkeypatch.setattr(retention, "CHANGES_KEPT", 20)
    turns = [await horizon(store)]
    await load(store, *(roster(ANN, BOB, room=f"room {n}") for n in range(9)))
    for number in range(27):
        turns.append(await horizon(store))
        await store.redial(f"room {number % 9}", "ann", now=NOW, cause="ops")
    before = [await store.changes(turn) for turn in turns]
    while await store.prune(NOW, 10):
        pass
    assert await rows(store) <= 22
    after = [await store.changes(turn) for turn in turns]
    everywhere = {f"room {n}" for n in range(9)}
    assert set(after[0].rooms) == set(after[1].rooms) == everywhere
    assert all(turn >= turns[-1] for turn in after[1].rooms.values())
    assert [each.rooms for each in after[-9:]] == [each.rooms for each in before[-9:]]
    for told, meant in zip(after, before, strict=True):
        assert told.rooms.keys() >= meant.rooms.keys()


async def rows(store: SqlStore) -> int:
    counted = select(func.count()).select_from(changes)
    return await store._database.read(lambda it: it.execute(counted).scalar_one())


async def test_a_horizon_never_goes_back(store: SqlStore, url: str) -> None:
    await lived(store)
    seen = await horizon(store)
    with by_hand(url) as connection:
        connection.execute(text("DELETE FROM changes"))
    assert await horizon(store) >= seen
    await store.redial(ROOM, "ann", now=NOW, cause="ops")
    assert ROOM in await rooms_since(store, seen)


async def test_a_turn_that_is_still_to_come_was_another_databases(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), roster(ANN, room=OTHER))
    later = await horizon(store) + 10**9
    told = await store.changes(later)
    assert told.rooms == {ROOM: later, OTHER: later}
