"""Whatever is written about a room, by whomever, shows in the change feed, once."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import pytest
from msgspec.structs import replace
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

from reconciler.engine.desired_room import Standing
from reconciler.engine.ports import Changes, Notes
from reconciler.model.attempt import AttemptState
from reconciler.model.declaration import Override, OverrideVerb
from reconciler.model.event import Event
from reconciler.model.ledger import Approval, Correction, GuardKind, WithheldKind
from reconciler.model.watermark import Watermark
from reconciler.planning.finding import Forgotten
from reconciler.store.database.url import parse_database_url
from reconciler.store.opening import open_store
from reconciler.store.queries import retention
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.store import SqlStore
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
from tests.postgres_server import Server
from tests.store.samples import (
    ANN,
    BOB,
    CALL,
    LATER,
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


async def watermark(store: SqlStore) -> Watermark:
    return (await store.changes(None)).watermark


async def rooms_since(store: SqlStore, seen: Watermark) -> set[str]:
    return set((await store.changes(seen)).rooms)


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
    assert await store.changes(first.watermark) == first


async def test_what_was_read_does_not_show_again_and_what_came_after_does(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), roster(ANN, room=OTHER))
    seen = (await store.ledger(ROOM, NOW)).watermark
    assert await rooms_since(store, seen) == set()
    await store.redial(Decision(OTHER, NOW, "ops"), "ann")
    told = await store.changes(seen)
    assert set(told.rooms) == {OTHER}
    (turn,) = told.rooms[OTHER]
    assert told.watermark.covers(turn)
    assert not seen.covers(turn)
    assert await store.changes(told.watermark) == Changes({}, told.watermark)


async def test_a_ledger_has_the_watermark_of_the_feed(store: SqlStore) -> None:
    await load(store, roster(ANN))
    at = await watermark(store)
    assert (await store.ledger(ROOM, NOW)).watermark == at
    found = await store.read((ROOM, "never"), NOW)
    assert {ledger.watermark for _, ledger in found.values()} == {at}


async def test_no_watermark_is_no_question_but_what_it_is_now(store: SqlStore) -> None:
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
        lambda: store.resolve(Decision(ROOM, LATER, "ops"), "ann", rung=True),
        lambda: store.redial(Decision(ROOM, NOW, "ops"), "ann"),
        lambda: load(store, roster(ANN)),
        lambda: load(store, roster(ANN, source="moved.yaml")),
        *(partial(store.note, lease, each, NOW) for each in notes),
        lambda: store.stand(Decision(ROOM, NOW, "ops"), Standing.PAUSED),
    )
    for write in writes:
        seen = await watermark(store)
        await write()
        assert await rooms_since(store, seen) == {ROOM}
        seen = await watermark(store)
        assert await rooms_since(store, seen) == set()


async def test_leases_events_and_loads_of_the_same_do_not_show(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN))
    seen = await watermark(store)
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
            seen = await watermark(store)
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
        seen = await watermark(store)
        with by_hand(url) as connection:
            connection.execute(write)
        assert await rooms_since(store, seen) == {ROOM}
        seen = await watermark(store)
        assert await rooms_since(store, seen) == set()


async def test_one_statement_by_hand_about_many_rooms_shows_all_of_them(
    store: SqlStore, url: str
) -> None:
    await lived(store)
    seen = await watermark(store)
    with by_hand(url) as connection:
        connection.execute(text("UPDATE members SET muted = NULL"))
    assert await rooms_since(store, seen) == {ROOM, OTHER}


async def test_a_row_moved_to_another_room_shows_both(
    store: SqlStore, url: str
) -> None:
    await lived(store)
    seen = await watermark(store)
    with by_hand(url) as connection:
        connection.execute(update(calls).values(room=OTHER))
    assert await rooms_since(store, seen) == {ROOM, OTHER}


async def test_what_a_person_took_back_does_not_show(store: SqlStore, url: str) -> None:
    await lived(store)
    before = await store.changes(None)
    with suppress(ZeroDivisionError), by_hand(url) as connection:
        connection.execute(text("UPDATE members SET muted = NULL"))
        raise ZeroDivisionError
    assert await rooms_since(store, before.watermark) == set()


async def test_a_transaction_that_commits_after_a_later_one_is_not_missed(
    server: Server, template: str
) -> None:
    url = server.url(server.create(template))
    async with await open_store(url) as store:
        await lived(store)
        with by_hand(url) as slow:
            theirs = members.c.room == OTHER
            slow.execute(update(members).where(theirs).values(muted=None))
            seen = await watermark(store)
            await store.redial(Decision(ROOM, NOW, "ops"), "ann")
            told = await store.changes(seen)
            read = (await store.ledger(OTHER, NOW)).watermark
            assert set(told.rooms) == {ROOM}
        late = await store.changes(told.watermark)
        assert OTHER in late.rooms
        assert not any(map(read.covers, late.rooms[OTHER]))
        assert all(map(late.watermark.covers, late.rooms[OTHER]))


async def test_a_table_emptied_as_a_whole_shows_in_postgresql(
    server: Server, template: str
) -> None:
    url = server.url(server.create(template))
    async with await open_store(url) as store:
        await lived(store)
        seen = await watermark(store)
        with by_hand(url) as connection:
            connection.execute(text("TRUNCATE members"))
        assert await rooms_since(store, seen) == {ROOM, OTHER}


async def test_whoever_asks_for_what_was_pruned_is_told_of_every_room(
    store: SqlStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert url
    monkeypatch.setattr(retention, "CHANGES_KEPT", 20)
    turns = [await watermark(store)]
    await load(store, *(roster(ANN, BOB, room=f"room {n}") for n in range(9)))
    for number in range(27):
        turns.append(await watermark(store))
        await store.redial(Decision(f"room {number % 9}", NOW, "ops"), "ann")
    before = [await store.changes(turn) for turn in turns]
    while await store.prune(NOW, 10):
        pass
    assert await rows(store) <= 22
    after = [await store.changes(turn) for turn in turns]
    everywhere = {f"room {n}" for n in range(9)}
    assert set(after[0].rooms) == set(after[1].rooms) == everywhere
    assert not any(
        turns[-1].covers(x) for told in after[1].rooms.values() for x in told
    )
    assert [each.rooms for each in after[-9:]] == [each.rooms for each in before[-9:]]
    for told, meant in zip(after, before, strict=True):
        assert told.rooms.keys() >= meant.rooms.keys()
    known = await store.changes(None)
    assert not any(map(known.reaches, turns[:2]))
    assert all(map(known.reaches, turns[-9:]))


async def rows(store: SqlStore) -> int:
    counted = select(func.count()).select_from(changes)
    return await store.database.read(lambda it: it.execute(counted).scalar_one())


async def test_a_watermark_never_goes_back(store: SqlStore, url: str) -> None:
    await lived(store)
    seen = await watermark(store)
    with by_hand(url) as connection:
        connection.execute(text("DELETE FROM changes"))
    assert (await watermark(store)).includes(seen)
    await store.redial(Decision(ROOM, NOW, "ops"), "ann")
    assert ROOM in await rooms_since(store, seen)


async def test_a_turn_that_is_still_to_come_was_another_databases(
    store: SqlStore,
) -> None:
    await load(store, roster(ANN), roster(ANN, room=OTHER))
    now = await watermark(store)
    later = replace(now, next=now.next + 10**9)
    told = await store.changes(later)
    assert set(told.rooms) == {ROOM, OTHER}
    assert not any(map(later.covers, told.rooms[ROOM] | told.rooms[OTHER]))


@contextmanager
def transaction_elsewhere(server: Server) -> Iterator[None]:
    """A transaction of another database of the server that wrote and is not over."""
    with by_hand(server.url(server.create())) as other:
        other.execute(text("SELECT pg_current_xact_id()"))
        yield


async def unseen(store: SqlStore) -> tuple[set[str], set[str]]:
    """What is reported to who has read all, before and after a decision."""
    seen = (await store.ledger(ROOM, NOW)).watermark
    before = await rooms_since(store, seen)
    await store.redial(Decision(OTHER, NOW, "ops"), "ann")
    return before, await rooms_since(store, seen)


async def test_a_transaction_of_another_database_hides_no_change_and_repeats_none(
    server: Server, template: str
) -> None:
    url = server.url(server.create(template))
    async with await open_store(url) as store:
        with transaction_elsewhere(server):
            await lived(store)
            assert await unseen(store) == (set(), {OTHER})


async def test_a_change_that_waits_behind_a_pending_transaction_shows_at_its_commit(
    server: Server, template: str
) -> None:
    url = server.url(server.create(template))
    async with await open_store(url) as store:
        await lived(store)
        with by_hand(url) as slow:
            theirs = members.c.room == OTHER
            slow.execute(update(members).where(theirs).values(muted=None))
            await store.redial(Decision(ROOM, NOW, "ops"), "ann")
            seen = (await store.ledger(OTHER, NOW)).watermark
            assert await rooms_since(store, seen) == set()
        assert await rooms_since(store, seen) == {OTHER}


async def test_a_pending_transaction_does_not_repeat_all_rooms_once_changes_are_pruned(
    server: Server, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHANGES_KEPT", 5)
    url = server.url(server.create(template))
    async with await open_store(url) as store:
        with transaction_elsewhere(server):
            await lived(store)
            for _ in range(12):
                await store.redial(Decision(ROOM, NOW, "ops"), "ann")
            while await store.prune(NOW, 10):
                pass
            assert await unseen(store) == (set(), {OTHER})


async def test_changes_that_came_with_a_dump_of_another_server_are_no_news(
    server: Server, template: str
) -> None:
    url = server.url(server.create(template))
    async with await open_store(url) as store:
        await lived(store)
        with by_hand(url) as connection:
            connection.execute(update(changes).values(turn=changes.c.turn + 10**9))
        assert await unseen(store) == (set(), {OTHER})


async def test_a_watermark_of_an_earlier_run_of_the_server_is_not_relied_on(
    store: SqlStore,
) -> None:
    await lived(store)
    seen = replace(await watermark(store), origin="yesterday")
    assert await rooms_since(store, seen) == {ROOM, OTHER}
