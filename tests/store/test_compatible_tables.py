"""Tables since ``COMPATIBLE_SINCE`` only gain what older code need not know."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text

from reconciler.store.database.database import writable
from reconciler.store.database.url import parse_database_url
from reconciler.store.migration import COMPATIBLE_SINCE, HEAD, alembic_config
from tests.postgres_server import Server

T = TypeVar("T")
Shape = dict[str, Any]


@pytest.fixture
def newest(server: Server, template: str) -> str:
    """A database with the tables of ``HEAD``."""
    return server.url(server.create(template))


async def within(url: str, work: Callable[[Connection], T]) -> T:
    database = writable(parse_database_url(url), create=True)
    try:
        return await database.write(work)
    finally:
        await database.close()


def run(statement: str, connection: Connection) -> None:
    connection.execute(text(statement))


def upgrade(version: str) -> Callable[[Connection], None]:
    return lambda it: command.upgrade(alembic_config(it), version)


def shape(connection: Connection) -> Shape:
    """What a statement of older code meets: columns and constraints by table."""
    seen = inspect(connection)
    return {
        table: {
            "columns": {each["name"]: each for each in seen.get_columns(table)},
            "primary key": seen.get_pk_constraint(table)["constrained_columns"],
            "checks": {
                x["name"]: x["sqltext"] for x in seen.get_check_constraints(table)
            },
            "unique": {
                str(x["name"]): (x["column_names"], str(x.get("dialect_options")))
                for x in seen.get_indexes(table)
                if x["unique"]
            },
            "references": {str(x["name"]) for x in seen.get_foreign_keys(table)},
        }
        for table in seen.get_table_names()
    }


def contracted(before: Shape, after: Shape) -> Iterator[str]:
    """What statements for the tables *before* may meet in those *after*."""
    for table, was in before.items():
        if table not in after:
            yield f"{table} is gone"
            continue
        yield from _columns(table, was["columns"], after[table]["columns"])
        if was["primary key"] != after[table]["primary key"]:
            yield f"{table} has another primary key"
        for kind in ("checks", "unique", "references"):
            yield from _stricter(f"{kind} of {table}", was[kind], after[table][kind])


def _columns(table: str, was: Shape, now: Shape) -> Iterator[str]:
    for name, column in was.items():
        if name not in now:
            yield f"{table}.{name} is gone"
        elif str(now[name]["type"]) != str(column["type"]):
            yield f"{table}.{name} has another type"
        elif column["nullable"] != now[name]["nullable"]:
            yield f"{table}.{name} is nullable no longer, or now"
    for name in now.keys() - was.keys():
        if not now[name]["nullable"] and now[name]["default"] is None:
            yield f"{table}.{name} is new and needs a value"


def _stricter(what: str, was: Any, now: Any) -> Iterator[str]:
    """Those that are new or other than before; one that is gone lets more in."""
    for name in now:
        known = name in was and (not isinstance(now, dict) or was[name] == now[name])
        if not known:
            yield f"{what}: {name} is new or another"


async def test_the_tables_of_now_are_good_for_the_code_that_they_are_said_to_be(
    server: Server,
) -> None:
    older = server.url(server.create())
    await within(older, upgrade(COMPATIBLE_SINCE))
    before = await within(older, shape)
    await within(older, upgrade(HEAD))
    assert list(contracted(before, await within(older, shape))) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP TABLE marks", "marks is gone"),
        ("ALTER TABLE events DROP COLUMN cause", "events.cause is gone"),
        ("ALTER TABLE events ALTER cause TYPE integer USING 1", "another type"),
        ("ALTER TABLE rosters ADD note text NOT NULL", "needs a value"),
        ("ALTER TABLE rosters ALTER folder SET NOT NULL", "nullable no longer"),
        ("ALTER TABLE leases ADD CHECK (epoch > 5)", "checks of leases"),
        ("CREATE UNIQUE INDEX one ON events (run)", "unique of events: one"),
        ("ALTER TABLE leases ADD FOREIGN KEY (room) REFERENCES rosters", "references"),
    ],
)
async def test_what_older_code_would_stumble_over_is_noticed(
    newest: str, change: str, told: str
) -> None:
    before = await within(newest, shape)
    await within(newest, partial(run, change))
    (found,) = contracted(before, await within(newest, shape))
    assert told in found


async def test_a_new_table_or_a_column_with_a_default_is_no_trouble(
    newest: str,
) -> None:
    before = await within(newest, shape)
    for change in (
        "CREATE TABLE notes (id integer PRIMARY KEY)",
        "ALTER TABLE rosters ADD note text NOT NULL DEFAULT ''",
        "ALTER TABLE rosters ADD other text",
        "CREATE INDEX quick ON events (run)",
    ):
        await within(newest, partial(run, change))
    assert list(contracted(before, await within(newest, shape))) == []
