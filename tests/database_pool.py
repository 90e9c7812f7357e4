"""Databases with all tables and no rows, used again by one test after another.

To create one is dear: PostgreSQL writes hundreds of files and waits for checkpoints.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tests.postgres_server import Server

Connection = psycopg.Connection[tuple[object, ...]]

_CATALOGS = (
    *("class", "attribute", "type", "trigger", "proc", "constraint", "namespace"),
    "description",
)
_OWN = "schemaname <> 'information_schema' AND schemaname NOT LIKE 'pg_%'"


class DatabasePool:
    """Copies of *template* on *server*."""

    def __init__(self, server: Server, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[_Copy] = []
        with _connected(server, template) as connection:
            self._schema = _schema(connection)
            self._restoring = _restoring(connection)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The name of a database as the template is."""
        copy = self._free.pop() if self._free else self._new()
        yield copy.name
        if self._is_restored(copy.connection):
            self._free.append(copy)
        else:
            copy.connection.close()
            self._server.drop(copy.name)

    def close(self) -> None:
        for each in self._free:
            each.connection.close()

    def _new(self) -> "_Copy":
        name = self._server.create(self._template)
        connection = _connected(self._server, name)
        connection.execute("SET session_replication_role = replica")
        return _Copy(name, connection)

    def _is_restored(self, connection: Connection) -> bool:
        """Make rows and sequences those of the template; False for another schema."""
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        if _schema(connection) != self._schema:
            return False
        connection.execute(self._restoring)
        return True


@dataclass(frozen=True, slots=True)
class _Copy:
    """A database and a connection to it, to whom no trigger listens."""

    name: str
    connection: Connection


def _connected(server: Server, name: str) -> Connection:
    return psycopg.connect(server.url(name), autocommit=True)


def _schema(connection: Connection) -> object:
    """What any change of tables, triggers, functions or rights changes."""
    parts = [
        f"(SELECT count(*) || ' ' || max(xmin::text::bigint) FROM pg_{each})"  # noqa: S608 - no value of anybody's
        for each in _CATALOGS
    ]
    settings = (
        "(SELECT count(*) FROM pg_db_role_setting WHERE setdatabase = "
        "(SELECT oid FROM pg_database WHERE datname = current_database()))"
    )
    query = f"SELECT {', '.join([*parts, settings])}"
    return connection.execute(query.encode()).fetchone()


def _restoring(connection: Connection) -> bytes:
    """Statements that make rows and sequences what they are now; no trigger hears."""
    parts: list[sql.Composable] = []
    for table in _names(connection, "pg_tables", "tablename"):
        rows = connection.execute(sql.SQL("SELECT * FROM {}").format(table)).fetchall()
        parts.append(sql.SQL("DELETE FROM {}").format(table))
        parts += [_insertion(table, row) for row in rows]
    for sequence in _names(connection, "pg_sequences", "sequencename"):
        query = sql.SQL("SELECT last_value, is_called FROM {}").format(sequence)
        (last,) = connection.execute(query).fetchall()
        value, is_called = map(sql.Literal, last)
        name = sql.Literal(sequence.as_string(connection))
        setting = sql.SQL("SELECT setval({}, {}, {})")
        parts.append(setting.format(name, value, is_called))
    return sql.SQL("; ").join(parts).as_bytes(connection)


def _insertion(table: sql.Identifier, row: tuple[object, ...]) -> sql.Composable:
    values = sql.SQL(", ").join(map(sql.Literal, row))
    return sql.SQL("INSERT INTO {} VALUES ({})").format(table, values)


def _names(connection: Connection, view: str, column: str) -> list[sql.Identifier]:
    query = f"SELECT schemaname::text, {column}::text FROM {view} WHERE {_OWN}"  # noqa: S608 - no value of anybody's
    found = connection.execute(query.encode()).fetchall()
    return [sql.Identifier(*map(str, each)) for each in found]
