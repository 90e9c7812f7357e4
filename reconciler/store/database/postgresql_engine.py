"""Engines of PostgreSQL, also behind a connection pooler."""

import time
from math import inf
from typing import TYPE_CHECKING, cast

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from reconciler.store.database.answers import DIRECT
from reconciler.store.database.json_text import decoded

if TYPE_CHECKING:
    import psycopg

AT_ONCE = 4
"""Reads at a time, and writes where they need not come one by one."""

_CONNECT_SECONDS = "10"

TRUSTED_SECONDS = 1.0
"""Seconds after its last use for which a connection counts as open."""

_USED_AT = "used_at"

HALTED_MILLISECONDS = 10_000
"""For how long a transaction may be without a statement: each comes at once."""


ROSTER_MILLISECONDS = 10
"""For how much longer, for each roster that a transaction loads, on a busy machine."""


def postgresql_engine(url: URL) -> Engine:
    query = {"connect_timeout": _CONNECT_SECONDS, **url.query}
    engine = create_engine(
        url.set(query=query),
        pool_size=2 * AT_ONCE,
        max_overflow=0,
        pool_use_lifo=True,
        hide_parameters=True,
        json_deserializer=decoded,
    )
    engine.dialect.use_insertmanyvalues_wo_returning = True
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _try_out)
    return engine


def _now() -> float:
    return time.monotonic()  # noqa: TID251 - only compared with itself


def _note_use(_: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
    entry.info[_USED_AT] = _now()


def _try_out(
    connection: DBAPIConnection, entry: ConnectionPoolEntry, _: PoolProxiedConnection
) -> None:
    """Have a new connection made in place of one that the server closed meanwhile.

    One that was used a moment ago is taken as it is: to ask takes as long as a
    statement.
    """
    idle = _now() - entry.info.get(_USED_AT, -inf)
    if idle < TRUSTED_SECONDS:
        return
    opened = cast("psycopg.Connection[tuple[int]]", connection)
    try:
        opened.execute("SELECT 1")
        opened.rollback()
    except opened.OperationalError as error:
        raise InvalidatePoolError from error


def _prepare(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    """Have the server end the transactions of a process that is halted.

    What they lock would keep others from its rooms for as long as it is. Where another
    program answers for the server, prepared statements are turned off instead: a
    pooler runs each transaction on any of its connections, where a setting is another
    client's too, and a name may stand for another client's statement. It gives out
    numbers of its own for the server's processes.
    """
    opened = cast("psycopg.Connection[tuple[int]]", connection)
    (process,) = opened.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    entry.info[DIRECT] = process == opened.info.backend_pid
    _note_use(connection, entry)
    if entry.info[DIRECT]:
        setting = "SELECT set_config('idle_in_transaction_session_timeout', %s, false)"
        opened.execute(setting, (str(HALTED_MILLISECONDS),))
        opened.commit()
    else:
        opened.rollback()
        opened.prepare_threshold = None
