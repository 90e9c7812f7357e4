"""Approvals: granted, begun, used."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, delete, select, update

from reconciler.model.event import Event
from reconciler.model.ledger import Approval
from reconciler.store.database.database import take_advisory_lock
from reconciler.store.database.upsert import upsert
from reconciler.store.queries.events import tell_decision
from reconciler.store.queries.marks import mark
from reconciler.store.tables import approvals, rosters


def grant(
    connection: Connection,
    room: str,
    approval: Approval,
    generation: int,
    now: float,
) -> bool:
    """Put an approval on record; False if the roster is not of *generation*.

    It takes the place of an earlier one.
    """
    take_advisory_lock(connection)
    found = connection.scalar(
        select(rosters.c.generation).where(rosters.c.room == room).with_for_update()
    )
    if found != generation:
        return False
    upsert(connection, approvals, [{"room": room, **asdict(approval)}])
    tell_decision(connection, granted(room, approval, generation, now))
    mark(connection, [room], now, approval.who)
    return True


def granted(room: str, approval: Approval, generation: int, now: float) -> Event:
    seconds = approval.expires_at - now
    return Event(
        room=room,
        at=now,
        kind="room.approved",
        message=f"{approval.reason} (until used, for {seconds:.0f} s)",
        cause=approval.who,
        generation=generation,
    )


def use(connection: Connection, room: str, remaining: Sequence[str]) -> None:
    """Write what is still to be done of the approved plan; () ends the approval."""
    mine = approvals.c.room == room
    if remaining:
        begun = update(approvals).where(mine).values(remaining=list(remaining))
        connection.execute(begun)
    else:
        connection.execute(delete(approvals).where(mine))
