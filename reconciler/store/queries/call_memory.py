"""Recorded facts about calls: sent fields, identities, corrections, removals."""

from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from sqlalchemy import (
    BindParameter,
    Connection,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from reconciler.model.ledger import Correction, CorrectionResult
from reconciler.model.observation import Call
from reconciler.model.roster import Value
from reconciler.store.database.among import among
from reconciler.store.database.answers import AnyRow, BoundStatement
from reconciler.store.database.driver_statements import put
from reconciler.store.database.upsert import upsert
from reconciler.store.queries.attempts import relevant
from reconciler.store.queries.row import call_columns, call_of, json_of, value_of
from reconciler.store.tables import (
    attempts,
    call_fields,
    calls,
    corrections,
    removals,
)

CALL_TTL_SECONDS = 2 * 86_400.0
"""Seconds after which a call is over for certain: Twilio allows one day."""

CORRECTION_TTL_SECONDS = 600.0
"""Seconds for which a correction, or a removal, counts."""


def save_calls(
    connection: Connection,
    room: str,
    memory: Mapping[str, Mapping[str, Value | None]],
    now: float,
) -> None:
    """Keep what was sent, by call SID and name; None forgets the field."""
    sent = [
        {
            "call_sid": call_sid,
            "name": name,
            "room": room,
            "value": json_of(value),
            "sent_at": now,
        }
        for call_sid, fields in memory.items()
        for name, value in fields.items()
        if value is not None
    ]
    upsert(connection, call_fields, sent)
    forgotten = [
        {"sid": call_sid, "field": name}
        for call_sid, fields in memory.items()
        for name, value in fields.items()
        if value is None
    ]
    if forgotten:
        put(connection, _FORGET, forgotten)


_FORGET = delete(call_fields).where(
    call_fields.c.call_sid == bindparam("sid"), call_fields.c.name == bindparam("field")
)


class CallMemory(Struct):
    """What a room remembers of its calls; see ``model.ledger.Ledger``."""

    fields: dict[str, dict[str, Value]] = field(default_factory=dict)
    identities: dict[str, Call] = field(default_factory=dict)
    corrections: list[Correction] = field(default_factory=list)
    removals: dict[str, float] = field(default_factory=dict)


def statements(rooms: Sequence[str], now: float) -> tuple[BoundStatement, ...]:
    """What ``memories`` takes the answers to: of every call that may live at *now*.

    What was sent on the call of a ring that still counts is never too old.
    """
    calls_of = {"rooms": rooms, "cut": now - CALL_TTL_SECONDS}
    corrections_of = {"rooms": rooms, "cut": now - CORRECTION_TTL_SECONDS}
    return (
        BoundStatement(_FIELDS, calls_of),
        BoundStatement(_CALLS, calls_of),
        BoundStatement(_CORRECTIONS, corrections_of),
        BoundStatement(_REMOVALS, corrections_of),
    )


def memories(
    rooms: Sequence[str], answered: Sequence[Sequence[AnyRow]]
) -> dict[str, CallMemory]:
    """What each of *rooms* remembers, by the answers to ``statements``."""
    found = {room: CallMemory() for room in rooms}
    sent, has_call_record, corrected, removed = answered
    for row in sent:
        fields = found[row.room].fields.setdefault(row.call_sid, {})
        fields[row.name] = value_of(row.value)
    for row in has_call_record:
        found[row.room].identities[row.call_sid] = call_of(row)
    for row in corrected:
        result = CorrectionResult(row.result)
        correction = Correction(row.call_sid, row.field, row.at, result, row.seen_at)
        found[row.room].corrections.append(correction)
    for row in removed:
        found[row.room].removals[row.call_sid] = row.at
    return found


_CUT: BindParameter[float] = bindparam("cut")

_FIELDS = select(call_fields).where(
    among(call_fields.c.room, "rooms"),
    or_(
        call_fields.c.sent_at > _CUT,
        tuple_(call_fields.c.room, call_fields.c.call_sid).in_(
            relevant(attempts.c.room, attempts.c.call_sid)
        ),
    ),
)

_CALLS = select(calls).where(among(calls.c.room, "rooms"), calls.c.seen_at > _CUT)

_CORRECTIONS = (
    select(corrections)
    .where(among(corrections.c.room, "rooms"), corrections.c.at > _CUT)
    .order_by(corrections.c.at, corrections.c.id)
)

_REMOVALS = (
    select(removals)
    .where(among(removals.c.room, "rooms"), removals.c.at > _CUT)
    .order_by(removals.c.at, removals.c.call_sid)
)


def identify(
    connection: Connection, room: str, told: Sequence[Call], now: float
) -> None:
    """Keep calls that have been told apart."""
    rows = {
        call.sid: {**call_columns(call), "room": room, "seen_at": now} for call in told
    }
    upsert(connection, calls, list(rows.values()))


def save_corrections(
    connection: Connection, room: str, made: Sequence[Correction], now: float
) -> None:
    """Keep corrections, and let go of those that do not count any longer."""
    if not made:
        return
    over = {"of": room, "until": now - CORRECTION_TTL_SECONDS}
    put(connection, _OVER, over)
    put(
        connection,
        _CORRECTED,
        [
            {
                "room": room,
                "call_sid": correction.call_sid,
                "field": correction.field,
                "at": correction.at,
                "result": str(correction.result),
                "seen_at": correction.seen_at,
            }
            for correction in made
        ],
    )


_OVER = delete(corrections).where(
    corrections.c.room == bindparam("of"), corrections.c.at <= bindparam("until")
)
_CORRECTED = insert(corrections).inline()


def confirm(
    connection: Connection, room: str, shown: Sequence[tuple[str, str]], now: float
) -> None:
    """Corrections, by call and field, that a listing showed at *now*."""
    if shown:
        asked = [
            {"of": room, "sid": sid, "name": name, "now": now} for sid, name in shown
        ]
        put(connection, _CONFIRM, asked)


_CONFIRM = (
    update(corrections)
    .where(
        corrections.c.room == bindparam("of"),
        corrections.c.call_sid == bindparam("sid"),
        corrections.c.field == bindparam("name"),
        corrections.c.seen_at.is_(None),
    )
    .values(seen_at=bindparam("now"))
)


_LAST_REMOVAL = select(func.max(removals.c.at)).where(
    removals.c.room == bindparam("room")
)


def remove(
    connection: Connection, room: str, call_sids: Sequence[str], now: float
) -> None:
    """Count removals; a call that is on record already is counted once.

    None is older than the last of the room: a clock that was put back would take it
    out of the ten minutes for which it counts.
    """
    if not call_sids:
        return
    last = connection.scalar(_LAST_REMOVAL, {"room": room})
    at = now if last is None else max(now, last)
    rows = [{"room": room, "call_sid": sid, "at": at} for sid in call_sids]
    upsert(connection, removals, rows)
