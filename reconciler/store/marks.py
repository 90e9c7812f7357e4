"""Marks: rooms that somebody decided about, in the order in which it counted."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from reconciler.store.tables import marks


@dataclass(frozen=True, slots=True)
class Mark:
    """A room to be looked at, and who or what wants it."""

    id: int
    room: str
    cause: str


async def mark(
    connection: AsyncConnection, rooms: Iterable[str], now: float, cause: str
) -> None:
    """Mark *rooms*, in a transaction that took its turn (``take_turn``).

    The turn makes ids grow in the order of the commits: a reader who has seen
    one mark has missed none before it.
    """
    rows = [{"room": room, "at": now, "cause": cause} for room in rooms]
    if rows:
        await connection.execute(insert(marks), rows)


async def since(connection: AsyncConnection, last: int) -> tuple[Mark, ...]:
    """The marks after *last*, oldest first."""
    chosen = select(marks.c.id, marks.c.room, marks.c.cause).where(marks.c.id > last)
    found = await connection.execute(chosen.order_by(marks.c.id))
    return tuple(Mark(row.id, row.room, row.cause) for row in found)


async def last(connection: AsyncConnection) -> int:
    """The id of the newest mark, 0 if there is none."""
    return await connection.scalar(select(func.max(marks.c.id))) or 0
