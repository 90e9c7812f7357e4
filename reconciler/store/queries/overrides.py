"""Overrides: read, written and ended."""

from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection, insert, select, update

from reconciler.model.declaration import Override
from reconciler.planning.effective import lasting
from reconciler.store.database.among import one_of_texts
from reconciler.store.queries.override_row import override_columns, override_of
from reconciler.store.queries.row import by_room
from reconciler.store.tables import overrides


def standing(
    connection: Connection, rooms: Collection[str]
) -> dict[str, tuple[Override, ...]]:
    """The overrides of each room that are not on record as ended, oldest first."""
    if not rooms:
        return {}
    chosen = select(overrides).where(
        one_of_texts(overrides.c.room, rooms), overrides.c.ended_at.is_(None)
    )
    found = by_room(connection.execute(chosen.order_by(overrides.c.id)))
    return {room: tuple(map(override_of, rows)) for room, rows in found.items()}


def lasting_at(
    connection: Connection, rooms: Collection[str], now: float
) -> dict[str, tuple[Override, ...]]:
    """The overrides of each room that count at *now*, oldest first."""
    return {x: lasting(mine, now) for x, mine in standing(connection, rooms).items()}


def add(connection: Connection, drafts: Iterable[Override]) -> tuple[Override, ...]:
    """Write new overrides; the same with their ids."""
    return tuple(_add(connection, draft) for draft in drafts)


def _add(connection: Connection, draft: Override) -> Override:
    row = insert(overrides).values(**override_columns(draft)).returning(overrides.c.id)
    return replace(draft, id=connection.execute(row).scalar_one())


def end(
    connection: Connection, ended: Sequence[Override], now: float, cause: str
) -> None:
    """Put on record that overrides do not count any longer."""
    if ended:
        connection.execute(
            update(overrides)
            .where(overrides.c.id.in_([override.id for override in ended]))
            .values(ended_at=now, ended_by=cause)
        )
