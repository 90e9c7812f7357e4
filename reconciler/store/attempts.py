"""Attempts: committed before a phone rings, and moving only forwards."""

from dataclasses import replace
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from reconciler.engine.ports import AttemptOpen, Draft
from reconciler.model.attempt import OPEN, Attempt, AttemptState
from reconciler.model.errors import StoreError
from reconciler.planning.plan import Adopted, Progress
from reconciler.store.row import attempt_of, document_of
from reconciler.store.tables import attempts, rosters

_RANK = {
    AttemptState.PENDING: 0,
    AttemptState.UNKNOWN: 1,
    AttemptState.PLACED: 2,
    AttemptState.REFUSED: 3,
    AttemptState.ENDED: 3,
}


async def open_attempt(connection: AsyncConnection, draft: Draft) -> Attempt:
    """Write a pending attempt; AttemptOpen if the label has an open one."""
    ring = draft.ring
    attempt = Attempt(
        id=0,
        room=draft.room,
        label=ring.label,
        to=ring.to,
        intent=ring.intent,
        number=ring.number,
        state=AttemptState.PENDING,
        generation=draft.generation,
        created_at=draft.created_at,
        send_by=draft.send_by,
        sent=ring.fields,
        reason=ring.reason,
    )
    if await _open(connection, draft.room, ring.label):
        raise AttemptOpen(_twice(attempt))
    try:
        return await _insert(connection, attempt)
    except IntegrityError as error:
        if "uq_attempts_open" in str(error.orig) or "attempts.label" in str(error.orig):
            raise AttemptOpen(_twice(attempt)) from error
        raise


def _twice(attempt: Attempt) -> str:
    return f"'{attempt.label}' in room '{attempt.room}' has an open attempt already."


async def _open(connection: AsyncConnection, room: str, label: str) -> Attempt | None:
    found = await connection.execute(
        select(attempts)
        .where(
            attempts.c.room == room,
            attempts.c.label == label,
            attempts.c.state.in_(sorted(OPEN)),
        )
        .with_for_update()
    )
    row = found.one_or_none()
    return attempt_of(row) if row else None


async def _insert(connection: AsyncConnection, attempt: Attempt) -> Attempt:
    written = await connection.execute(
        insert(attempts)
        .values(
            room=attempt.room,
            label=attempt.label,
            to_address=attempt.to,
            intent=attempt.intent,
            number=attempt.number,
            generation=attempt.generation,
            created_at=attempt.created_at,
            send_by=attempt.send_by,
            sent=document_of(attempt.sent),
            **_moving(attempt),
        )
        .returning(attempts.c.id)
    )
    return replace(attempt, id=written.scalar_one())


def _moving(attempt: Attempt) -> dict[str, Any]:
    return {
        "state": str(attempt.state),
        "call_sid": attempt.call_sid,
        "conference_sid": attempt.conference_sid,
        "connected_at": attempt.connected_at,
        "ended_at": attempt.ended_at,
        "outcome": None if attempt.outcome is None else str(attempt.outcome),
        "code": attempt.code,
        "reason": attempt.reason,
        "request_id": attempt.request_id,
    }


def advance(attempt: Attempt, progress: Progress) -> Attempt:
    """The attempt after *progress*, which never takes it back.

    | now         | told        | becomes                                      |
    |-------------|-------------|----------------------------------------------|
    | open        | later state | that state, with all that is told            |
    | open        | same state  | the same, with all that is told              |
    | open        | older state | as it is, with what it did not know yet      |
    | closed      | anything    | as it is, with what it did not know yet      |

    A call SID, once known, is the attempt's for good.
    """
    if attempt.open and _RANK[progress.state] >= _RANK[attempt.state]:
        return _moved(attempt, progress)
    return _filled(attempt, progress)


def _moved(attempt: Attempt, progress: Progress) -> Attempt:
    told = {
        name: value
        for name in ("conference_sid", "connected_at", "code", "request_id")
        if (value := getattr(progress, name)) is not None
    }
    closed = progress.state not in OPEN
    return replace(
        attempt,
        state=progress.state,
        reason=progress.reason,
        call_sid=attempt.call_sid or progress.call_sid,
        ended_at=progress.ended_at if closed else None,
        outcome=progress.outcome if closed else None,
        **told,
    )


def _filled(attempt: Attempt, progress: Progress) -> Attempt:
    names = ("call_sid", "conference_sid", "connected_at", "code", "request_id")
    missing = {
        name: getattr(progress, name)
        for name in names
        if getattr(attempt, name) is None
    }
    return replace(attempt, **missing)


async def progress(connection: AsyncConnection, room: str, told: Progress) -> None:
    """Move an attempt of *room* on as ``advance`` says."""
    found = await connection.execute(
        select(attempts)
        .where(attempts.c.id == told.attempt_id, attempts.c.room == room)
        .with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        raise StoreError(f"Room '{room}' has no attempt {told.attempt_id} on record.")
    before = attempt_of(row)
    await _rewrite(connection, before, advance(before, told))


async def _rewrite(connection: AsyncConnection, old: Attempt, new: Attempt) -> None:
    if new != old:
        await connection.execute(
            update(attempts).where(attempts.c.id == old.id).values(**_moving(new))
        )


async def adopt(
    connection: AsyncConnection, room: str, found: Adopted, now: float
) -> None:
    """Put a found call on record as its member's.

    It becomes the call of an attempt that has none yet; where the member has
    another call already, nothing changes.
    """
    attempt = await _open(connection, room, found.label)
    if attempt is None:
        await _insert(connection, await _found(connection, room, found, now))
    elif attempt.call_sid in (None, found.call_sid):
        await _rewrite(connection, attempt, advance(attempt, _placed(attempt, found)))


def _placed(attempt: Attempt, found: Adopted) -> Progress:
    return Progress(
        attempt_id=attempt.id,
        label=attempt.label,
        state=AttemptState.PLACED,
        reason=found.reason,
        call_sid=found.call_sid,
        conference_sid=found.conference_sid,
        connected_at=found.connected_at,
    )


async def _found(
    connection: AsyncConnection, room: str, found: Adopted, now: float
) -> Attempt:
    generation = await connection.scalar(
        select(rosters.c.generation).where(rosters.c.room == room)
    )
    return Attempt(
        id=0,
        room=room,
        label=found.label,
        to=found.to,
        intent=found.intent,
        number=0,
        state=AttemptState.PLACED,
        generation=generation or 0,
        created_at=now,
        send_by=now,
        call_sid=found.call_sid,
        conference_sid=found.conference_sid,
        connected_at=found.connected_at,
        reason=found.reason,
    )
