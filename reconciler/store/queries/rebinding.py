"""Rebinds a database to another account and closes its calls.

The rosters stay. Every open call is closed, and each declared member is meant
again: the new account has called nobody.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, or_, select, update

from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.attempt import OPEN, AttemptState, CallOutcome
from reconciler.model.event import Event
from reconciler.store.database.batches import batched
from reconciler.store.database.database import take_advisory_lock
from reconciler.store.queries import accounts as binding
from reconciler.store.queries.events import tell
from reconciler.store.queries.marks import mark
from reconciler.store.tables import (
    approvals,
    attempts,
    call_fields,
    calls,
    converged_rooms,
    corrections,
    members,
    observations,
    room_checks,
    rosters,
)


def rebind(
    connection: Connection,
    account_sid: str,
    now: float,
    cause: str,
    name: str = DEFAULT_ACCOUNT,
) -> int:
    """Bind the account *name* to *account_sid*; the number of calls that were closed.

    Other accounts' rooms and calls stay as they are.
    """
    take_advisory_lock(connection)
    rooms = connection.scalars(
        select(rosters.c.room).where(binding.acting == name)
    ).all()
    reason = f"the account {name} was bound to another one by {cause}"
    mine = attempts.c.account_sid == binding.bound(connection, name)
    if name == DEFAULT_ACCOUNT:
        mine = or_(mine, attempts.c.account_sid.is_(None))
    closed = connection.execute(
        update(attempts)
        .where(attempts.c.state.in_(sorted(OPEN)), mine)
        .values(
            state=AttemptState.ENDED,
            outcome=CallOutcome.MOVED,
            ended_at=now,
            reason=reason,
        )
        .returning(attempts.c.id)
    ).all()
    for some in batched(rooms):
        _forget(connection, some)
    binding.unbind(connection, name)
    binding.bind(connection, account_sid, now, name)
    _tell(connection, rooms, account_sid, now, cause)
    return len(closed)


def _forget(connection: Connection, rooms: Sequence[str]) -> None:
    """Forget what the account before showed of *rooms*, and mean everybody again."""
    for table in (
        calls,
        call_fields,
        corrections,
        approvals,
        converged_rooms,
        observations,
        room_checks,
    ):
        connection.execute(delete(table).where(table.c.room.in_(rooms)))
    _mean_again(connection, rooms)


def _mean_again(connection: Connection, rooms: Sequence[str]) -> None:
    """Give every member an intent that no attempt has; tombstones go."""
    theirs, own = members.c.room.in_(rooms), rosters.c.room.in_(rooms)
    gone = members.c.dismissed_at.is_not(None)
    connection.execute(delete(members).where(theirs, gone))
    connection.execute(
        update(rosters)
        .where(own)
        .values(
            account_from=None,
            intents=rosters.c.intents + 1,
            decisions=rosters.c.decisions + 1,
            conference_sid=None,
        )
    )
    newest = select(rosters.c.intents).where(rosters.c.room == members.c.room)
    meant = update(members).where(theirs)
    connection.execute(meant.values(intent=newest.scalar_subquery()))


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
