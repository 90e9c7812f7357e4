"""Rooms found as declared, for the process that starts next."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import to_builtins
from sqlalchemy import Connection, Text, and_, bindparam, cast, select, update

from reconciler.model.converged_room import ConvergedRoom, RestoredRoom
from reconciler.model.recorded_observation import ObservedRoom
from reconciler.model.watermark import Watermark
from reconciler.store.database.among import among
from reconciler.store.database.answers import rows_of
from reconciler.store.database.typed_values import as_type, from_json
from reconciler.store.database.upsert import upsert
from reconciler.store.tables import converged_rooms, observations


def record(connection: Connection, rooms: Sequence[ConvergedRoom]) -> None:
    """Record *rooms*, over earlier records of them."""
    rows = [to_builtins(x) | {"watermark": to_builtins(x.watermark)} for x in rooms]
    upsert(connection, converged_rooms, rows)


def confirm(
    connection: Connection, known: Mapping[str, float], watermark: Watermark
) -> None:
    """Record that no row of the rooms *known* was written up to *watermark*.

    Of those that were evaluated at the given times; others stay as they are.
    """
    to = to_builtins(watermark)
    rows = [{"of": room, "at": at, "to": to} for room, at in known.items()]
    if rows:
        connection.execute(_CONFIRMED, rows)


_CONFIRMED = (
    update(converged_rooms)
    .where(converged_rooms.c.room == bindparam("of"))
    .where(converged_rooms.c.evaluated_at == bindparam("at"))
    .values(watermark=bindparam("to"))
)


def read(
    connection: Connection, rooms: Collection[str], rules: str
) -> tuple[RestoredRoom, ...]:
    """Those of *rooms* that were found as declared by *rules*.

    Without those of which another observation is on record since.
    """
    asked = {"rooms": sorted(rooms), "by": rules}
    return tuple(
        RestoredRoom(
            as_type(row._asdict(), ConvergedRoom), from_json(row.text, ObservedRoom)
        )
        for row in rows_of(connection.execute(_KNOWN, asked))
    )


_KNOWN = (
    select(converged_rooms, cast(observations.c.document, Text).label("text"))
    .join(
        observations,
        and_(
            observations.c.room == converged_rooms.c.room,
            observations.c.fingerprint == converged_rooms.c.fingerprint,
        ),
    )
    .where(among(converged_rooms.c.room, "rooms"))
    .where(converged_rooms.c.rules == bindparam("by"))
)
