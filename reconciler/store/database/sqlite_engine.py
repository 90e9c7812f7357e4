"""Engines of SQLite: files that exist and can be written, pragmas, WAL."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from reconciler.model.errors import StoreError
from reconciler.store.database.driver_errors import translating_errors
from reconciler.store.database.json_text import decoded
from reconciler.store.database.url import DatabaseUrl

_BUSY_SECONDS = 10.0
_REFUSALS = 20
_WAL = "PRAGMA journal_mode=WAL"
BEGIN = "sqlite_begin"
LOOKING = ("query_only=ON",)


def enable_wal(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Enable WAL mode, so that a writer does not block readers.

    Of two connections that enable it at once, SQLite refuses one without waiting:
    that one waits for the write lock, and tries again.
    """
    cursor = connection.cursor()
    with closing(cursor):
        for _refusal in range(_REFUSALS):
            with suppress(sqlite3.OperationalError):
                cursor.execute(_WAL)
                return
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("COMMIT")
        cursor.execute(_WAL)


def require_writable(path: Path, place: DatabaseUrl, mode: str) -> None:
    """StoreError unless the file can be opened, and made if *mode* says so.

    It holds phone numbers: nobody but its owner may read a file that is made
    here. SQLite gives its WAL and SHM files the same mode.
    """
    if mode == "rwc":
        with suppress(OSError):
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
            os.close(os.open(path, flags, 0o600))
    with (
        translating_errors(place),
        closing(sqlite3.connect(f"{_uri(path)}?mode={mode}", uri=True)),
    ):
        pass
    if not os.access(path, os.W_OK, effective_ids=True):
        raise StoreError(
            f"the database {place.name} cannot be written: it is read-only"
        )


def _uri(path: Path) -> str:
    return f"file:{quote(str(path))}"


def opened_url(path: Path, place: DatabaseUrl, mode: str) -> URL:
    return place.url.set(database=_uri(path), query={"mode": mode, "uri": "true"})


def sqlite_engine(url: URL, pragmas: tuple[str, ...], **pool: Any) -> Engine:
    connecting = {
        "isolation_level": None,
        "timeout": _BUSY_SECONDS,
        "check_same_thread": False,
    }
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args=connecting,
        json_deserializer=decoded,
        **pool,
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        connection.exec_driver_sql(options.get(BEGIN, "BEGIN"))

    return engine
