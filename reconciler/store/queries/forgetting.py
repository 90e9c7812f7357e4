"""Deletes all rows of a released room."""

from sqlalchemy import Connection, delete, select

from reconciler.engine.desired_room import Standing
from reconciler.model.event import Event
from reconciler.store.database.database import take_advisory_lock
from reconciler.store.queries.decisions import Decision
from reconciler.store.queries.events import tell_decision
from reconciler.store.queries.marks import mark
from reconciler.store.tables import changes, leases, marks, rosters
from reconciler.store.tables.metadata import metadata

_KEPT = frozenset({changes.name, leases.name, marks.name})
"""Tables whose rows stay: feeds, and the fencing numbers, which only grow."""

FORGOTTEN = "Deleted all records of the room."


def forget(connection: Connection, decision: Decision) -> bool:
    """Delete all rows of a released room; False if it is managed or not known."""
    take_advisory_lock(connection)
    found = connection.scalar(
        select(rosters.c.standing)
        .where(rosters.c.room == decision.room)
        .with_for_update()
    )
    if found != Standing.RELEASED:
        return False
    for table in reversed(metadata.sorted_tables):
        if "room" in table.c and table.name not in _KEPT:
            connection.execute(delete(table).where(table.c.room == decision.room))
    told = Event(
        room=decision.room,
        at=decision.now,
        kind="room.forgotten",
        message=FORGOTTEN,
        cause=decision.cause,
    )
    tell_decision(connection, told)
    mark(connection, [decision.room], decision.now, decision.cause)
    return True
