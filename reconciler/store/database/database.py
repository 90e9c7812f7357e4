"""Opens databases and begins transactions."""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from reconciler.model.errors import StoreError
from reconciler.store.database.driver_errors import translating_errors
from reconciler.store.database.url import DatabaseUrl
from reconciler.store.database.worker_threads import Dropped, WorkerThreads, outcome
from reconciler.store.tables.metadata import metadata

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")

_AT_ONCE = 4
"""Reads at a time, and writes where they need not come one by one."""

_BUSY_SECONDS = 10.0
_CONNECT_SECONDS = "10"
_SEE_THROUGH_SECONDS = 15.0
"""Seconds that a cancelled caller waits for its transaction: more than the above."""

_CLOSE_SECONDS = 2.0
_REFUSALS = 20
_WAL = "PRAGMA journal_mode=WAL"
_BEGIN = "sqlite_begin"
_LOOKING = ("query_only=ON",)
_LOCK = 0x7265636F6E63
"""The advisory lock of PostgreSQL that makes loads and migrations take turns."""


Watching = Callable[[Callable[..., object]], AbstractContextManager[object]]
"""What is open while a caller waits for the transaction that does some work."""


def _unwatched(_work: Callable[..., object]) -> AbstractContextManager[object]:
    """Note nothing of a transaction."""
    return nullcontext()


