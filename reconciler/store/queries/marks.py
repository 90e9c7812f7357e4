"""Marks: rooms that somebody decided about, in commit order."""

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Connection, func, insert, select, text

from reconciler.engine.loop.decision_feed import CHANNEL
from reconciler.store.tables import marks

_NOTIFY = text("SELECT pg_notify(:channel, '')")


class Mark(Struct, frozen=True):
    """A room to be looked at, and who or what wants it."""

    id: int
    room: str
    cause: str


def mark(connection: Connection, rooms: Iterable[str], now: float, cause: str) -> None:
    """Mark *rooms*, in a transaction that took its turn (``take_advisory_lock``).

    The turn makes ids grow in the order of the commits: a reader who has seen
    one mark has missed none before it.
    """
    rows = [{"room": room, "at": now, "cause": cause} for room in rooms]
    if rows:
        connection.execute(insert(marks), rows)
        _notify(connection)


def _notify(connection: Connection) -> None:
    """Have daemons that listen ask for marks at the commit."""
    if connection.dialect.name == "postgresql":
        connection.execute(_NOTIFY, {"channel": CHANNEL})


def since(connection: Connection, last: int) -> tuple[Mark, ...]:
    """The marks after *last*, oldest first."""
    chosen = select(marks.c.id, marks.c.room, marks.c.cause).where(marks.c.id > last)
    result = connection.execute(chosen.order_by(marks.c.id))
    return tuple(Mark(row.id, row.room, row.cause) for row in result)


def last(connection: Connection) -> int:
    """The id of the newest mark, 0 if there is none."""
    return connection.scalar(select(func.max(marks.c.id))) or 0
