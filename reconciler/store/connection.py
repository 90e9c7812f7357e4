"""Connections: how each database is opened, and how transactions begin there."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    closing,
    nullcontext,
)
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from reconciler.model.errors import StoreError
from reconciler.store.fault import told
from reconciler.store.place import Place
from reconciler.store.schema import metadata

T = TypeVar("T")

_BUSY_SECONDS = 5.0
_CONNECT_SECONDS = "10"
_BEGIN = "sqlite_begin"
_LOOKING = ("query_only=ON",)
_LOCK = 0x7265636F6E63
"""The advisory lock of PostgreSQL that makes loads and migrations take turns."""


class Database:
    """One database; every use of it is a transaction of ``read`` or ``write``.

    All of SQLite's writers stand in one line of ours, since its own line is
    unfair and gives up after five seconds. ``looker`` is the same database
    without asyncio, for looks that would cost a change of threads a statement.
    """

    def __init__(
        self, engine: AsyncEngine, place: Place, looker: Engine | None = None
    ) -> None:
        self.place = place
        self._looker = looker
        self._engine = engine
        self._reader = engine.execution_options(**_read_options(engine))
        self._writer = engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self._turn: AbstractAsyncContextManager[None] = (
            asyncio.Lock() if self.embedded else nullcontext()
        )

    @property
    def embedded(self) -> bool:
        """Whether this is SQLite: a file, made and migrated without being asked."""
        return self._engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One consistent look; StoreError if the database cannot be used."""
        with told(self.place):
            async with self._reader.begin() as connection:
                yield connection

    async def look(self, work: Callable[[Connection], T]) -> T:
        """The outcome of *work*, which only reads, in one consistent look.

        In SQLite all of it is one visit to one other thread.
        """
        if self._looker is None:
            async with self.read() as connection:
                return await connection.run_sync(work)
        with told(self.place):
            return await asyncio.to_thread(_looked, self._looker, work)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed at the end, undone by an exception."""
        with told(self.place):
            async with self._turn, self._writer.begin() as connection:
                yield connection

    async def close(self) -> None:
        """Give all connections back."""
        await self._engine.dispose()
        if self._looker is not None:
            self._looker.dispose()


def _looked(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


def _read_options(engine: AsyncEngine) -> dict[str, Any]:
    if engine.dialect.name == "sqlite":
        return {}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


async def take_turn(connection: AsyncConnection) -> None:
    """Wait until no other transaction loads or migrates; SQLite has it already."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


async def make_durable(connection: AsyncConnection) -> None:
    """Let the commit wait for the disk, whatever the server's default is."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET LOCAL synchronous_commit TO on"))


def writable(place: Place, *, create: bool) -> Database:
    """The database at *place*; an SQLite file is made only if *create*."""
    if place.path is None:
        return Database(_postgresql(place.url), place)
    mode = "rwc" if create else "rw"
    _probe(place.path, place, mode)
    _require_writable(place.path, place)
    pragmas = ("foreign_keys=ON", "synchronous=FULL", "journal_mode=WAL")
    engine = _sqlite(_opened(place.path, place, mode), pragmas)
    return Database(engine, place, _looker(place))


def readable(place: Place) -> Database:
    """The database at *place*, which must exist, with every write refused."""
    if place.path is None:
        engine = _postgresql(place.url).execution_options(postgresql_readonly=True)
        return Database(engine, place)
    _probe(place.path, place, "rw")
    engine = _sqlite(_opened(place.path, place, "rw"), _LOOKING)
    return Database(engine, place, _looker(place))


async def empty(place: Place) -> Database:
    """A database in memory that looks like one at *place* with nothing in it."""
    engine = _sqlite(
        URL.create(place.url.drivername),
        (),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1,
        max_overflow=0,
    )
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(text("PRAGMA query_only=ON"))
    return Database(engine, place)


def _probe(path: Path, place: Place, mode: str) -> None:
    """Open the file once by hand; StoreError if that cannot be done.

    aiosqlite leaves a thread behind where it cannot open, which then prints a
    traceback of its own.
    """
    uri = f"{_uri(path)}?mode={mode}"
    with told(place), closing(sqlite3.connect(uri, uri=True)):
        pass


def _require_writable(path: Path, place: Place) -> None:
    if not os.access(path, os.W_OK, effective_ids=True):
        raise StoreError(
            f"The database {place.name} cannot be written: it is read-only."
        )


def _uri(path: Path) -> str:
    return f"file:{quote(str(path))}"


def _opened(path: Path, place: Place, mode: str) -> URL:
    return place.url.set(database=_uri(path), query={"mode": mode, "uri": "true"})


def _postgresql(url: URL) -> AsyncEngine:
    query = {"connect_timeout": _CONNECT_SECONDS, **url.query}
    return create_async_engine(
        url.set(query=query), pool_pre_ping=True, hide_parameters=True
    )


def _looker(place: Place) -> Engine | None:
    if place.path is None:
        return None
    url = _opened(place.path, place, "rw").set(drivername="sqlite")
    engine = create_engine(url, hide_parameters=True, connect_args=_CONNECTING)
    return _listening(engine, _LOOKING)


_CONNECTING: dict[str, Any] = {"isolation_level": None, "timeout": _BUSY_SECONDS}


def _sqlite(url: URL, pragmas: tuple[str, ...], **pool: Any) -> AsyncEngine:
    engine = create_async_engine(
        url, hide_parameters=True, connect_args=_CONNECTING, **pool
    )
    _listening(engine.sync_engine, pragmas)
    return engine


def _listening(engine: Engine, pragmas: tuple[str, ...]) -> Engine:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        connection.exec_driver_sql(options.get(_BEGIN, "BEGIN"))

    return engine