class Database:
    """One database; every use of it is a transaction of ``read`` or ``write``.

    Each is one visit to another thread, in which the whole of it runs. All of
    SQLite's writers stand in one line of ours, since its own line is unfair and
    gives up after five seconds; readers go beside it. ``watching`` is open while
    somebody waits for a transaction.
    """

    def __init__(self, place: DatabaseUrl, reading: Engine, writing: Engine) -> None:
        self.place = place
        self._reading = reading
        self._writing = writing.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self._readers = WorkerThreads("store reader", _AT_ONCE)
        self._writers = WorkerThreads("store writer", 1 if self.embedded else _AT_ONCE)
        self._begun: set[Future[Any]] = set()
        self._closed = False
        self._file = _identity(place.path)
        self.watching: Watching = _unwatched

    @property
    def embedded(self) -> bool:
        """Whether this is SQLite: a file, made and migrated without being asked."""
        return self._writing.dialect.name == "sqlite"

    async def read(self, work: Callable[[Connection], T]) -> T:
        """The outcome of *work*, which only reads, in one consistent look.

        StoreError if the database cannot be used. Who is cancelled meanwhile,
        by a timeout for instance, is so at once: the look is abandoned.
        """
        return await self._outcome(self._readers, self._reading, work, 0.0)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """The outcome of *work* in one transaction; an exception undoes it.

        StoreError if the database cannot be used. Who is cancelled meanwhile is
        so once the transaction is over, committed or not, or never begins; only
        a database that hangs for longer than it may is left with it.
        """
        return await self._outcome(
            self._writers, self._writing, work, _SEE_THROUGH_SECONDS
        )

    async def _outcome(
        self,
        crew: WorkerThreads,
        engine: Engine,
        work: Callable[[Connection], T],
        patience: float,
    ) -> T:
        if self._closed:
            raise self._over()
        future = crew.submit(lambda: self._transacted(engine, work))
        self._begun.add(future)
        future.add_done_callback(self._begun.discard)
        try:
            with self.watching(work), translating_errors(self.place):
                return await outcome(future, patience)
        except Dropped:
            raise self._over() from None

    def _transacted(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        """The outcome of *work*; runs in a thread of a crew."""
        self._require_same_file()
        with engine.begin() as connection:
            return work(connection)

    def _require_same_file(self) -> None:
        """StoreError, once, if the path leads to another file than was opened.

        Who continues with a file that was replaced speaks to nobody else any longer.
        """
        found = _identity(self.place.path)
        if found is None or found == self._file:
            return
        known, self._file = self._file, found
        if known is not None:
            self._dispose()
            raise StoreError(
                f"The database {self.place.name} was replaced by another file."
            )

    def _over(self) -> StoreError:
        return StoreError(f"The database {self.place.name} is closed.")

    async def close(self) -> None:
        """Give all connections back; what hangs keeps its own."""
        self._closed = True
        running = [each for each in list(self._begun) if not each.cancel()]
        await _settle(running)
        await _settle([self._readers.submit(self._dispose)])
        self._readers.end()
        self._writers.end()

    def _dispose(self) -> None:
        self._reading.dispose()
        self._writing.dispose()


def _identity(path: Path | None) -> tuple[int, int] | None:
    """What tells a file from another of its name; None while there is none."""
    with suppress(OSError):
        if path is not None:
            found = path.stat()
            return found.st_dev, found.st_ino
    return None


async def _settle(futures: list[Future[Any]]) -> None:
    """Wait for the end of *futures*, whatever it is, but not for long."""
    waiting = {asyncio.wrap_future(each) for each in futures}
    if not waiting:
        return
    done, hanging = await asyncio.wait(waiting, timeout=_CLOSE_SECONDS)
    for each in done:
        if not each.cancelled():
            each.exception()
    for each in hanging:
        each.cancel()


def take_advisory_lock(connection: Connection) -> None:
    """Wait until no other transaction loads or migrates; SQLite has it already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


def make_durable(connection: Connection) -> None:
    """Let the commit wait for the disk, whatever the server's default is."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL synchronous_commit TO on"))


def writable(place: DatabaseUrl, *, create: bool) -> Database:
    """The database at *place*; an SQLite file is made only if *create*."""
    if place.path is None:
        return _server(place, _postgresql(place.url))
    mode = "rwc" if create else "rw"
    _require_writable(place.path, place, mode)
    pragmas = ("foreign_keys=ON", "synchronous=FULL")
    writing = _sqlite(_opened(place.path, place, mode), pragmas)
    event.listen(writing, "connect", _enable_wal)
    return Database(place, _sqlite(_opened(place.path, place, "rw"), _LOOKING), writing)


def readable(place: DatabaseUrl) -> Database:
    """The database at *place*, which must exist, with every write refused."""
    if place.path is None:
        looking = _postgresql(place.url).execution_options(postgresql_readonly=True)
        return _server(place, looking)
    engine = _sqlite(_opened(place.path, place, "rw"), _LOOKING)
    return Database(place, engine, engine)


def empty(place: DatabaseUrl) -> Database:
    """A database in memory that looks like one at *place* with nothing in it."""
    engine = _sqlite(
        URL.create(place.url.drivername),
        (),
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
    )
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(text("PRAGMA query_only=ON"))
    return Database(place, engine, engine)


def _enable_wal(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Have SQLite's WAL, so that readers go beside a writer.

    Of two who turn it on at once, SQLite refuses one without letting it wait:
    that one waits for its turn to write, and asks again.
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


def _require_writable(path: Path, place: DatabaseUrl, mode: str) -> None:
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
            f"The database {place.name} cannot be written: it is read-only."
        )


def _uri(path: Path) -> str:
    return f"file:{quote(str(path))}"


def _opened(path: Path, place: DatabaseUrl, mode: str) -> URL:
    return place.url.set(database=_uri(path), query={"mode": mode, "uri": "true"})


def _server(place: DatabaseUrl, engine: Engine) -> Database:
    reading = engine.execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )
    return Database(place, reading, engine)


def _postgresql(url: URL) -> Engine:
    query = {"connect_timeout": _CONNECT_SECONDS, **url.query}
    engine = create_engine(
        url.set(query=query),
        pool_pre_ping=True,
        pool_size=2 * _AT_ONCE,
        max_overflow=0,
        hide_parameters=True,
    )
    engine.dialect.use_insertmanyvalues_wo_returning = True
    event.listen(engine, "connect", _prepare_nothing_behind_a_pooler)
    return engine


def _prepare_nothing_behind_a_pooler(
    connection: DBAPIConnection, _: ConnectionPoolEntry
) -> None:
    """Turn prepared statements off where another program answers for the server.

    A pooler runs each transaction on any of its connections, where a name may stand
    for another client's statement. It gives out numbers of its own for the server's
    processes.
    """
    opened = cast("psycopg.Connection[tuple[int]]", connection)
    (process,) = opened.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    opened.rollback()
    if process != opened.info.backend_pid:
        opened.prepare_threshold = None


def _sqlite(url: URL, pragmas: tuple[str, ...], **pool: Any) -> Engine:
    connecting = {
        "isolation_level": None,
        "timeout": _BUSY_SECONDS,
        "check_same_thread": False,
    }
    engine = create_engine(url, hide_parameters=True, connect_args=connecting, **pool)

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
