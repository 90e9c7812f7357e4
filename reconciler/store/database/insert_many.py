"""Many new rows at once: PostgreSQL copies them, SQLite takes them row by row."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import JSON, Column, Connection, Table, insert

from reconciler.store.database.answers import driver_connection


def insert_many(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert *rows*, all with the same columns, of which none has a default here."""
    if not rows:
        return
    if connection.dialect.name == "sqlite" or len(rows) == 1:
        connection.execute(insert(table), rows)
    else:
        _copy(connection, table, rows)


def _copy(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    from psycopg import sql  # noqa: PLC0415 - an extra

    columns = [table.c[name] for name in rows[0]]
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), names
    )
    read = [(column.name, _conversion(column)) for column in columns]
    with (
        driver_connection(connection) as opened,
        opened.cursor().copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row([convert(row[name]) for name, convert in read])


def _conversion(column: Column[Any]) -> Callable[[Any], Any]:
    """What makes of a column's value one that the driver takes."""
    from psycopg.types.json import Json  # noqa: PLC0415 - an extra

    if not isinstance(column.type, JSON):
        return _as_it_is
    return partial(_json, Json) if column.type.none_as_null else Json


def _json(wrap: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else wrap(value)


def _as_it_is(value: Any) -> Any:
    return value
