"""Statements that return rows, sent together where the database takes that.

SQLAlchemy waits for the answer to each statement before it sends the next one. A server
answers all that are sent together in about the time of one.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, cast

from sqlalchemy import Connection, Dialect, Result, Row
from sqlalchemy.exc import DBAPIError

from reconciler.store.database.driver_statements import (
    Read,
    fetch,
    is_sqlite,
    row_type,
)

if TYPE_CHECKING:
    import psycopg

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

DIRECT: Final = "direct"
"""What connections to a server itself have in ``Connection.info``: poolers do not."""


class BoundStatement(NamedTuple):
    """A statement with values that the driver takes as they are."""

    statement: Read
    values: Mapping[str, Any]


def answers(
    connection: Connection, statements: Sequence[BoundStatement]
) -> list[Sequence[AnyRow]]:
    """The rows of each of *statements*, in their order."""
    if connection.info.get(DIRECT):
        return _together(connection, statements)
    return [answer(connection, *each) for each in statements]


def answer(
    connection: Connection, statement: Read, values: Mapping[str, Any]
) -> Sequence[AnyRow]:
    """The rows of one statement."""
    if is_sqlite(connection):
        return fetch(connection, statement, values)
    return rows_of(connection.execute(statement, values))


def rows_of(result: Result[*tuple[Any, ...]]) -> Sequence[AnyRow]:
    """The rows of *result*, whose columns are read by name as fast as by place.

    A row of SQLAlchemy takes ten times as long for that, which is most of a read.
    """
    return list(map(row_type(tuple(result.keys()))._make, result.all()))


def _together(
    connection: Connection, statements: Sequence[BoundStatement]
) -> list[Sequence[AnyRow]]:
    """By a pipeline of the driver, which SQLAlchemy does not have.

    Rows are fetched once it is over: to fetch within it takes another way to the
    server.
    """
    from psycopg.rows import namedtuple_row  # noqa: PLC0415 - an extra

    opened = _opened(connection)
    cursors = [opened.cursor(row_factory=namedtuple_row) for _ in statements]
    with sent_together(connection):
        for cursor, (statement, values) in zip(cursors, statements, strict=True):
            text, constants = _compiled(statement, connection.dialect, tuple(values))
            cursor.execute(text, {**constants, **values})
    return [cast("list[AnyRow]", each.fetchall()) for each in cursors]


@contextmanager
def sent_together(connection: Connection) -> Iterator[None]:
    """Statements inside, which return no rows, wait for no answer where that may be.

    What one of them is refused for is raised at the end.
    """
    if not connection.info.get(DIRECT):
        yield
        return
    with driver_connection(connection) as opened, opened.pipeline():
        yield


@contextmanager
def driver_connection(
    connection: Connection,
) -> Iterator["psycopg.Connection[Any]"]:
    """The connection of psycopg, whose errors are raised as SQLAlchemy's."""
    opened = _opened(connection)
    try:
        yield opened
    except opened.Error as error:
        if opened.closed:
            connection.invalidate(error)
        raise DBAPIError(None, None, error) from error


def _opened(connection: Connection) -> "psycopg.Connection[Any]":
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


@lru_cache
def _compiled(
    statement: Read,
    dialect: Dialect,
    names: tuple[str, ...],
) -> tuple[bytes, Mapping[str, Any]]:
    """A statement's text, and what it says by itself beside the values of *names*."""
    compiled = statement.compile(dialect=dialect)
    sent = compiled.construct_expanded_state(dict.fromkeys(names))
    said = {x: value for x, value in sent.parameters.items() if x not in names}
    return sent.statement.encode(), said
