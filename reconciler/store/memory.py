"""What a room remembers of its calls: sent fields, identities, corrections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import (
    BindParameter,
    Connection,
    bindparam,
    delete,
    insert,
    or_,
    select,
    tuple_,
)

from reconciler.model.ledger import Correction
from reconciler.model.observation import Call
from reconciler.model.roster import Value
from reconciler.store.attempts import relevant
from reconciler.store.row import call_columns, call_of, json_of, value_of
from reconciler.store.tables import attempts, call_fields, calls, corrections
from reconciler.store.upsert import upsert

CALL_LIFE = 2 * 86_400.0
"""Seconds after which a call is over for certain: Twilio allows one day."""

CORRECTION_LIFE = 600.0
"""Seconds for which a correction counts."""


def remember(
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
        connection.execute(_FORGET, forgotten)


_FORGET = delete(call_fields).where(
    call_fields.c.call_sid == bindparam("sid"), call_fields.c.name == bindparam("field")
)


@dataclass(slots=True)
class Recalled:
    """What a room remembers of its calls; see ``model.ledger.Ledger``."""

    fields: dict[str, dict[str, Value]] = field(default_factory=dict)
    identities: dict[str, Call] = field(default_factory=dict)
    corrections: list[Correction] = field(default_factory=list)


def recalled(
    connection: Connection, rooms: Sequence[str], now: float
) -> dict[str, Recalled]:
    """What each of *rooms* remembers of every call that may live.

    What was sent on the call of a ring that still counts is never too old.
    """
    found = {room: Recalled() for room in rooms}
    asked = {"rooms": rooms, "cut": now - CALL_LIFE}
    for row in connection.execute(_FIELDS, asked):
        fields = found[row.room].fields.setdefault(row.call_sid, {})
        fields[row.name] = value_of(row.value)
    for row in connection.execute(_CALLS, asked):
        found[row.room].identities[row.call_sid] = call_of(row)
    asked = {"rooms": rooms, "cut": now - CORRECTION_LIFE}
    for row in connection.execute(_CORRECTIONS, asked):
        made = Correction(row.call_sid, row.field, row.at)
        found[row.room].corrections.append(made)
    return found


_ROOMS: BindParameter[str] = bindparam("rooms", expanding=True)
_CUT: BindParameter[float] = bindparam("cut")

_FIELDS = select(call_fields).where(
    call_fields.c.room.in_(_ROOMS),
    or_(
        call_fields.c.sent_at > _CUT,
        tuple_(call_fields.c.room, call_fields.c.call_sid).in_(
            relevant(attempts.c.room, attempts.c.call_sid)
        ),
    ),
)

_CALLS = select(calls).where(calls.c.room.in_(_ROOMS), calls.c.seen_at > _CUT)

_CORRECTIONS = (
    select(corrections)
    .where(corrections.c.room.in_(_ROOMS), corrections.c.at > _CUT)
    .order_by(corrections.c.at, corrections.c.id)
)


def identify(
    connection: Connection, room: str, told: Sequence[Call], now: float
) -> None:
    """Keep calls that have been told apart."""
    rows = {
        call.sid: {**call_columns(call), "room": room, "seen_at": now} for call in told
    }
    upsert(connection, calls, list(rows.values()))


def correct(
    connection: Connection, room: str, made: Sequence[Correction], now: float
) -> None:
    """Keep corrections, and let go of those that do not count any more."""
    if not made:
        return
    connection.execute(
        delete(corrections).where(
            corrections.c.room == room, corrections.c.at <= now - CORRECTION_LIFE
        )
    )
    connection.execute(
        insert(corrections),
        [
            {"room": room, "call_sid": it.call_sid, "field": it.field, "at": it.at}
            for it in made
        ],
    )
