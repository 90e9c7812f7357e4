"""Reads what Event Streams delivers: a JSON array of CloudEvents 1.0.

Twilio: Event Streams, webhook quickstart.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

MOST_BYTES: Final = 262_144
"""Bytes of a delivery; an event has a few thousand."""

MOST_EVENTS: Final = 100
"""Events of a delivery; Twilio sends one at a time and may send more."""

LONGEST_TEXT: Final = 512
"""Characters of an event's id, source, type and schema."""

_SCHEMA: Final = re.compile(r"https://events-schemas\.twilio\.com/([\w.]+)/(\d{1,4})")


class TooManyEvents(ValueError):  # noqa: N818 - a fact of the delivery
    """The array is longer than is read."""


class CloudEvent(Struct, frozen=True):
    """One event. ``schema`` and ``version`` are those of its data.

    ``at`` is when it happened, in Unix seconds, None if it is not said.
    """

    id: str
    source: str
    type: str
    schema: str
    version: int
    data: Mapping[str, Any]
    at: float | None = None


def read_batch(body: bytes) -> tuple[CloudEvent | None, ...]:
    """The events of a delivery, None for each that is no CloudEvent 1.0.

    ValueError for what is no array of them, TooManyEvents for one that is too long.
    """
    try:
        batch = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(batch, list):
        raise ValueError("not an array")  # noqa: TRY004 - answered with 400
    if len(batch) > MOST_EVENTS:
        raise TooManyEvents
    return tuple(map(_event, batch))


def _event(found: object) -> CloudEvent | None:
    if not isinstance(found, dict) or found.get("specversion") != "1.0":
        return None
    texts = [found.get(name) for name in ("id", "source", "type", "dataschema")]
    if not all(isinstance(x, str) and 0 < len(x) <= LONGEST_TEXT for x in texts):
        return None
    schema = _SCHEMA.match(found["dataschema"])
    data = _object(found.get("data"))
    if schema is None or data is None:
        return None
    return CloudEvent(
        id=found["id"],
        source=found["source"],
        type=found["type"],
        schema=schema[1],
        version=int(schema[2]),
        data=data,
        at=_moment(found.get("time")),
    )


def _object(data: object) -> Mapping[str, Any] | None:
    """The data; some of Twilio's examples show it as a text that holds JSON."""
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except (ValueError, RecursionError):
            return None
    return data if isinstance(data, dict) else None


def _moment(text: object) -> float | None:
    """A time with its offset, in Unix seconds."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
        return at.timestamp() if at and at.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
