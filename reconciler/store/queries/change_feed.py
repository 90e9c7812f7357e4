"""Change feed: rooms written since a watermark.

Triggers fill the table, so that no writer can forget it; see the migration.

database     a turn is                    a watermark is
SQLite       the next id of the table     the next id: writers come one by one
PostgreSQL   the transaction's number     the snapshot, and when the server started

A transaction of PostgreSQL that stays open, such as a prepared one or one of another
database, is pending in every snapshot meanwhile, and hides no other one.
"""

from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, func, or_, select, text

from reconciler.engine.ports import Changes
from reconciler.model.watermark import Watermark
from reconciler.store.database.answers import AnyRow, BoundStatement, answers
from reconciler.store.tables import changes, rosters

_WATERMARKS = {
    "sqlite": text(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0) "
        "+ 1 AS next"
    ),
    "postgresql": text(
        "SELECT CAST(pg_current_snapshot() AS text) AS snapshot, "
        "CAST(pg_postmaster_start_time() AT TIME ZONE 'UTC' AS text) AS started"
    ),
}

_SINCE = {
    "sqlite": select(changes.c.room, func.max(changes.c.turn).label("turn")).group_by(
        changes.c.room
    ),
    "postgresql": select(changes.c.room, changes.c.turn).distinct(),
}
"""Where every turn before another is over, the last one of a room is enough."""

_UNSEEN = or_(
    changes.c.turn >= bindparam("next"),
    changes.c.turn.in_(bindparam("pending", expanding=True)),
)
_POSSIBLE = changes.c.turn < bindparam("end")
"""Turns still to come are those of another server: the rows came with a dump of it."""

_OLDEST_ID = select(func.min(changes.c.id))
_OLDEST_TURN = select(func.min(changes.c.turn)).where(_POSSIBLE)


def watermark(connection: Connection) -> Watermark:
    """What the transaction's snapshot covers."""
    (rows,) = answers(connection, (statement(connection),))
    return watermark_of(rows)


def statement(connection: Connection) -> BoundStatement:
    """What ``watermark_of`` takes the answer to."""
    return BoundStatement(_WATERMARKS[connection.dialect.name], {})


def watermark_of(seen: Sequence[AnyRow]) -> Watermark:
    """What the snapshot of the transaction covers that *seen* was read in."""
    ((snapshot, *running_since),) = seen
    if not running_since:
        return Watermark(int(snapshot))
    _, end, pending = snapshot.split(":")
    return Watermark(
        int(end),
        frozenset(map(int, pending.split(","))) if pending else frozenset(),
        *running_since,
    )


def since(connection: Connection, seen: Watermark | None) -> Changes:
    """What *seen* does not cover; for None, no rooms.

    Every room is reported where that cannot be said: of a watermark that is ahead
    of the database, which was replaced or put back from a copy; of one of another
    run of the server; and of one so old that changes since have been pruned.
    """
    now = watermark(connection)
    known = Changes({}, now, _kept_from(connection, now))
    if seen is None:
        return known
    if known.reaches(seen):
        return replace(known, rooms=_unseen(connection, seen, now))
    last = frozenset((max(seen.next, now.next),))
    return replace(known, rooms=dict.fromkeys(_known(connection), last))


def _unseen(
    connection: Connection, seen: Watermark, now: Watermark
) -> dict[str, frozenset[int]]:
    asked = {
        "next": seen.next,
        "pending": sorted(seen.pending - now.pending),
        "end": now.next,
    }
    turns: dict[str, set[int]] = {}
    chosen = _SINCE[connection.dialect.name].where(_UNSEEN, _POSSIBLE)
    for row in connection.execute(chosen, asked):
        turns.setdefault(row.room, set()).add(row.turn)
    return {room: frozenset(each) for room, each in turns.items()}


def _kept_from(connection: Connection, now: Watermark) -> int:
    """The first turn since which no change is gone: whole turns go."""
    if connection.scalar(_OLDEST_ID) in (None, 1):
        return 0
    return connection.scalar(_OLDEST_TURN, {"end": now.next}) or 0


def _known(connection: Connection) -> list[str]:
    return [
        *connection.scalars(select(rosters.c.room)),
        *connection.scalars(select(changes.c.room).distinct()),
    ]
