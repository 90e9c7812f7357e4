"""Many new rows are on record as one of them would be."""

from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from reconciler.model.errors import StoreError
from reconciler.model.event import Event
from reconciler.model.observation import CallStatus
from reconciler.store.database.insert_many import insert_many
from reconciler.store.queries.row import event_columns
from reconciler.store.store import SqlStore
from reconciler.store.tables import events, members
from tests.store.samples import ANN, BOB, load, roster

AWKWARD = ('a\tb\nc\\d\\N"', "", "\\.", "{x,NULL}", "ü ☎", CallStatus.QUEUED)
NESTED = {"a": [1, None, {"b": "\t\\"}], "c": True, "d": 0.5}


def _events(*messages: str) -> list[dict[str, Any]]:
    told = (Event("room", 1.5 + at, "k", x) for at, x in enumerate(messages))
    return [event_columns(each) for each in told]


@pytest.mark.parametrize("many", [1, len(AWKWARD)])
async def test_texts_come_back_as_they_were(store: SqlStore, many: int) -> None:
    rows = _events(*AWKWARD[:many])
    chosen = select(*(events.c[name] for name in rows[0])).order_by(events.c.at)
    await store.database.write(lambda it: insert_many(it, events, rows))
    found = await store.database.read(lambda it: it.execute(chosen).all())
    assert [row._asdict() for row in found] == rows


async def test_columns_with_json_hold_what_a_single_row_holds(store: SqlStore) -> None:
    await load(store, roster(ANN, BOB))
    everything = select(members).order_by(members.c.label)
    before = await store.database.read(lambda it: it.execute(everything).all())
    rows = [
        {**row._asdict(), "create_only": NESTED, "announcements": [[], NESTED]}
        for row in before
    ]
    found = []
    for write in (
        lambda it: insert_many(it, members, rows),
        lambda it: [it.execute(insert(members), [row]) for row in rows],
    ):
        await store.database.write(lambda it: it.execute(delete(members)))
        await store.database.write(write)
        found.append(await store.database.read(lambda it: it.execute(everything).all()))
    assert found[0] == found[1]
    assert [row._asdict() for row in found[0]] == rows


async def test_no_rows_are_no_statement(store: SqlStore) -> None:
    await store.database.write(lambda it: insert_many(it, events, []))
    assert await store.database.read(lambda it: it.execute(select(events)).all()) == []


async def test_what_the_database_refuses_is_its_error_and_nothing_is_written(
    store: SqlStore,
) -> None:
    rows = [*_events("one"), {**_events("two")[0], "kind": None}]
    with pytest.raises(StoreError, match=r"(?i)not.null"):
        await store.database.write(lambda it: insert_many(it, events, rows))
    assert await store.database.read(lambda it: it.execute(select(events)).all()) == []
