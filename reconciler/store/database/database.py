"""Opens databases and begins transactions."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, event, text
from sqlalchemy.pool import QueuePool

from reconciler.model.errors import StoreError
from reconciler.store.database.driver_errors import translating_errors
from reconciler.store.database.driver_statements import driver
from reconciler.store.database.postgresql_engine import (
    AT_ONCE,
    HALTED_MILLISECONDS,
    ROSTER_MILLISECONDS,
    postgresql_engine,
)
from reconciler.store.database.sqlite_engine import (
    BEGIN,
    LOOKING,
    enable_wal,
    opened_url,
    require_writable,
    sqlite_engine,
)
from reconciler.store.database.url import DatabaseUrl
from reconciler.store.database.worker_threads import Dropped, WorkerThreads, outcome
from reconciler.store.database.write_line import Outcome, Work, WriteLine
from reconciler.store.tables.metadata import metadata

T = TypeVar("T")


_SEE_THROUGH_SECONDS = 15.0
"""Seconds that a cancelled caller waits for its transaction: more than the above."""

LOCK_WAIT_MILLISECONDS = 15_000
_CLOSE_SECONDS = 2.0
_LOCK = 0x7265636F6E63
"""The advisory lock of PostgreSQL that makes loads and migrations take turns."""


Watching = Callable[[Callable[..., object]], AbstractContextManager[object]]
"""What is open while a caller waits for the transaction that does some work."""


def _unwatched(_work: Callable[..., object]) -> AbstractContextManager[object]:
    """Note nothing of a transaction."""
    return nullcontext()


class Database:
    """One database; every use of it is a transaction of ``read`` or ``write``.

    Each is one visit to another thread, in which the whole of it runs. All of SQLite's
    writers stand in one line of ours, since its own line is unfair and gives up after
    five seconds; readers go beside it. ``watching`` is open while somebody waits for a
    transaction. ``server_ahead`` is by how many seconds the clock of the server is
    ahead of this machine's.
    """

    def __init__(self, place: DatabaseUrl, reading: Engine, writing: Engine) -> None:
        self.place = place
        self._reading = reading
        self._writing = writing.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
        self._readers = WorkerThreads("store reader", AT_ONCE)
        self._writers = WorkerThreads("store writer", AT_ONCE)
        self._line = WriteLine("store writer", self._transaction)
        self._begun: set[Future[Any]] = set()
        self._closed = False
        self._file = _identity(place.path)
        self.watching: Watching = _unwatched
        self.server_ahead = 0.0
        self._answered_at = float("-inf")

    def answered_within(self, seconds: float) -> bool:
        """Whether a transaction ended well in the last *seconds*."""
        return asyncio.get_running_loop().time() - self._answered_at <= seconds

    @property
    def embedded(self) -> bool:
        """Whether this is SQLite: a file, made and migrated without being asked."""
        return self._writing.dialect.name == "sqlite"

    async def read(self, work: Callable[[Connection], T]) -> T:
        """The outcome of *work*, which only reads, in one consistent look.

        StoreError if the database cannot be used. Who is cancelled meanwhile,
        by a timeout for instance, is so at once: the observation is abandoned.
        """
        return await self._outcome(
            lambda: self._readers.submit(lambda: self._transacted(self._reading, work)),
            work,
            0.0,
        )

    async def write(self, work: Callable[[Connection], T], *, brief: bool = False) -> T:
        """The outcome of *work* in one transaction; an exception undoes it.

        With SQLite, *brief* work may be done in one transaction with other such work
        that waits; an exception undoes its own alone. StoreError if the database cannot
        be used. Who is cancelled meanwhile is so once the transaction is over,
        committed or not, or never begins; only a database that hangs for longer than it
        may is left with it.
        """

        def submit() -> Future[T]:
            if self.embedded:
                return self._line.submit(work, brief=brief)
            return self._writers.submit(lambda: self._transacted(self._writing, work))

        return await self._outcome(submit, work, _SEE_THROUGH_SECONDS)

    async def _outcome(
        self,
        submit: Callable[[], Future[T]],
        work: Callable[[Connection], T],
        wait_seconds: float,
    ) -> T:
        if self._closed:
            raise self._over()
        future = submit()
        self._begun.add(future)
        future.add_done_callback(self._begun.discard)
        try:
            with self.watching(work), translating_errors(self.place):
                done = await outcome(future, wait_seconds)
        except Dropped:
            raise self._over() from None
        self._answered_at = asyncio.get_running_loop().time()
        return done

    def _transacted(self, engine: Engine, work: Callable[[Connection], T]) -> T:
        """The outcome of *work*; runs in a worker thread."""
        self._require_same_file()
        with engine.begin() as connection:
            return work(connection)

    def _transaction(self, works: Sequence[Work]) -> Sequence[Outcome]:
        """What became of *works* in one transaction of SQLite; runs in its thread."""
        if len(works) == 1:
            return [(self._transacted(self._writing, works[0]), None)]
        self._require_same_file()
        with self._writing.begin() as connection:
            return [_apart(connection, work) for work in works]

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
                f"the database {self.place.name} was replaced by another file"
            )

    def _over(self) -> StoreError:
        return StoreError(f"the database {self.place.name} is closed")

    async def close(self) -> None:
        """Give all connections back; what hangs keeps its own."""
        self._closed = True
        running = [future for future in list(self._begun) if not future.cancel()]
        await _settle(running)
        await _settle([self._readers.submit(self._dispose)])
        self._readers.end()
        self._writers.end()
        self._line.end()

    def _dispose(self) -> None:
        self._reading.dispose()
        self._writing.dispose()


def _apart(connection: Connection, work: Work) -> Outcome:
    """What became of *work*, which an exception undoes without the rest."""
    run = driver(connection).execute
    run("SAVEPOINT apart")
    try:
        done = work(connection)
    except Exception as error:  # noqa: BLE001 - it is raised where it is awaited
        run("ROLLBACK TO apart")
        run("RELEASE apart")
        return None, error
    run("RELEASE apart")
    return done, None


def _identity(path: Path | None) -> tuple[int, int] | None:
    """What tells a file from another of its name; None while there is none."""
    with suppress(OSError):
        if path is not None:
            found = path.stat()
            return found.st_dev, found.st_ino
    return None


async def _settle(futures: list[Future[Any]]) -> None:
    """Wait for the end of *futures*, whatever it is, but not for long."""
    waiting = {asyncio.wrap_future(future) for future in futures}
    if not waiting:
        return
    done, hanging = await asyncio.wait(waiting, timeout=_CLOSE_SECONDS)
    for each in done:
        if not each.cancelled():
            each.exception()
    for each in hanging:
        each.cancel()


def take_advisory_lock(connection: Connection) -> None:
    """Wait until no other transaction loads or migrates; SQLite has it already.

    From then on no row is waited for longer than ``LOCK_WAIT_MILLISECONDS``: a process of
    ours that is halted loses its rows sooner (``HALTED_MILLISECONDS``).
    """
    if connection.dialect.name == "postgresql":
        wait = f"set_config('lock_timeout', '{LOCK_WAIT_MILLISECONDS}', true)"
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK}), {wait}"))


def make_durable(connection: Connection) -> None:
    """Let the commit wait for the disk, whatever the server's default is."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL synchronous_commit TO on"))


