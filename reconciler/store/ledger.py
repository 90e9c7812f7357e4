"""The ledger of a room: read whole before a plan, written after it."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from reconciler.engine.ports import Desired, Notes
from reconciler.model.attempt import OPEN, Attempt
from reconciler.model.ledger import Approval, Ledger, Record
from reconciler.planning.plan import Adopted, Finding, Forgotten, Progress
from reconciler.store import approving, memory
from reconciler.store.attempts import adopt, progress
from reconciler.store.events import end_run, tell
from reconciler.store.revision import AnyRow
from reconciler.store.rosters import ENTRIES, desired_of
from reconciler.store.row import attempt_of
from reconciler.store.tables import approvals, attempts, leases, members, rosters


def ledger(connection: Connection, room: str, now: float) -> Ledger:
    """All that is remembered of the room; empty if it was never loaded."""
    return read_room(connection, room, now)[1]


def read_room(
    connection: Connection, room: str, now: float
) -> tuple[Desired | None, Ledger]:
    """What is desired of the room and what is remembered of it."""
    row = connection.execute(_ROSTER, {"room": room}).one_or_none()
    entries = connection.execute(ENTRIES, {"room": room}).all()
    desired = None if row is None else desired_of(row, entries, now)
    return desired, _ledger(connection, room, now, row, entries)


_ROSTER = (
    select(
        rosters,
        *(
            each.label(f"approval_{each.name}")
            for each in approvals.columns
            if each.name != "room"
        ),
    )
    .add_columns(
        leases.c.epoch.label("lease_epoch"),
        leases.c.expires_at.label("lease_expires_at"),
    )
    .outerjoin(approvals, approvals.c.room == rosters.c.room)
    .outerjoin(leases, leases.c.room == rosters.c.room)
    .where(rosters.c.room == bindparam("room"))
)

_ATTEMPTS = (
    select(attempts)
    .outerjoin(
        members,
        and_(
            members.c.room == attempts.c.room,
            members.c.label == attempts.c.label,
            members.c.intent == attempts.c.intent,
        ),
    )
    .where(
        attempts.c.room == bindparam("room"),
        or_(members.c.label.is_not(None), attempts.c.state.in_(sorted(OPEN))),
    )
    .order_by(attempts.c.id)
)


def _ledger(
    connection: Connection,
    room: str,
    now: float,
    row: AnyRow | None,
    entries: Sequence[AnyRow],
) -> Ledger:
    rung = _attempts(connection, room)
    sids = [each.call_sid for mine in rung.values() for each in mine if each.call_sid]
    return Ledger(
        records=_records(entries, rung),
        memory=memory.remembered(connection, room, sids, now),
        identities=memory.identities(connection, room, now),
        corrections=memory.corrected(connection, room, now),
        emptied=row is not None and row.emptied,
        conference_sid=row.conference_sid if row else None,
        approval=_approval(row) if row else None,
        free_epoch=_free_epoch(row, now) if row else 0,
    )


def _free_epoch(row: AnyRow, now: float) -> int | None:
    if row.lease_epoch is None:
        return 0
    epoch: int = row.lease_epoch
    return epoch if row.lease_expires_at <= now else None


def _approval(row: AnyRow) -> Approval | None:
    if row.approval_fingerprint is None:
        return None
    left = row.approval_remaining
    return Approval(
        fingerprint=row.approval_fingerprint,
        reason=row.approval_reason,
        who=row.approval_who,
        expires_at=row.approval_expires_at,
        remaining=None if left is None else tuple(left),
    )


def _attempts(connection: Connection, room: str) -> dict[str, tuple[Attempt, ...]]:
    found = connection.execute(_ATTEMPTS, {"room": room})
    rung: dict[str, tuple[Attempt, ...]] = {}
    for attempt in map(attempt_of, found):
        rung[attempt.label] = (*rung.get(attempt.label, ()), attempt)
    return rung


def _records(
    entries: Sequence[AnyRow], rung: Mapping[str, tuple[Attempt, ...]]
) -> dict[str, Record]:
    records = {row.label: _record(row, rung.get(row.label, ())) for row in entries}
    strays = {label: _stray(mine) for label, mine in rung.items()}
    return strays | records


def _record(row: AnyRow, rung: tuple[Attempt, ...]) -> Record:
    return Record(
        label=row.label,
        to=row.to_address,
        intent=row.intent,
        changed_at=row.changed_at,
        dismissed_at=row.dismissed_at,
        attempts=rung,
    )


def _stray(rung: tuple[Attempt, ...]) -> Record:
    last = rung[-1]
    return Record(
        label=last.label,
        to=last.to,
        intent=last.intent,
        changed_at=0.0,
        dismissed_at=0.0,
        attempts=rung,
    )


async def note(
    connection: AsyncConnection, room: str, notes: Notes, now: float
) -> None:
    """Put *notes* on record; see ``engine.ports.Notes``."""
    for finding in notes.findings:
        await _find(connection, room, finding, now)
    await memory.remember(connection, room, notes.memory or {}, now)
    await memory.identify(connection, room, notes.identities, now)
    await memory.correct(connection, room, notes.corrections, now)
    if notes.conference_sid is not None:
        await connection.execute(
            update(rosters)
            .where(rosters.c.room == room)
            .values(conference_sid=notes.conference_sid)
        )
    if notes.approved is not None:
        await approving.use(connection, room, notes.approved)
    await tell(connection, notes.events)
    if notes.ended is not None:
        await end_run(connection, *notes.ended, now)


async def _find(
    connection: AsyncConnection, room: str, finding: Finding, now: float
) -> None:
    match finding:
        case Adopted():
            await adopt(connection, room, finding, now)
        case Progress():
            await progress(connection, room, finding)
        case Forgotten():
            await _forget(connection, room, finding.label)
        case _:
            assert_never(finding)


async def _forget(connection: AsyncConnection, room: str, label: str) -> None:
    await connection.execute(
        delete(members).where(
            members.c.room == room,
            members.c.label == label,
            members.c.dismissed_at.is_not(None),
        )
    )
