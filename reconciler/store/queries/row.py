"""Conversion of values to columns and back, lossless."""

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.event import Event
from reconciler.model.observation import Call, CallStatus
from reconciler.model.roster import (
    Fields,
    Value,
)
from reconciler.store.database.answers import AnyRow

Columns = dict[str, Any]


def by_room(rows: Iterable[AnyRow]) -> dict[str, list[AnyRow]]:
    """Rows by their room, in the order in which they came."""
    found: dict[str, list[AnyRow]] = {}
    for row in rows:
        found.setdefault(row.room, []).append(row)
    return found


def json_of(value: Value) -> str | int | bool | list[str]:
    """A parameter's value as JSON holds it."""
    return list(value) if isinstance(value, tuple) else value


def value_of(found: Any) -> Value:
    """A parameter's value as JSON held it."""
    value: Value = tuple(found) if isinstance(found, list) else found
    return value


def document_of(fields: Fields) -> dict[str, Any]:
    """Fields as a JSON object in their own order."""
    return {name: json_of(value) for name, value in fields}


def fields_of(document: dict[str, Any] | None) -> Fields:
    """Fields as ``document_of`` wrote them."""
    if not document:
        return ()
    return tuple([(name, value_of(found)) for name, found in document.items()])


_STATES: Mapping[str, AttemptState] = {each.value: each for each in AttemptState}


def attempt_of(row: AnyRow) -> Attempt:
    return Attempt(
        id=row.id,
        room=row.room,
        label=row.label,
        to=row.to_address,
        intent=row.intent,
        number=row.number,
        state=_STATES[row.state],
        generation=row.generation,
        created_at=row.created_at,
        send_by=row.send_by,
        sent=fields_of(row.sent),
        call_sid=row.call_sid,
        conference_sid=row.conference_sid,
        connected_at=row.connected_at,
        ended_at=row.ended_at,
        outcome=None if row.outcome is None else CallOutcome(row.outcome),
        code=row.code,
        reason=row.reason,
        request_id=row.request_id,
        memory=fields_of(row.memory),
    )


def call_columns(call: Call) -> Columns:
    return {
        "call_sid": call.sid,
        "status": str(call.status),
        "to_address": call.to,
        "from_address": call.sender,
        "direction": call.direction,
        "created_at": call.created_at,
        "started_at": call.started_at,
        "ended_at": call.ended_at,
        "answered_by": call.answered_by,
    }


def call_of(row: AnyRow) -> Call:
    return Call(
        sid=row.call_sid,
        status=CallStatus(row.status),
        to=row.to_address,
        sender=row.from_address,
        direction=row.direction,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        answered_by=row.answered_by,
    )


def event_columns(event: Event) -> Columns:
    """An event as columns of ``events``, which are named as its fields."""
    return {name: getattr(event, name) for name in _EVENT}


_EVENT = Event.__struct_fields__


def event_of(row: AnyRow) -> Event:
    return Event(**{name: getattr(row, name) for name in _EVENT})
