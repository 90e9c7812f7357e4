"""Deletes all rows of a released room whose phones do not ring."""

from sqlalchemy import Connection, delete, select

from reconciler.engine.desired_room import Standing
from reconciler.model.attempt import OPEN, Attempt
from reconciler.model.event import Event
from reconciler.store.database.database import take_advisory_lock
from reconciler.store.queries.events import record_decision
from reconciler.store.queries.marks import mark
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.row import attempt_of
from reconciler.store.tables import attempts, changes, leases, marks, rosters
from reconciler.store.tables.metadata import metadata

_KEPT = frozenset({changes.name, leases.name, marks.name})
"""Tables whose rows stay: feeds, and the fencing numbers, which only grow."""

FORGOTTEN = "Deleted all records of the room."


def forget(connection: Connection, decision: Decision) -> bool:
    """Delete all rows of a released room; False if it is managed or not known.

    False too while a phone may ring: without its attempt it would be rung again.
    """
    take_advisory_lock(connection)
    found = connection.scalar(
        select(rosters.c.standing)
        .where(rosters.c.room == decision.room)
        .with_for_update()
    )
    if found != Standing.RELEASED or ringing(connection, decision.room, decision.now):
        return False
    for table in reversed(metadata.sorted_tables):
        if "room" in table.c and table.name not in _KEPT:
            connection.execute(delete(table).where(table.c.room == decision.room))
    event = Event(
        room=decision.room,
        at=decision.now,
        kind="room.forgotten",
        message=FORGOTTEN,
        cause=decision.cause,
    )
    record_decision(connection, event)
    mark(connection, [decision.room], decision.now, decision.cause)
    return True


def ringing(connection: Connection, room: str, now: float) -> tuple[Attempt, ...]:
    """The attempts of a room whose phones may ring at *now* or later."""
    rows = connection.execute(
        select(attempts)
        .where(attempts.c.room == room, attempts.c.state.in_(sorted(OPEN)))
        .order_by(attempts.c.label)
    )
    return tuple(attempt for attempt in map(attempt_of, rows) if attempt.may_ring(now))