def allow_pauses(connection: Connection, rosters: int) -> None:
    """Let the transaction be without a statement for as long as *rosters* may take.

    What it locks is locked for as long where its process is halted meanwhile.
    """
    if connection.dialect.name == "postgresql":
        most = HALTED_MILLISECONDS + ROSTER_MILLISECONDS * rosters
        setting = "SET LOCAL idle_in_transaction_session_timeout TO"
        connection.execute(text(f"{setting} {most}"))


def writable(place: DatabaseUrl, *, create: bool) -> Database:
    """The database at *place*; an SQLite file is made only if *create*."""
    if place.path is None:
        return _server(place, postgresql_engine(place.url))
    mode = "rwc" if create else "rw"
    require_writable(place.path, place, mode)
    pragmas = ("foreign_keys=ON", "synchronous=EXTRA", "fullfsync=ON")
    writing = sqlite_engine(opened_url(place.path, place, mode), pragmas)
    event.listen(writing, "connect", enable_wal)
    return Database(
        place, sqlite_engine(opened_url(place.path, place, "rw"), LOOKING), writing
    )


def readable(place: DatabaseUrl) -> Database:
    """The database at *place*, which must exist, with every write refused."""
    if place.path is None:
        looking = postgresql_engine(place.url).execution_options(
            postgresql_readonly=True
        )
        return _server(place, looking)
    engine = sqlite_engine(opened_url(place.path, place, "rw"), LOOKING)
    return Database(place, engine, engine)


def empty(place: DatabaseUrl) -> Database:
    """A database in memory that looks like one at *place* with nothing in it."""
    engine = sqlite_engine(
        URL.create(place.url.drivername),
        (),
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
    )
    with engine.begin() as connection:
        metadata.create_all(connection, checkfirst=False)
        connection.execute(text("PRAGMA query_only=ON"))
    return Database(place, engine, engine)


def _server(place: DatabaseUrl, engine: Engine) -> Database:
    reading = engine.execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )
    return Database(place, reading, engine)
