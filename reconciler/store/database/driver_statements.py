"""Statements given to SQLite's driver itself.

SQLAlchemy builds a context, a cursor and a result a statement, which takes ten times as
long as SQLite takes for a row that is found by its key. Its compiler says what is sent,
and its types what becomes of the values on their way.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from msgspec import Struct
from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.sql.elements import TextClause

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy.types import TypeEngine

Write: TypeAlias = Insert | Update | Delete
Read: TypeAlias = Select[*tuple[Any, ...]] | ReturningInsert[Any] | TextClause
Values: TypeAlias = Mapping[str, Any]
Conversion: TypeAlias = Callable[[Any], Any]


class _Place(Struct, frozen=True):
    """One value that a statement takes: of which name, or else which it always is."""

    name: str
    given: bool
    always: Any
    convert: Conversion | None


class _Prepared(Struct, frozen=True):
    """What the driver takes, and what is made of the rows that it gives."""

    text: str
    places: tuple[_Place, ...]
    converted: tuple[tuple[int, Conversion], ...] = ()

    def values(self, given: Values) -> list[Any]:
        return [
            place.always
            if not place.given
            else given[place.name]
            if place.convert is None
            else place.convert(given[place.name])
            for place in self.places
        ]


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def fetch(connection: Connection, statement: Read, values: Values) -> list[Any]:
    """The rows of *statement*, whose columns are read by name."""
    prepared = _prepared(statement, connection.dialect, tuple(values))
    cursor = driver(connection).execute(prepared.text, prepared.values(values))
    rows = cursor.fetchall()
    if not rows:
        return rows
    make = row_type(tuple([column[0] for column in cursor.description]))._make
    if not prepared.converted:
        return list(map(make, rows))
    return [make(_converted(row, prepared.converted)) for row in rows]


def _converted(
    row: Sequence[Any], conversions: Sequence[tuple[int, Conversion]]
) -> Sequence[Any]:
    changed = list(row)
    for place, convert in conversions:
        changed[place] = convert(changed[place])
    return changed


def put(
    connection: Connection, statement: Write, rows: Values | Sequence[Values]
) -> None:
    """Run *statement*, which returns nothing, with *rows*, all with the same names.

    SQLAlchemy runs it for a server, which is waited for far longer.
    """
    if not is_sqlite(connection):
        connection.execute(statement, rows)
        return
    each = [rows] if isinstance(rows, Mapping) else rows
    prepared = _prepared(statement, connection.dialect, tuple(each[0]))
    driver(connection).executemany(prepared.text, map(prepared.values, each))


def driver(connection: Connection) -> "sqlite3.Connection":
    """The connection of SQLite's driver."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


@lru_cache
def row_type(names: tuple[str, ...]) -> Any:
    """The class of rows with columns of *names*."""
    return namedtuple("_Row", names)  # noqa: PYI024 - its columns are known when it runs


@lru_cache(maxsize=512)
def _prepared(
    statement: Read | Write, dialect: Dialect, names: tuple[str, ...]
) -> _Prepared:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    sent = compiled.construct_expanded_state(dict.fromkeys(names))
    own = {
        name: bound.type.dialect_impl(dialect).bind_processor(dialect)
        for bound, name in compiled.bind_names.items()
    }
    convert = own | dict(sent.processors)
    places = tuple(
        _Place(name, True, None, convert.get(name))
        if name in names
        else _Place(
            name, False, _always(sent.parameters[name], convert.get(name)), None
        )
        for name in sent.positiontup or ()
    )
    conversions = (each.dialect_impl(dialect) for each in _types(statement))
    converted = tuple(
        (place, told)
        for place, each in enumerate(conversions)
        if (told := each.result_processor(dialect, None)) is not None
    )
    return _Prepared(sent.statement, places, converted)


def _always(value: Any, convert: Conversion | None) -> Any:
    return value if convert is None else convert(value)


def _types(statement: Read | Write) -> "list[TypeEngine[Any]]":
    """Of the columns of its rows; none where nothing is known of them."""
    if isinstance(statement, Select):
        return [column.type for column in statement.selected_columns]
    if isinstance(statement, ReturningInsert):
        return [each["type"] for each in statement.returning_column_descriptions]
    return []
