"""Ledger of a room: read before a plan, written after it."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, select, update

from reconciler.engine.desired_room import Desired
from reconciler.engine.ports import Notes
from reconciler.model.attempt import Attempt
from reconciler.model.ledger import (
    Approval,
    Ledger,
    Record,
)
from reconciler.model.watermark import Watermark
from reconciler.store.database.among import among
from reconciler.store.database.answers import (
    AnyRow,
    BoundStatement,
    answers,
    sent_together,
)
from reconciler.store.database.batches import batched
from reconciler.store.database.driver_statements import put
from reconciler.store.queries import (
    account_moves,
    approval_grants,
    call_memory,
    change_feed,
    claimed_phones,
    withholding,
)
from reconciler.store.queries.attempts import relevant
from reconciler.store.queries.call_memory import CallMemory
from reconciler.store.queries.events import end_run, tell
from reconciler.store.queries.findings import record_findings
from reconciler.store.queries.observations import following as observations_after
from reconciler.store.queries.observations import record as record_observation
from reconciler.store.queries.rosters import ENTRIES, desired_of
from reconciler.store.queries.row import attempt_of, by_room
from reconciler.store.tables import (
    approvals,
    attempts,
    leases,
    observations,
    rosters,
)


def read(
    connection: Connection,
    rooms: Sequence[str],
    now: float,
    account_sid: str | None,
    *,
    leases_at: float,
) -> dict[str, tuple[Desired | None, Ledger]]:
    """What is desired of each room and what is remembered of it, for *account_sid*.

    *leases_at* is *now* by the clock that leases follow.
    """
    found: dict[str, tuple[Desired | None, Ledger]] = {}
    for some in batched(rooms):
        found |= _read(connection, some, now, account_sid, leases_at=leases_at)
    return found


def _read(
    connection: Connection,
    rooms: Sequence[str],
    now: float,
    account_sid: str | None,
    *,
    leases_at: float,
) -> dict[str, tuple[Desired | None, Ledger]]:
    asked = {"rooms": rooms}
    found, listed, called, held, seen, *remembered = answers(
        connection,
        (
            BoundStatement(_ROSTERS, asked),
            BoundStatement(ENTRIES, asked),
            BoundStatement(_ATTEMPTS, asked),
            BoundStatement(withholding.READ, asked),
            change_feed.statement(connection),
            *call_memory.statements(rooms, now),
        ),
    )
    rows = {row.room: row for row in found}
    entries, rung = by_room(listed), by_room(called)
    calls = call_memory.memories(rooms, remembered)
    withheld = withholding.kinds(held)
    watermark = change_feed.watermark_of(seen)
    elsewhere = claimed_phones.elsewhere(connection, rooms, entries, rung, account_sid)
    claimed = claimed_phones.claimed(connection, rooms, rung)
    return {
        room: (
            desired_of(rows[room], entries.get(room, ()), now)
            if room in rows
            else None,
            replace(
                _ledger(rows.get(room), calls[room], leases_at, watermark),
                records=_records(entries.get(room, ()), _rings(rung.get(room, ()))),
                withheld=withheld.get(room, {}),
                elsewhere=elsewhere.get(room, ()),
                claimed=claimed.get(room, frozenset()),
            ),
        )
        for room in rooms
    }


_ROSTERS = (
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
        observations.c.fingerprint.label("observed"),
    )
    .outerjoin(observations, observations.c.room == rosters.c.room)
    .outerjoin(approvals, approvals.c.room == rosters.c.room)
    .outerjoin(leases, leases.c.room == rosters.c.room)
    .where(among(rosters.c.room, "rooms"))
)

_ATTEMPTS = relevant(attempts).order_by(attempts.c.id)


def _ledger(
    row: AnyRow | None, calls: CallMemory, leases_at: float, watermark: Watermark
) -> Ledger:
    """What the room's own row and its calls' rows say."""
    return Ledger(
        memory=calls.fields,
        identities=calls.identities,
        corrections=tuple(calls.corrections),
        removals=calls.removals,
        emptied=row is not None and row.emptied,
        past_protection=(row.past_protection if row else None) or {},
        quiet_at=row.quiet_at if row else None,
        conference_sid=row.conference_sid if row else None,
        approval=_approval(row) if row else None,
        last_free_token=_last_free_token(row, leases_at) if row else 0,
        watermark=watermark,
        observed=(row.observed or "") if row else "",
    )


def _last_free_token(row: AnyRow, at: float) -> int | None:
    if row.lease_epoch is None:
        return 0
    token: int = row.lease_epoch
    return token if row.lease_expires_at <= at else None


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
        voided=row.approval_voided,
    )


def _rings(found: Sequence[AnyRow]) -> dict[str, tuple[Attempt, ...]]:
    rung: dict[str, list[Attempt]] = {}
    for row in found:
        rung.setdefault(row.label, []).append(attempt_of(row))
    return {label: tuple(mine) for label, mine in rung.items()}


def _records(
    entries: Sequence[AnyRow], rung: Mapping[str, tuple[Attempt, ...]]
) -> dict[str, Record]:
    records = {row.label: _record(row, rung.get(row.label, ())) for row in entries}
    called = {x: records.get(x) or _stray(mine) for x, mine in rung.items()}
    return called | records


def _record(row: AnyRow, rung: tuple[Attempt, ...]) -> Record:
    return Record(
        label=row.label,
        to=row.to_address,
        intent=row.intent,
        changed_at=row.changed_at,
        edited_at=row.edited_at,
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


def note(
    connection: Connection,
    room: str,
    notes: Notes,
    now: float,
    account_sid: str | None,
) -> None:
    """Put *notes* on record; see ``engine.ports.Notes``."""
    record_findings(connection, room, notes.findings, now, account_sid)
    call_memory.remove(connection, room, notes.removals, now)
    if notes.account_left:
        account_moves.leave(connection, room, now)
    observed_room = notes.observed
    recorded = (
        observations_after(connection, observed_room)
        if observed_room is not None
        else None
    )
    with sent_together(connection):
        _write(connection, room, notes, now)
        if recorded is not None:
            record_observation(connection, recorded)
        tell(connection, notes.events)
        if notes.ended is not None:
            end_run(connection, *notes.ended, now)


def _write(connection: Connection, room: str, notes: Notes, now: float) -> None:
    """Those of *notes* for which nothing is read."""
    call_memory.save_calls(connection, room, notes.memory or {}, now)
    call_memory.identify(connection, room, notes.identities, now)
    call_memory.save_corrections(connection, room, notes.corrections, now)
    call_memory.confirm(connection, room, notes.confirmed, now)
    withholding.lift(connection, room, notes.lifted)
    withholding.withhold(connection, room, notes.withheld)
    if notes.conference_sid is not None:
        asked = {"of": room, "sid": notes.conference_sid}
        put(connection, _CONFERENCE, asked)
    if notes.approved is not None:
        approval_grants.use(connection, room, notes.approved)


_CONFERENCE = (
    update(rosters)
    .where(rosters.c.room == bindparam("of"))
    .values(conference_sid=bindparam("sid"))
)
