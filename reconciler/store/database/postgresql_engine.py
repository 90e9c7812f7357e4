"""Engines of PostgreSQL, also behind a connection pooler."""

from typing import TYPE_CHECKING, cast

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from reconciler.store.database.json_text import decoded

if TYPE_CHECKING:
    import psycopg

AT_ONCE = 4
"""Reads at a time, and writes where they need not come one by one."""

_CONNECT_SECONDS = "10"

HALTED_MILLISECONDS = 10_000
"""For how long a transaction may be without a statement: each comes at once."""


def postgresql_engine(url: URL) -> Engine:
    query = {"connect_timeout": _CONNECT_SECONDS, **url.query}
    engine = create_engine(
        url.set(query=query),
        pool_pre_ping=True,
        pool_size=2 * AT_ONCE,
        max_overflow=0,
        hide_parameters=True,
        json_deserializer=decoded,
    )
    engine.dialect.use_insertmanyvalues_wo_returning = True
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Have the server end the transactions of a process that is halted.

    What they lock would keep others from its rooms for as long as it is. Where another
    program answers for the server, prepared statements are turned off instead: a
    pooler runs each transaction on any of its connections, where a setting is another
    client's too, and a name may stand for another client's statement. It gives out
    numbers of its own for the server's processes.
    """
    opened = cast("psycopg.Connection[tuple[int]]", connection)
    (process,) = opened.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    if process == opened.info.backend_pid:
        setting = "SELECT set_config('idle_in_transaction_session_timeout', %s, false)"
        opened.execute(setting, (str(HALTED_MILLISECONDS),))
        opened.commit()
    else:
        opened.rollback()
        opened.prepare_threshold = None
