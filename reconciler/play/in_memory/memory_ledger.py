"""The ledger of a room by the tables in memory."""

from collections.abc import Mapping

from reconciler.engine.desired_room import Standing
from reconciler.model.attempt import UNCERTAIN, Attempt
from reconciler.model.ledger import (
    Elsewhere,
    Ledger,
    Record,
)
from reconciler.model.phone import normal_address
from reconciler.model.roster import Value
from reconciler.model.watermark import Watermark
from reconciler.planning.observed_room import fingerprint
from reconciler.play.in_memory.memory_tables import Tables
from reconciler.store.queries.call_memory import (
    CALL_TTL_SECONDS,
    CORRECTION_TTL_SECONDS,
)


def _last_free_token(tables: Tables, room: str, now: float) -> int | None:
    held = tables.leases.get(room)
    if held is None:
        return 0
    at = now + tables.server_ahead
    return held.fencing_token if held.expires_at <= at else None


def ledger(
    tables: Tables, room: str, now: float, account_sid: str | None = None
) -> Ledger:
    """All that is remembered of the room; empty if it was never loaded."""
    row = tables.rosters.get(room)
    rung = _rung(tables, room)
    sids = {attempt.call_sid for attempts in rung.values() for attempt in attempts}
    return Ledger(
        records=_records(tables, room, rung),
        memory=_memory(tables, room, sids, now),
        identities={
            sid: call
            for sid, (where, call, seen_at) in tables.calls.items()
            if where == room and seen_at > now - CALL_TTL_SECONDS
        },
        corrections=tuple(
            sorted(
                (
                    correction
                    for where, correction in tables.corrections
                    if where == room and correction.at > now - CORRECTION_TTL_SECONDS
                ),
                key=lambda correction: correction.at,
            )
        ),
        removals={
            sid: at
            for (where, sid), at in sorted(tables.removals.items(), key=_age)
            if where == room and at > now - CORRECTION_TTL_SECONDS
        },
        withheld={
            kind: held
            for (where, kind), held in tables.withheld.items()
            if where == room
        },
        emptied=row is not None and row.emptied,
        past_protection=(row.past_protection if row else None) or {},
        quiet_at=row.quiet_at if row else None,
        conference_sid=row.conference_sid if row else None,
        elsewhere=_elsewhere(tables, room, rung, account_sid),
        claimed=_claimed(tables, room, rung),
        approval=tables.approvals.get(room),
        last_free_token=_last_free_token(tables, room, now),
        watermark=Watermark(tables.turn + 1),
        observed=fingerprint(tables.observed.get(room)),
    )


def _elsewhere(
    tables: Tables,
    room: str,
    rung: Mapping[str, tuple[Attempt, ...]],
    account_sid: str | None,
) -> tuple[Elsewhere, ...]:
    """The open attempts of other rooms to this room's phones."""
    phones = {
        normal_address(row.to_address)
        for (where, _), row in tables.members.items()
        if where == room and row.dismissed_at is None
    }
    phones |= {x.address for attempts in rung.values() for x in attempts if x.open}
    return tuple(
        _other(tables, attempt, account_sid)
        for attempt in tables.attempts.values()
        if attempt.open and attempt.room != room and attempt.address in phones
        if tables.concerns(attempt, account_sid)
    )


def _other(tables: Tables, attempt: Attempt, account_sid: str | None) -> Elsewhere:
    row = tables.rosters.get(attempt.room)
    entry = tables.members.get((attempt.room, attempt.label))
    return Elsewhere(
        attempt,
        released=row is None or row.standing == Standing.RELEASED,
        listed=entry is not None and entry.dismissed_at is None,
        dismissed_at=None if entry is None else entry.dismissed_at,
        foreign=tables.callers.get(attempt.id) not in {None, account_sid},
    )


def _claimed(
    tables: Tables, room: str, rung: Mapping[str, tuple[Attempt, ...]]
) -> frozenset[str]:
    """Calls to the phones of lost attempts that are not theirs."""
    lost = {
        attempt.address
        for attempts in rung.values()
        for attempt in attempts
        if attempt.state in UNCERTAIN
    }
    attempted = {
        attempt.call_sid
        for attempt in tables.attempts.values()
        if attempt.call_sid and attempt.address in lost
    }
    told = {
        sid
        for sid, (where, call, _) in tables.calls.items()
        if where != room and normal_address(call.to) in lost
    }
    return frozenset(attempted | told)


def _age(removal: tuple[tuple[str, str], float]) -> tuple[float, str]:
    (_, call_sid), at = removal
    return at, call_sid


def _rung(tables: Tables, room: str) -> dict[str, tuple[Attempt, ...]]:
    """Attempts that are open or of the member's present intent, by label."""
    rung: dict[str, tuple[Attempt, ...]] = {}
    for attempt in tables.attempts.values():
        if attempt.room != room:
            continue
        entry = tables.members.get((room, attempt.label))
        if attempt.open or (entry is not None and entry.intent == attempt.intent):
            rung[attempt.label] = (*rung.get(attempt.label, ()), attempt)
    return rung


def _records(
    tables: Tables, room: str, rung: Mapping[str, tuple[Attempt, ...]]
) -> dict[str, Record]:
    entries = [row for (where, _), row in tables.members.items() if where == room]
    records = {
        row.label: Record(
            label=row.label,
            to=row.to_address,
            intent=row.intent,
            changed_at=row.changed_at,
            edited_at=row.edited_at,
            dismissed_at=row.dismissed_at,
            attempts=rung.get(row.label, ()),
        )
        for row in sorted(entries, key=lambda row: row.position)
    }
    strays = {
        label: Record(label, attempts[-1].to, attempts[-1].intent, 0.0, 0.0, attempts)
        for label, attempts in rung.items()
    }
    return strays | records


def _memory(
    tables: Tables, room: str, sids: set[str | None], now: float
) -> dict[str, dict[str, Value]]:
    memory: dict[str, dict[str, Value]] = {}
    for (sid, name), (where, value, sent_at) in tables.fields.items():
        if where == room and (sent_at > now - CALL_TTL_SECONDS or sid in sids):
            memory.setdefault(sid, {})[name] = value
    return memory
