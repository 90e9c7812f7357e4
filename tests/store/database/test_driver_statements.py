"""Statements that SQLite's driver is given come to what SQLAlchemy makes of them."""

import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Text, insert, select, type_coerce

from reconciler.engine.ports import Notes
from reconciler.model.errors import StoreError
from reconciler.model.ledger import (
    Correction,
    CorrectionResult,
    GuardKind,
    WithheldKind,
)
from reconciler.store.database.answers import BoundStatement, rows_of
from reconciler.store.database.driver_errors import translating_errors
from reconciler.store.database.driver_statements import fetch, put
from reconciler.store.opening import open_store
from reconciler.store.queries import call_memory, room_ledger, withholding
from reconciler.store.queries.room_version import VERSION
from reconciler.store.queries.rosters import ENTRIES
from reconciler.store.store import SqlStore
from reconciler.store.tables import (
    call_fields,
    converged_rooms,
    leg_intervals,
    removals,
)
from tests.store.samples import ANN, BOB, NOW, ROOM, draft, load, roster, take

ASKED = {"rooms": [ROOM, "other"]}
READS = (
    BoundStatement(room_ledger._ROSTERS, ASKED),
    BoundStatement(ENTRIES, ASKED),
    BoundStatement(room_ledger._ATTEMPTS, ASKED),
    BoundStatement(withholding.READ, ASKED),
    BoundStatement(VERSION, {"of": ROOM}),
    *call_memory.statements([ROOM, "other"], NOW),
)

LEG = {
    "room": ROOM,
    "conference_sid": "CF1",
    "call_sid": "CA1",
    "label": "ann",
    "begins_at": NOW,
    "ends_at": NOW + 1.0,
    "audience": "room",
    "target": None,
    "permitted": "nobody",
    "muted": False,
    "hold": True,
    "coaching": False,
    "cause": None,
}
SENT = {"call_sid": "CA1", "room": ROOM, "sent_at": NOW}
VALUES = ("“ä”", True, 2.5, ["a", "b"])
CONVERGED = {
    "room": ROOM,
    "rules": "",
    "conference_sid": "CF1",
    "listing": "",
    "watermark": {"next": 7, "pending": [1, 2]},
    "evaluated_at": NOW,
    "until": None,
    "generation": 1,
    "fingerprint": "",
    "connected": 1,
    "members": 2,
    "coached": True,
}
WRITES = (
    (leg_intervals, [LEG, {**LEG, "muted": True, "target": "CA2"}]),
    (call_fields, [{**SENT, "name": f"{x}", "value": x} for x in VALUES]),
    (converged_rooms, [CONVERGED]),
)


@pytest.fixture
async def store(template_file: Path, tmp_path: Path) -> AsyncIterator[SqlStore]:
    path = tmp_path / "store.db"
    shutil.copyfile(template_file, path)
    async with await open_store(f"sqlite:///{path}") as opened:
        yield opened


async def test_a_room_is_read_as_by_sqlalchemy(store: SqlStore) -> None:
    await load(store, roster(ANN, BOB), roster(BOB, room="other"))
    lease = await take(store)
    opened = await store.open_attempts(lease, [draft()], NOW)
    assert opened[0] is not None
    correction = Correction("CA1", "muted", NOW, CorrectionResult.DONE, None)
    withheld = WithheldKind(GuardKind.REMOVALS, "limit", "too many", NOW)
    notes = Notes(
        memory={"CA1": {"hold_url": "https://example.com", "beep": True}},
        corrections=(correction,),
        removals=("CA2",),
        withheld=(withheld,),
    )
    await store.note(lease, notes, NOW)

    def both(connection: Connection) -> list[tuple[Any, Any]]:
        return [
            (fetch(connection, *each), rows_of(connection.execute(*each)))
            for each in READS
        ]

    answered = await store.database.read(both)
    assert [mine for mine, _ in answered] == [theirs for _, theirs in answered]
    rows = [row for mine, _ in answered for row in mine]
    assert len(rows) >= len(READS)


@pytest.mark.parametrize(
    ("table", "rows"), WRITES, ids=lambda it: getattr(it, "name", "")
)
async def test_rows_are_written_as_by_sqlalchemy(
    store: SqlStore, table: Any, rows: Sequence[dict[str, Any]]
) -> None:
    written = insert(table).inline()

    def after(write: Callable[..., Any]) -> Callable[[Connection], list[Any]]:
        def work(connection: Connection) -> list[Any]:
            with connection.begin_nested() as savepoint:
                write(connection, written, rows)
                chosen = select(*(x for x in table.columns if x.name != "id"))
                stored = [type_coerce(x, Text) for x in chosen.selected_columns]
                shown = [
                    *connection.execute(chosen).all(),
                    *connection.execute(select(*stored)).all(),
                ]
                savepoint.rollback()
            return shown

        return work

    mine = await store.database.write(after(put))
    assert len(mine) == 2 * len(rows)
    assert mine == await store.database.write(after(Connection.execute))


def test_what_the_driver_refuses_undoes_that_work_alone(store: SqlStore) -> None:
    def removed(call_sid: str) -> Callable[[Connection], None]:
        row = {"room": ROOM, "call_sid": call_sid, "at": NOW}
        return lambda it: put(it, insert(removals).inline(), row)

    def refused(connection: Connection) -> None:
        removed("CA2")(connection)
        removed("CA2")(connection)

    works = (removed("CA1"), refused, removed("CA3"))
    first, second, third = store.database._transaction(works)
    assert (first[1], third[1]) == (None, None)
    with pytest.raises(StoreError), translating_errors(store.database.place):
        raise second[1] or AssertionError
    with store.database._reading.begin() as connection:
        kept = connection.scalars(select(removals.c.call_sid)).all()
    assert kept == ["CA1", "CA3"]


async def test_each_list_of_rooms_is_answered_for_itself(store: SqlStore) -> None:
    await load(store, roster(ANN), roster(BOB, room="other"))

    def rooms_of(connection: Connection, *rooms: str) -> list[str]:
        asked = {"rooms": list(rooms)}
        return [row.room for row in fetch(connection, ENTRIES, asked)]

    def each(connection: Connection) -> list[list[str]]:
        lists: tuple[list[str], ...]
        lists = ([ROOM], ["other"], [], [ROOM, "other"], [ROOM])
        return [sorted(rooms_of(connection, *rooms)) for rooms in lists]

    answered = await store.database.read(each)
    assert answered == [[ROOM], ["other"], [], sorted([ROOM, "other"]), [ROOM]]
