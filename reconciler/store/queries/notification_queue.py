"""Notifications: which events are to be sent to whom, and what became of each.

Two processes may commit events in another order than they took their ids, so the
cursor stays behind: it passes an event only some time after it happened. Whatever
is behind it is read again, and each event goes to a target once by a constraint.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, func, select, update

from reconciler.model.notification import (
    LONGEST_AGE_SECONDS,
    DeliveryState,
    Notification,
    RoutedEvent,
    Undelivered,
)
from reconciler.store.database.among import one_of_texts
from reconciler.store.database.upsert import insert_into
from reconciler.store.queries.events import tell
from reconciler.store.queries.row import event_of
from reconciler.store.tables import events, notification_cursors, notifications, rosters

COMMITTED_WITHIN_SECONDS = 120.0
"""Seconds within which a transaction that takes ids of events is over."""

_ONLY = 1
_AT_ONCE = 500


def hold(
    connection: Connection, owner: str, origin: str, now: float, ttl: float
) -> bool:
    """Be the one that sends, for *ttl* seconds; False while another one is.

    Who is the first ever begins with the next event, and *origin* becomes the name
    of the database.
    """
    begin = {
        "id": _ONLY,
        "event_id": select(func.coalesce(func.max(events.c.id), 0)).scalar_subquery(),
        "origin": origin,
        "owner": owner,
        "expires_at": now + ttl,
    }
    statement = insert_into(connection, notification_cursors).values(**begin)
    taken = statement.on_conflict_do_update(
        index_elements=["id"],
        set_={"owner": owner, "expires_at": now + ttl},
        where=(notification_cursors.c.expires_at <= now)
        | (notification_cursors.c.owner == owner),
    ).returning(notification_cursors.c.id)
    return connection.execute(taken).first() is not None


def give_back(connection: Connection, owner: str) -> None:
    """Let another process send from now on."""
    mine = notification_cursors.c.owner == owner
    connection.execute(update(notification_cursors).where(mine).values(expires_at=0.0))


def unread(
    connection: Connection, known: Collection[int], now: float
) -> tuple[RoutedEvent, ...] | None:
    """The oldest events past the cursor that are not *known*; None without a cursor."""
    cursor = connection.scalar(select(notification_cursors.c.event_id))
    if cursor is None:
        return None
    past = select(events.c.id).where(
        events.c.id > cursor, events.c.at >= now - LONGEST_AGE_SECONDS
    )
    ids = [x for x in connection.scalars(past.order_by(events.c.id)) if x not in known]
    chosen = select(events).where(events.c.id.in_(ids[:_AT_ONCE])).order_by(events.c.id)
    rows = connection.execute(chosen).all()
    asked = _asked(connection, {row.room for row in rows})
    return tuple(
        RoutedEvent(row.id, event_of(row), asked.get(row.room, ())) for row in rows
    )


def _asked(
    connection: Connection, rooms: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The kinds of events that the rosters of *rooms* ask for."""
    chosen = select(rosters.c.room, rosters.c.details).where(
        one_of_texts(rosters.c.room, rooms)
    )
    return {
        row.room: tuple((row.details or {}).get("notify", ()))
        for row in connection.execute(chosen)
    }


def add(connection: Connection, wanted: Iterable[tuple[int, str]], now: float) -> None:
    """Have events delivered, each an id with the name of a target; once each."""
    rows = [
        {
            "event_id": event_id,
            "target": target,
            "attempts": 0,
            "next_at": now,
            "reason": "",
            "state": DeliveryState.PENDING.value,
        }
        for event_id, target in wanted
    ]
    if rows:
        statement = insert_into(connection, notifications).on_conflict_do_nothing()
        connection.execute(statement, rows)


def advance(connection: Connection, read: int, now: float) -> int:
    """Move the cursor past events that nobody can still be committing; its place.

    It goes no further than *read*: the greatest id of an event that was read.
    """
    settled = select(func.max(events.c.id)).where(
        events.c.at <= now - COMMITTED_WITHIN_SECONDS, events.c.id <= read
    )
    place = connection.scalar(settled) or 0
    behind = notification_cursors.c.event_id < place
    connection.execute(
        update(notification_cursors).where(behind).values(event_id=place)
    )
    return connection.scalar(select(notification_cursors.c.event_id)) or 0


def due(
    connection: Connection, target: str, now: float, limit: int
) -> tuple[Notification, ...]:
    """What is to be sent to *target* now, in the order of events."""
    chosen = (
        select(notifications, notification_cursors.c.origin)
        .join(notification_cursors, notification_cursors.c.id == _ONLY)
        .where(
            notifications.c.target == target,
            notifications.c.state == DeliveryState.PENDING.value,
            notifications.c.next_at <= now,
        )
        .order_by(notifications.c.event_id)
        .limit(limit)
    )
    rows = connection.execute(chosen).all()
    about = select(events).where(events.c.id.in_([row.event_id for row in rows]))
    told = {row.id: event_of(row) for row in connection.execute(about)}
    return tuple(
        Notification(
            id=row.id,
            event_id=row.event_id,
            event=told[row.event_id],
            target=target,
            attempts=row.attempts,
            origin=row.origin,
        )
        for row in rows
        if row.event_id in told
    )


def delay(connection: Connection, id_: int, next_at: float, reason: str) -> None:
    """Count an attempt that failed; the next is not before *next_at*."""
    connection.execute(
        update(notifications)
        .where(notifications.c.id == id_)
        .values(attempts=notifications.c.attempts + 1, next_at=next_at, reason=reason)
    )


def close(
    connection: Connection,
    id_: int,
    now: float,
    failure: Undelivered | None = None,
) -> None:
    """End a notification as sent, or as given up."""
    state = DeliveryState.FAILED if failure else DeliveryState.SENT
    reason = failure.reason if failure else ""
    pending = notifications.c.state == DeliveryState.PENDING.value
    closed = connection.execute(
        update(notifications)
        .where(notifications.c.id == id_, pending)
        .values(state=state.value, reason=reason, closed_at=now)
    )
    if closed.rowcount and failure:
        tell(connection, (failure.event,))


def waiting(connection: Connection) -> dict[str, int]:
    """How many notifications are pending, by target."""
    pending = notifications.c.state == DeliveryState.PENDING.value
    counted = func.count().label("waiting")
    chosen = select(notifications.c.target, counted).where(pending)
    result = connection.execute(chosen.group_by(notifications.c.target))
    return {row.target: row.waiting for row in result}
