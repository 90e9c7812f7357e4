"""Schedules in the JSON Schema of a roster file."""

from typing import Final

from reconciler.files.moment import LOCAL
from reconciler.files.schedule_field import MOST_ENTRIES
from reconciler.files.schema_value import (
    Schema,
    described,
    mapping,
    matching,
    reference,
    seconds,
    text,
    words,
)
from reconciler.files.window import DATE, MAX_SECONDS, WHEN
from reconciler.model.roster import RoomState

_TIMEZONE: Final = text(minLength=1)


def timezone(about: str) -> Schema:
    """The name of a time zone."""
    return described(_TIMEZONE, about)


def periods() -> Schema:
    """When a member or a group is declared: a window or several."""
    window = {**mapping(_period()), "oneOf": _ONE_OF}
    return described(
        {"anyOf": [window, _listed(window)]}, "When they are declared at all."
    )


def schedule() -> Schema:
    """What holds in the room, and when."""
    said = {
        "otherwise": {"type": "boolean", "const": True},
        "mode": text(minLength=1),
        "state": words(tuple(RoomState)),
    }
    entry = {
        **mapping(_period() | said),
        "oneOf": [*_ONE_OF, {"required": ["otherwise"]}],
        "anyOf": [{"required": ["mode"]}, {"required": ["state"]}],
    }
    about = "What holds in the room and when; the first entry that holds counts."
    return described(_listed(entry), about)


_ONE_OF: Final = [{"required": ["when"]}, {"required": ["rrule"]}]


def _listed(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": MOST_ENTRIES}


def _period() -> Schema:
    dates = {"type": "array", "items": {"type": "string", "pattern": f"^{DATE}$"}}
    return {
        "when": described(
            {"anyOf": [{"type": "string", "pattern": f"^({WHEN})$"}, reference()]},
            "Weekdays and hours, or two instants.",
        ),
        "rrule": described(text(minLength=1), "A rule of RFC 5545."),
        "start": described(matching(LOCAL, 32), "The first occurrence, in local time."),
        "duration": described(
            seconds(0.0, MAX_SECONDS), "How long each occurrence lasts."
        ),
        "timezone": timezone("The time zone of the window."),
        "except": described(dates, "Dates on which the window does not begin."),
    }
