"""JSON Schema of roster files, generated from the tables that validate them.

It says what the loader says of every single value. What spans several values or
files, such as circles of coaches and who is listed under people, only the loader knows.
"""

from collections.abc import Iterable

from reconciler.files import announcement, declared_room, label, redialing, room_members
from reconciler.files.keys import DEFAULT_KEYS, KEYS
from reconciler.files.scalar import bounds
from reconciler.files.schema_people import (
    groups,
    member_extras,
    modes,
    people,
    roles,
    shared_groups,
)
from reconciler.files.schema_schedule import schedule, timezone
from reconciler.files.schema_value import (
    Schema,
    described,
    mapping,
    parameter_value,
    seconds,
    some_words,
    text,
    url,
    words,
)
from reconciler.model.account_name import ACCOUNT_NAME, LONGEST_ACCOUNT_NAME
from reconciler.model.notice import Notice
from reconciler.model.parameter import BY_NAME
from reconciler.model.roster import Cause, OnChange, RoomState, Unlisted

SHARED_KEYS = ("people", "groups", "roles", "modes")


def schema() -> Schema:
    """Draft-07, which is what yaml-language-server reads."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Roster",
        "description": "A room, what all rooms share, or a part that rooms include.",
        **mapping(_room_properties()),
        "patternProperties": {"^x-": {}},
        "if": {"required": ["conference"]},
        "then": _room(),
        "else": {"if": {"required": ["version"]}, "then": _shared()},
        "definitions": {
            "member": _member(KEYS),
            "redial": _redial(),
            "announcements": _announcements(),
        },
    }


def _room() -> Schema:
    """The desired participants of one Twilio conference."""
    ended = {"required": ["state"], "properties": {"state": {"const": "ended"}}}
    peopled = [{"required": [key]} for key in ("participants", "groups", "include")]
    return {
        "required": ["version"],
        "anyOf": [*peopled, ended],
        "properties": {"people": False, "groups": groups()},
    }


def _shared() -> Schema:
    """A document without conference: for all rooms of the folder."""
    names = "|".join(("version", *SHARED_KEYS))
    return {
        "anyOf": [{"required": [key]} for key in SHARED_KEYS],
        "propertyNames": {"pattern": f"^(({names})$|x-)"},
        "properties": {"groups": shared_groups()},
    }


def _room_properties() -> Schema:
    return {
        "version": described(
            {"type": "integer", "const": 1}, "Format version of this file."
        ),
        "conference": described(
            _conference(), "Friendly name of the conference at Twilio."
        ),
        "account": described(
            text(pattern=f"^{ACCOUNT_NAME}$", maxLength=LONGEST_ACCOUNT_NAME),
            "Account of the accounts file that calls; default is that of the environment.",
        ),
        "from": parameter_value(BY_NAME["from"]),
        "defaults": described(
            mapping(_properties(DEFAULT_KEYS)),
            "Defaults for all participants.",
        ),
        "participants": _participants(),
        "unlisted": described(
            words(tuple(Unlisted)), "What to do with participants who are not listed."
        ),
        "redial": {"$ref": "#/definitions/redial"},
        "limits": _limits(),
        "on_change": _on_change(),
        "state": described(words(tuple(RoomState)), "ended ends the conference."),
        "announcements": {"$ref": "#/definitions/announcements"},
        "include": described(_include(), "Files with parts of this roster."),
        "people": people(_properties),
        "groups": described({}, "People of whom some or all are called in order."),
        "roles": roles(_properties),
        "modes": modes(),
        "mode": described(
            text(minLength=1), "The mode of the room unless its schedule says another."
        ),
        "schedule": schedule(),
        "timezone": timezone("The time zone of schedules that name none."),
        "notify": described(
            some_words(tuple(Notice), 0), "The kinds of events people are notified of."
        ),
    }


def _include() -> Schema:
    path = {"type": "string", "minLength": 1}
    return {"anyOf": [path, {"type": "array", "items": path}]}


def _conference() -> Schema:
    pattern = f"^(?!{declared_room.CONFERENCE_SID}$)"
    return text(minLength=1, maxLength=declared_room.LONGEST_NAME, pattern=pattern)


def _participants() -> Schema:
    return {
        "description": "The participants by label. An empty mapping declares an empty room.",
        "type": "object",
        "maxProperties": room_members.MOST,
        "propertyNames": {"maxLength": label.LONGEST, "pattern": f"^{label.LABEL}$"},
        "additionalProperties": {"$ref": "#/definitions/member"},
    }


def _member(keys: Iterable[str]) -> Schema:
    return {
        **mapping(_properties(keys)),
        "dependencies": {"announce_method": ["announce_url"]},
        "allOf": [_needs_sid(), _says_nothing_else()],
    }


def _needs_sid() -> Schema:
    coaches = {"required": ["coaching"], "properties": {"coaching": {"const": True}}}
    return {"if": coaches, "then": {"required": ["call_sid_to_coach"]}}


def _says_nothing_else() -> Schema:
    sid = {"required": ["call_sid_to_coach"]}
    return {"if": sid, "then": {"properties": {"coaching": {"const": True}}}}


def _properties(names: Iterable[str]) -> Schema:
    ours = {
        "announcements": {"$ref": "#/definitions/announcements"},
        "redial": {"$ref": "#/definitions/redial"},
        "on_change": _on_change(),
        **member_extras(),
    }
    return {
        n: ours[n] if n in ours else parameter_value(BY_NAME[n]) for n in sorted(names)
    }


def _announcements() -> Schema:
    item = {
        "id": text(minLength=1, maxLength=announcement.LONGEST_ID),
        "url": url(empty=False),
        "method": words(announcement.METHODS),
    }
    return {
        "description": "Announcements, each played at most once per call, identified by id.",
        "type": "array",
        "items": mapping(item, required=("id", "url")),
    }


def _redial() -> Schema:
    properties = {
        "on": described(
            some_words(tuple(Cause), 0), "Call outcomes after which to call again."
        ),
        "attempts": {
            "type": "integer",
            "minimum": 1,
            "maximum": redialing.MOST_ATTEMPTS,
        },
        "backoff": seconds(),
    }
    return described(mapping(properties), "When to call a participant again.")


def _limits() -> Schema:
    least, most = bounds(0, None)
    count = {"type": "integer", "minimum": least, "maximum": most}
    return described(
        mapping(dict.fromkeys(redialing.LIMIT_KEYS, count)),
        "Larger numbers of removals or exposures within ten minutes, or of rings in "
        "one plan, are withheld.",
    )


def _on_change() -> Schema:
    return described(
        words(tuple(OnChange)), "Whether to redial when a create-only value changes."
    )
