"""What a room remembers of its calls: sent fields, identities, corrections."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from reconciler.model.ledger import Correction
from reconciler.model.observation import Call
from reconciler.model.roster import Value
from reconciler.store.row import call_columns, call_of, json_of, value_of
from reconciler.store.tables import call_fields, calls, corrections
from reconciler.store.upsert import upsert

CALL_LIFE = 2 * 86_400.0
"""Seconds after which a call is over for certain: Twilio allows one day."""

CORRECTION_LIFE = 600.0
"""Seconds for which a correction counts."""


async def remember(
    connection: AsyncConnection,
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
    await upsert(connection, call_fields, sent)
    for call_sid, fields in memory.items():
        for name in (name for name, value in fields.items() if value is None):
            await connection.execute(
                delete(call_fields).where(
                    call_fields.c.call_sid == call_sid, call_fields.c.name == name
                )
            )


def remembered(
    connection: Connection, room: str, call_sids: Sequence[str], now: float
) -> dict[str, dict[str, Value]]:
    """What was sent on these calls, and on every call of *room* that may live."""
    asked = {"room": room, "cut": now - CALL_LIFE, "call_sids": call_sids}
    found = connection.execute(_FIELDS, asked)
    memory: dict[str, dict[str, Value]] = {}
    for row in found:
        memory.setdefault(row.call_sid, {})[row.name] = value_of(row.value)
    return memory


_FIELDS = select(call_fields).where(
    call_fields.c.room == bindparam("room"),
    or_(
        call_fields.c.sent_at > bindparam("cut"),
        call_fields.c.call_sid.in_(bindparam("call_sids", expanding=True)),
    ),
)

_CALLS = select(calls).where(
    calls.c.room == bindparam("room"), calls.c.seen_at > bindparam("cut")
)

_CORRECTIONS = (
    select(corrections)
    .where(corrections.c.room == bindparam("room"), corrections.c.at > bindparam("cut"))
    .order_by(corrections.c.at, corrections.c.id)
)


async def identify(
    connection: AsyncConnection, room: str, told: Sequence[Call], now: float
) -> None:
    """Keep calls that have been told apart."""
    rows = {
        call.sid: {**call_columns(call), "room": room, "seen_at": now} for call in told
    }
    await upsert(connection, calls, list(rows.values()))


def identities(connection: Connection, room: str, now: float) -> dict[str, Call]:
    """The calls of *room* that were told apart and may live, by SID."""
    found = connection.execute(_CALLS, {"room": room, "cut": now - CALL_LIFE})
    return {row.call_sid: call_of(row) for row in found}


async def correct(
    connection: AsyncConnection, room: str, made: Sequence[Correction], now: float
) -> None:
    """Keep corrections, and let go of those that do not count any more."""
    if not made:
        return
    await connection.execute(
        delete(corrections).where(
            corrections.c.room == room, corrections.c.at <= now - CORRECTION_LIFE
        )
    )
    await connection.execute(
        insert(corrections),
        [
            {"room": room, "call_sid": it.call_sid, "field": it.field, "at": it.at}
            for it in made
        ],
    )


def corrected(connection: Connection, room: str, now: float) -> tuple[Correction, ...]:
    """The corrections that count, oldest first."""
    asked = {"room": room, "cut": now - CORRECTION_LIFE}
    found = connection.execute(_CORRECTIONS, asked)
    return tuple(Correction(row.call_sid, row.field, row.at) for row in found)
