"""Connections of the shard engine: direct, and with a schema of their own."""

from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reconciler.model.errors import SettingError, StoreError

SCHEMA: Final = "reconciler_engine"

_NETWORK = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "8000",
}
"""A connection whose peer is gone without a word is noticed within seconds."""

_POOLED = (
    "--scale needs a direct connection to PostgreSQL, and {name} answers through a "
    "pooler: set RECONCILER_SCALE_DATABASE_URL to the server itself"
)

_IDENTITY = (
    "SELECT format('%s/%s', system_identifier, oid) FROM pg_control_system(), "
    "pg_database WHERE datname = current_database()"
)
_OTHER = (
    "RECONCILER_SCALE_DATABASE_URL leads to the database {name}, which is not that of "
    "RECONCILER_DATABASE_URL: set it to the same database, without the pooler"
)


def direct_conninfo(url: str) -> str:
    """What libpq connects with, in the engine's schema; SettingError if not a server."""
    scheme, _, rest = url.partition("://")
    if scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise SettingError(
            "--scale needs PostgreSQL: set RECONCILER_DATABASE_URL to "
            "postgresql://USER@HOST/DATABASE"
        )
    try:
        given = conninfo_to_dict(f"postgresql://{rest}")
    except psycopg.ProgrammingError as error:
        raise SettingError("the database URL cannot be read") from error
    words = {name: str(value) for name, value in given.items() if value is not None}
    options = f"{words.get('options', '')} -csearch_path={SCHEMA}".strip()
    return make_conninfo(**{**_NETWORK, **words, "options": options})


def database_name(conninfo: str) -> str:
    """The database for people; no password."""
    given = conninfo_to_dict(conninfo)
    where = f"{given.get('host', '')}:{given.get('port', '')}".strip(":")
    return f"{given.get('dbname', 'postgres')} at {where or 'the local server'}"


async def require_database(conninfo: str, identity: str) -> None:
    """SettingError unless *conninfo* leads to the database that has the *identity*."""
    async with await connect(conninfo) as opened:
        row = await (await opened.execute(_IDENTITY)).fetchone()
    if row is None or row[0] != identity:
        raise SettingError(_OTHER.format(name=database_name(conninfo)))


async def connect(conninfo: str) -> psycopg.AsyncConnection[tuple[object, ...]]:
    """A connection in which each statement commits; StoreError if there is none.

    SettingError for a pooler: what a session is told stays behind there.
    """
    try:
        opened = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
        cursor = await opened.execute("SELECT pg_backend_pid()")
        row = await cursor.fetchone()
    except psycopg.Error as error:
        if "unsupported startup parameter" in str(error):
            raise SettingError(_POOLED.format(name=database_name(conninfo))) from error
        raise StoreError(_sentence(conninfo, error)) from error
    if row is None or row[0] != opened.info.backend_pid:
        await opened.close()
        raise SettingError(_POOLED.format(name=database_name(conninfo)))
    return opened


def _sentence(conninfo: str, error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"the database {database_name(conninfo)} cannot be used: {lines[0]}"
