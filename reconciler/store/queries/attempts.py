"""Attempts: committed before the call; state only moves forward."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from msgspec.structs import replace
from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
)
from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert

from reconciler.engine.ports import AttemptDraft, Lease
from reconciler.model.attempt import OPEN, UNCERTAIN, Attempt, AttemptState
from reconciler.model.errors import StoreError
from reconciler.planning.finding import Progress
from reconciler.store.database.among import among
from reconciler.store.database.upsert import insert_for
from reconciler.store.queries.row import Columns, document_of
from reconciler.store.tables import attempts, members

_RANK = {
    AttemptState.PENDING: 0,
    AttemptState.UNKNOWN: 1,
    AttemptState.PLACED: 2,
    AttemptState.REFUSED: 3,
    AttemptState.ENDED: 3,
}


def relevant(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Of the attempts of ``:rooms``, the open ones and those of a present intent."""
    entry = and_(
        members.c.room == attempts.c.room,
        members.c.label == attempts.c.label,
        members.c.intent == attempts.c.intent,
    )
    return (
        select(*columns)
        .select_from(attempts.outerjoin(members, entry))
        .where(
            among(attempts.c.room, "rooms"),
            or_(members.c.label.is_not(None), attempts.c.state.in_(sorted(OPEN))),
        )
    )


def open_attempts(
    connection: Connection, drafts: Sequence[AttemptDraft], account_sid: str | None
) -> tuple[Attempt | None, ...]:
    """Write a pending attempt a draft; None where the label or the phone has one.

    A phone is called for one label of one room at a time: while it is not certain
    whether it rings, and for ``SETTLED_AFTER_SECONDS`` after Twilio accepted the call.
    By then the plan that asks has seen that attempt. A plan that has not seen the
    label's last attempt numbers its ring as that one: it was made before that ended.
    The indexes decide, whatever was read before.
    """
    rings = {draft.ring.label: drafted(draft) for draft in reversed(drafts)}
    pending = [rings.pop(draft.ring.label, None) for draft in drafts]
    rows = [
        {**attempt_columns(attempt), "account_sid": account_sid}
        for attempt in pending
        if attempt is not None
    ]
    written = connection.execute(_open(connection.dialect.name), rows)
    ids = {row.label: row.id for row in written}
    taken = _take_back(connection, list(ids.values()))
    return tuple(
        replace(attempt, id=ids[attempt.label])
        if attempt and attempt.label in ids and ids[attempt.label] not in taken
        else None
        for attempt in pending
    )


CLIENT = "client:"
"""How addresses begin that each account has of its own; all others are one phone."""

SETTLED_AFTER_SECONDS = 10.0
"""Seconds after which a plan knows of an attempt: more than an observation may be old."""


@lru_cache
def _open(dialect: str) -> ReturningInsert[int, str]:
    """The statement: each is built once, since that takes longer than to run it."""
    statement = insert_for(dialect, attempts).on_conflict_do_nothing()
    return statement.returning(attempts.c.id, attempts.c.label)


def _take_back(connection: Connection, ids: Sequence[int]) -> frozenset[int]:
    """Delete new attempts whose phone is about to ring, or whose plan is older.

    An earlier one that is not committed yet keeps ours from being written by
    the index over uncertain attempts; this sees those that have moved on.
    """
    if not ids:
        return frozenset()
    return frozenset(connection.scalars(_take_back_statement(), {"ids": ids}))


@cache
def _take_back_statement() -> ReturningDelete[int]:
    earlier: Any = attempts.alias()
    rings = or_(
        earlier.c.state.in_(sorted(UNCERTAIN)),
        and_(
            earlier.c.state == AttemptState.PLACED,
            earlier.c.number > 0,
            earlier.c.connected_at.is_(None),
            earlier.c.created_at > attempts.c.created_at - SETTLED_AFTER_SECONDS,
        ),
    )
    same = or_(
        earlier.c.account_sid.is_(None),
        earlier.c.account_sid == attempts.c.account_sid,
        ~earlier.c.address.startswith(CLIENT),
    )
    taken = exists().where(
        earlier.c.address == attempts.c.address,
        earlier.c.id < attempts.c.id,
        same,
        rings,
    )
    unseen = exists().where(
        earlier.c.room == attempts.c.room,
        earlier.c.label == attempts.c.label,
        earlier.c.intent == attempts.c.intent,
        earlier.c.id < attempts.c.id,
        earlier.c.number >= attempts.c.number,
    )
    mine = attempts.c.id.in_(bindparam("ids", expanding=True))
    return delete(attempts).where(mine, or_(taken, unseen)).returning(attempts.c.id)


def require_room(lease: Lease, drafts: Sequence[AttemptDraft]) -> None:
    """StoreError unless all drafts are of the leased room."""
    for draft in drafts:
        if draft.room != lease.room:
            raise StoreError(f"The lease is of '{lease.room}', not of '{draft.room}'.")


def drafted(draft: AttemptDraft) -> Attempt:
    """The pending attempt that a draft describes, without an id."""
    ring = draft.ring
    return Attempt(
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
        memory=ring.memory,
    )


def attempt_columns(attempt: Attempt) -> Columns:
    """A new attempt as columns of ``attempts``; the database gives it an id."""
    return {
        "room": attempt.room,
        "label": attempt.label,
        "to_address": attempt.to,
        "address": attempt.address,
        "intent": attempt.intent,
        "number": attempt.number,
        "generation": attempt.generation,
        "created_at": attempt.created_at,
        "send_by": attempt.send_by,
        "sent": document_of(attempt.sent),
        "memory": document_of(attempt.memory),
        **moving_columns(attempt),
    }


def moving_columns(attempt: Attempt) -> Columns:
    """What of an attempt changes while it moves on, as columns of ``attempts``."""
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
