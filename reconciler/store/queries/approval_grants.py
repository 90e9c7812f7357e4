"""Approvals: granted, kept by later rosters, begun, used."""

from collections.abc import Sequence

from msgspec import to_builtins
from msgspec.structs import replace
from sqlalchemy import Connection, delete, select, update

from reconciler.model.event import Event
from reconciler.model.ledger import Approval
from reconciler.model.roster import Roster
from reconciler.planning.approved_names import RosterBefore, ended_by
from reconciler.store.database.answers import AnyRow
from reconciler.store.database.database import take_advisory_lock
from reconciler.store.database.upsert import upsert
from reconciler.store.queries.events import record_decision, tell
from reconciler.store.queries.marks import mark
from reconciler.store.queries.stored_room import LoadContext, StoredRoom
from reconciler.store.tables import approvals, rosters


def grant(
    connection: Connection,
    room: str,
    approval: Approval,
    generation: int,
    now: float,
) -> bool:
    """Put an approval on record; False if the roster is not of *generation*.

    It takes the place of an earlier one, and covers what that one still covers.
    """
    take_advisory_lock(connection)
    found = connection.scalar(
        select(rosters.c.generation).where(rosters.c.room == room).with_for_update()
    )
    if found != generation:
        return False
    whole = joined(approval, read(connection, room), now)
    upsert(connection, approvals, [{"room": room, **to_builtins(whole)}])
    record_decision(connection, granted(room, approval, generation, now))
    mark(connection, [room], now, approval.who)
    return True


def joined(approval: Approval, earlier: Approval | None, now: float) -> Approval:
    """*approval* with what an *earlier* one that has not expired still covers."""
    if earlier is None or not earlier.remaining or earlier.expires_at <= now:
        return approval
    if approval.remaining is None:
        return approval
    names = sorted({*approval.remaining, *earlier.remaining})
    return replace(approval, remaining=tuple(names))


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


def read(connection: Connection, room: str) -> Approval | None:
    """The approval on record, locked until the transaction ends."""
    chosen = select(approvals).where(approvals.c.room == room).with_for_update()
    row = connection.execute(chosen).one_or_none()
    return None if row is None else approval_of(row)


def approval_of(row: AnyRow) -> Approval:
    return Approval(
        row.fingerprint,
        row.reason,
        row.who,
        row.expires_at,
        None if row.remaining is None else tuple(row.remaining),
        row.voided,
    )


def keep(
    connection: Connection, before: StoredRoom, after: Roster, load: LoadContext
) -> None:
    """Keep of a room's approval what *after*, its next roster, leaves approved."""
    approval = read(connection, after.room) if before.row else None
    left = None if approval is None else kept(approval, before.declared, after)
    if approval is None or left is None or left == approval:
        return
    mine = approvals.c.room == after.room
    values = {"remaining": list(left.remaining or ()), "voided": left.voided}
    connection.execute(update(approvals).where(mine).values(values))
    generation = (before.row.generation if before.row else 0) + 1
    tell(connection, voided(after.room, left, load, generation))


def kept(given: Approval, before: RosterBefore, after: Roster) -> Approval:
    """What *after* leaves of an approval; of one that names nothing, nothing."""
    if given.remaining is None:
        return replace(given, remaining=(), voided="the roster has changed")
    gone = ended_by(given.remaining, before, after)
    if not gone:
        return given
    left = tuple(each for each in given.remaining if each not in gone)
    why = ", ".join(sorted(set(gone.values())))
    return replace(given, remaining=left, voided=why)


def voided(
    room: str, left: Approval, load: LoadContext, generation: int
) -> tuple[Event, ...]:
    """The event of an approval that a roster ended, or a part of it."""
    if left.expires_at <= load.now:
        return ()
    part = "part of the approval" if left.remaining else "the approval"
    return (
        Event(
            room=room,
            at=load.now,
            kind="room.approval-voided",
            message=f"{left.voided}: {part} by {left.who} counts no longer.",
            cause=load.cause,
            generation=generation,
        ),
    )


def use(connection: Connection, room: str, remaining: Sequence[str]) -> None:
    """Write what is still to be done of what was approved; () ends the approval."""
    mine = approvals.c.room == room
    if remaining:
        begun = update(approvals).where(mine).values(remaining=list(remaining))
        connection.execute(begun)
    else:
        connection.execute(delete(approvals).where(mine))
