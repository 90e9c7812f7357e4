"""Withheld kinds of the current generation of a room."""

from collections.abc import Iterable, Sequence

from msgspec import to_builtins
from sqlalchemy import Connection, delete, select

from reconciler.model.ledger import GuardKind, WithheldKind
from reconciler.store.database.among import among, one_of_texts
from reconciler.store.database.answers import AnyRow
from reconciler.store.database.upsert import upsert
from reconciler.store.tables import withheld_kinds

READ = select(withheld_kinds).where(among(withheld_kinds.c.room, "rooms"))
"""What is withheld in ``:rooms``; for ``kinds``."""


def read(
    connection: Connection, rooms: Sequence[str]
) -> dict[str, dict[GuardKind, WithheldKind]]:
    """What is withheld, by room; rooms without any are missing."""
    return kinds(connection.execute(READ, {"rooms": rooms}))


def kinds(rows: Iterable[AnyRow]) -> dict[str, dict[GuardKind, WithheldKind]]:
    """As ``read``, of the rows of ``READ``."""
    found: dict[str, dict[GuardKind, WithheldKind]] = {}
    for row in rows:
        kind = GuardKind(row.kind)
        held = WithheldKind(kind, row.guard, row.reason, row.at)
        found.setdefault(row.room, {})[kind] = held
    return found


def withhold(
    connection: Connection, room: str, withheld: Iterable[WithheldKind]
) -> None:
    """Keep kinds withheld until ``lift`` or ``reset``."""
    upsert(
        connection,
        withheld_kinds,
        [{"room": room, **to_builtins(withheld_kind)} for withheld_kind in withheld],
    )


def lift(connection: Connection, room: str, kinds: Iterable[GuardKind]) -> None:
    """Withhold *kinds* no longer."""
    words = [str(kind) for kind in kinds]
    if words:
        connection.execute(
            delete(withheld_kinds).where(
                withheld_kinds.c.room == room, withheld_kinds.c.kind.in_(words)
            )
        )


def reset(connection: Connection, rooms: Sequence[str]) -> None:
    """Withhold nothing in *rooms*: their rosters changed."""
    if rooms:
        connection.execute(
            delete(withheld_kinds).where(one_of_texts(withheld_kinds.c.room, rooms))
        )
