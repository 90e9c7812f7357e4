"""What the server's settings say of commits: after a crash, after a failover."""

from msgspec import Struct
from sqlalchemy import Connection, text

from reconciler.store.database.database import readable
from reconciler.store.database.url import DatabaseUrl

_QUESTION = text(
    """
    SELECT current_setting('fsync') AS fsync,
           current_setting('full_page_writes') AS full_page_writes,
           current_setting('synchronous_commit') AS synchronous_commit,
           current_setting('synchronous_standby_names') AS synchronous_standby_names,
           pg_is_in_recovery() AS standby,
           (SELECT count(*) FROM pg_stat_replication) AS standbys
    """
)


class CommitSettings(Struct, frozen=True):
    """Settings of a PostgreSQL server; ``standbys`` are those connected to it now."""

    fsync: str
    full_page_writes: str
    synchronous_commit: str
    synchronous_standby_names: str
    standby: bool
    standbys: int


async def commit_settings(place: DatabaseUrl) -> CommitSettings:
    """The settings of the server at *place*; StoreError if it cannot be asked."""
    database = readable(place)
    try:
        return await database.read(_asked)
    finally:
        await database.close()


def _asked(connection: Connection) -> CommitSettings:
    return CommitSettings(**connection.execute(_QUESTION).mappings().one())
