"""Parses webhook payloads: form or flat JSON."""

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import parse_qsl

from reconciler.model.recorded_observation import LegEvent

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"

MOST_FIELDS: Final = 200
"""Fields of one event; Twilio sends about twenty."""

LONGEST_SEQUENCE: Final = 9
"""Digits of a SequenceNumber."""

_CONFERENCE_EVENTS: Final = frozenset(
    {
        "conference-start",
        "conference-end",
        "participant-join",
        "participant-leave",
        "participant-mute",
        "participant-unmute",
        "participant-hold",
        "participant-unhold",
        "participant-modify",
        "participant-speech-start",
        "participant-speech-stop",
        "announcement-end",
        "announcement-fail",
    }
)
_CALL_STATUSES: Final = frozenset(
    {
        "queued",
        "initiated",
        "ringing",
        "in-progress",
        "completed",
        "busy",
        "no-answer",
        "failed",
        "canceled",
    }
)

EVENTS: Final = tuple(
    sorted({*_CONFERENCE_EVENTS, *(f"call-{each}" for each in _CALL_STATUSES)})
)
"""Names of all events, conference's and call's."""

Pairs = tuple[tuple[str, str], ...]


def read_form(body: bytes) -> Pairs:
    """The fields of a form, as they were sent; ValueError if it is none."""
    return tuple(
        parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    )


def read_json(body: bytes) -> Pairs:
    """The texts of a JSON object; ValueError if it is none."""
    try:
        found = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - answered with 400
    return tuple((k, v) for k, v in found.items() if isinstance(v, str))


def conference_event(fields: Mapping[str, str]) -> str:
    """A conference event's name: one of Twilio's words, or "other"."""
    name = fields.get("StatusCallbackEvent", "")
    return name if name in _CONFERENCE_EVENTS else "other"


def call_event(fields: Mapping[str, str]) -> str:
    """A call event's name, such as "call-ringing", or "other"."""
    status = fields.get("CallStatus", "")
    return f"call-{status}" if status in _CALL_STATUSES else "other"


def leg_event(fields: Mapping[str, str], came_at: float) -> LegEvent | None:
    """What a conference event that came at *came_at* says about a leg, None for nothing.

    Times are to the second: it happened within one second from the Timestamp on, and
    before it came.
    """
    event, at = conference_event(fields), sent_at(fields)
    sequence = fields.get("SequenceNumber", "")
    flags = [fields.get(name, "") for name in ("Muted", "Hold", "Coaching")]
    if at is None or not event.startswith("participant-"):
        return None
    if not fields.get("CallSid") or not {*flags} <= {"true", "false"}:
        return None
    if not sequence.isdecimal() or len(sequence) > LONGEST_SEQUENCE:
        return None
    muted, hold, coaching = (flag == "true" for flag in flags)
    return LegEvent(
        fields.get("ConferenceSid", ""),
        fields["CallSid"],
        int(sequence),
        at,
        max(at, min(at + 1.0, came_at)),
        muted,
        hold,
        coaching,
        left=event == "participant-leave",
    )


def sent_at(fields: Mapping[str, str]) -> float | None:
    """When Twilio says that it happened, in Unix seconds; None if it does not."""
    try:
        return parsedate_to_datetime(fields.get("Timestamp", "")).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
