"""Change feed: rooms written since a watermark.

Triggers fill the table, so that no writer can forget it; see the migration.

database     a turn is                    the horizon of a snapshot is
SQLite       the next id of the table     the next id: writers come one by one
PostgreSQL   the transaction's number     the oldest number still at work
"""

from sqlalchemy import Connection, bindparam, func, select, text

from reconciler.engine.ports import Changes
from reconciler.store.tables import changes, rosters

_HORIZON = {
    "sqlite": text(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0)"
        " + 1"
    ),
    "postgresql": text(
        "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)"
    ),
}

_SINCE = (
    select(changes.c.room, func.max(changes.c.turn).label("turn"))
    .where(changes.c.turn >= bindparam("since"))
    .group_by(changes.c.room)
)

_KEPT = select(func.min(changes.c.id), func.min(changes.c.turn))


def watermark(connection: Connection) -> int:
    """The turn before which all is seen in the transaction's snapshot."""
    return int(connection.execute(_HORIZON[connection.dialect.name]).scalar_one())


def since(connection: Connection, turn: int | None) -> Changes:
    """What was written in *turn* or later; for None, only the horizon.

    Every room is told where that cannot be said: of a turn that is still to
    come, which was another database's, put back from a copy; and of one so old
    that changes since have been pruned.
    """
    at = watermark(connection)
    if turn is None:
        return Changes({}, at)
    if turn > at or _pruned(connection, turn):
        return Changes(dict.fromkeys(_known(connection), max(turn, at)), at)
    found = connection.execute(_SINCE, {"since": turn})
    return Changes({row.room: row.turn for row in found}, at)


def _pruned(connection: Connection, turn: int) -> bool:
    """Whether a change of *turn* or a later one may be gone: whole turns go."""
    first, oldest = connection.execute(_KEPT).one()
    return bool(first) and first > 1 and turn < oldest


def _known(connection: Connection) -> list[str]:
    return [
        *connection.scalars(select(rosters.c.room)),
        *connection.scalars(select(changes.c.room).distinct()),
    ]
