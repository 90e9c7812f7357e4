"""The shard engine's tables, in a schema of their own: made, checked, replaced.

They hold who is there and what each daemon holds, all of which the daemons write
again when it is gone. So another version of the engine gets new tables.
"""

from importlib.metadata import version
from typing import Final

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import sql

from reconciler.model.errors import SettingError
from reconciler.scale.direct_connection import SCHEMA, connect, database_name

ENGINE: Final = f"procrastinate {version('procrastinate')}"

_LOCK = 0x7265636F6E64
_NEW_WORKERS = """
SELECT setval(pg_get_serial_sequence('procrastinate_workers', 'id'),
              (extract(epoch FROM now()) * 1000)::bigint)
"""
"""No daemon of tables that were replaced takes another's worker for its own."""

_VERSION = """
SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s
"""


async def installed(conninfo: str) -> str | None:
    """Which engine the tables are of; None without any."""
    async with await connect(conninfo) as connection:
        return await _installed(connection)


async def install(conninfo: str) -> bool:
    """Make the engine's tables, or replace those of another version; whether it did."""
    async with await connect(conninfo) as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        if await _installed(connection) == ENGINE:
            return False
        name = sql.Identifier(SCHEMA)
        for statement in ("DROP SCHEMA IF EXISTS {} CASCADE", "CREATE SCHEMA {}"):
            await connection.execute(sql.SQL(statement).format(name))
        await connection.execute(SchemaManager.get_schema())
        await connection.execute(_NEW_WORKERS)
        comment = sql.SQL("COMMENT ON SCHEMA {} IS {}")
        await connection.execute(comment.format(name, sql.Literal(ENGINE)))
    return True


async def require_installed(conninfo: str) -> None:
    """SettingError unless the tables are those of this engine."""
    found = await installed(conninfo)
    if found != ENGINE:
        lack = f"tables of {found}" if found else "no tables of the shard engine yet"
        raise SettingError(
            f"the database {database_name(conninfo)} has {lack}; this reconciler uses "
            f"{ENGINE}: run `reconciler db upgrade --scale`"
        )


async def _installed(
    connection: psycopg.AsyncConnection[tuple[object, ...]],
) -> str | None:
    row = await (await connection.execute(_VERSION, (SCHEMA,))).fetchone()
    return None if row is None else str(row[0])
