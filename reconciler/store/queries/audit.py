"""Events and attempts as people read them."""

from msgspec import Struct
from sqlalchemy import Connection, Select, func, select

from reconciler.model.attempt import Attempt
from reconciler.model.event import Event
from reconciler.store.queries.row import attempt_of, event_of
from reconciler.store.tables import attempts, events


class StoredEvent(Struct, frozen=True):
    """An event with its place in the record: later ones have greater ids.

    Two processes may commit in another order than they took their ids.
    """

    id: int
    event: Event


class EventFilter(Struct, frozen=True):
    """Which events: of one room or all, of one label or all, from a time until one.

    ``kinds`` are the kinds that are wanted, empty for all.
    """

    room: str | None = None
    label: str | None = None
    since: float | None = None
    kinds: tuple[str, ...] = ()
    until: float | None = None


def newest(
    connection: Connection, wanted: EventFilter, limit: int
) -> tuple[StoredEvent, ...]:
    """The newest *limit* of the wanted events, oldest first."""
    chosen = _chosen(wanted).order_by(events.c.id.desc()).limit(limit)
    return tuple(
        StoredEvent(row.id, event_of(row))
        for row in reversed(connection.execute(chosen).all())
    )


def next_at(connection: Connection, room: str, after: float) -> float | None:
    """When the first event of *room* later than *after* happened, None if none did."""
    later = select(func.min(events.c.at)).where(events.c.room == room)
    return connection.scalar(later.where(events.c.at > after))


def previous_at(connection: Connection, room: str, before: float) -> float | None:
    """When the last event of *room* earlier than *before* happened, None if none did."""
    earlier = select(func.max(events.c.at)).where(events.c.room == room)
    return connection.scalar(earlier.where(events.c.at < before))


def after(
    connection: Connection, wanted: EventFilter, last: int
) -> tuple[StoredEvent, ...]:
    """The wanted events with a greater id than *last*, oldest first."""
    chosen = _chosen(wanted).where(events.c.id > last).order_by(events.c.id)
    return tuple(
        StoredEvent(row.id, event_of(row)) for row in connection.execute(chosen)
    )


def _chosen(wanted: EventFilter) -> Select[*tuple[object, ...]]:
    chosen = select(events)
    if wanted.room is not None:
        chosen = chosen.where(events.c.room == wanted.room)
    if wanted.label is not None:
        chosen = chosen.where(events.c.label == wanted.label)
    if wanted.since is not None:
        chosen = chosen.where(events.c.at >= wanted.since)
    if wanted.until is not None:
        chosen = chosen.where(events.c.at <= wanted.until)
    if wanted.kinds:
        chosen = chosen.where(events.c.kind.in_(wanted.kinds))
    return chosen


def attempts_of(connection: Connection, room: str, label: str) -> tuple[Attempt, ...]:
    """Every ring of *label* that is on record, of all intents, oldest first."""
    chosen = select(attempts).where(attempts.c.room == room, attempts.c.label == label)
    result = connection.execute(chosen.order_by(attempts.c.id))
    return tuple(attempt_of(row) for row in result)
