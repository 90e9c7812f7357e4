"""Rebinds a database to another account and closes its calls.

The rosters stay. Every open call is closed, and each declared member is meant
again: the new account has called nobody.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, update

from reconciler.model.attempt import OPEN, AttemptState, CallOutcome
from reconciler.model.event import Event
from reconciler.store.database.database import take_advisory_lock
from reconciler.store.queries import accounts as binding
from reconciler.store.queries.events import tell
from reconciler.store.queries.marks import mark
from reconciler.store.tables import (
    accounts,
    approvals,
    attempts,
    call_fields,
    calls,
    corrections,
    members,
    observations,
    room_checks,
    rosters,
)


def rebind(connection: Connection, account_sid: str, now: float, cause: str) -> int:
    """Bind the database to *account_sid*; the number of calls that were closed."""
    take_advisory_lock(connection)
    reason = f"the database was bound to another account by {cause}"
    closed = connection.execute(
        update(attempts)
        .where(attempts.c.state.in_(sorted(OPEN)))
        .values(
            state=AttemptState.ENDED,
            outcome=CallOutcome.MOVED,
            ended_at=now,
            reason=reason,
        )
        .returning(attempts.c.id)
    ).all()
    for table in (
        calls,
        call_fields,
        corrections,
        approvals,
        observations,
        room_checks,
    ):
        connection.execute(delete(table))
    _mean_anew(connection)
    connection.execute(delete(accounts))
    binding.bind(connection, account_sid, now)
    rooms = connection.scalars(select(rosters.c.room)).all()
    _tell(connection, rooms, account_sid, now, cause)
    return len(closed)


def _mean_anew(connection: Connection) -> None:
    """Give every member an intent that no attempt has; tombstones go."""
    connection.execute(delete(members).where(members.c.dismissed_at.is_not(None)))
    connection.execute(
        update(rosters).values(
            intents=rosters.c.intents + 1,
            decisions=rosters.c.decisions + 1,
            conference_sid=None,
        )
    )
    newest = select(rosters.c.intents).where(rosters.c.room == members.c.room)
    connection.execute(update(members).values(intent=newest.scalar_subquery()))


def _tell(
    connection: Connection,
    rooms: Sequence[str],
    account_sid: str,
    now: float,
    cause: str,
) -> None:
    message = f"The database now belongs to account {account_sid}."
    tell(
        connection,
        [Event(room, now, "room.rebound", message, cause=cause) for room in rooms],
    )
    mark(connection, rooms, now, cause)
