"""The JSON Schema of a roster, for editors: written from the same tables.

It says what the loader says of every single value. What spans several values,
such as circles of coaches, only the loader knows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from reconciler.files import (
    announcement,
    declared_room,
    label,
    member,
    redialling,
    value,
)
from reconciler.files.endpoint import CALLEE, CALLER
from reconciler.files.endpoint import LONGEST as LONGEST_ENDPOINT
from reconciler.files.scalar import bounds
from reconciler.model.caller import WITHHELD_NUMBERS, WITHHELD_SIP
from reconciler.model.duration import AMOUNT, UNIT
from reconciler.model.parameter import BY_NAME, Class, Parameter, Secrecy, ValueKind
from reconciler.model.roster import Cause, OnChange, RoomState, Unlisted

Schema: TypeAlias = dict[str, Any]

_CONTROL: Final = r"[\x00-\x1f\x7f-\x9f]"
_REFERENCE: Final = r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"
_REMARKS: Final[Mapping[Class, str]] = MappingProxyType(
    {
        Class.STATE: "Read back and kept so.",
        Class.WRITE_ONLY: "Twilio never shows it: compared with what was sent last.",
        Class.CREATE_ONLY: "Settled when the phone is rung: a change needs a redial.",
        Class.ONE_SHOT: "Done once a call.",
    }
)


def schema() -> Schema:
    """Draft-07, which is what yaml-language-server reads."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Roster",
        "description": "Who shall be in one Twilio conference, and how.",
        **_object(_room_properties(), required=("version", "conference")),
        "anyOf": [
            {"required": ["participants"]},
            {"required": ["state"], "properties": {"state": {"const": "ended"}}},
        ],
        "definitions": {
            "member": _member(),
            "announcements": _announcements(),
            "redial": _redial(),
        },
    }


def _room_properties() -> Schema:
    return {
        "version": _said({"type": "integer", "const": 1}, "The form of this file."),
        "conference": _said(_conference(), "The room's name at Twilio."),
        "from": _parameter(BY_NAME["from"]),
        "defaults": _said(
            _object(_properties(member.DEFAULT_KEYS)),
            "What holds for every participant that says nothing else.",
        ),
        "participants": _participants(),
        "unlisted": _said(
            _words(tuple(Unlisted)), "What happens to people whom nobody listed."
        ),
        "redial": {"$ref": "#/definitions/redial"},
        "limits": _limits(),
        "on_change": _on_change(),
        "state": _said(_words(tuple(RoomState)), "ended closes the room."),
        "announcements": {"$ref": "#/definitions/announcements"},
    }


def _conference() -> Schema:
    pattern = f"^(?!{declared_room.CONFERENCE_SID}$)"
    return _text(minLength=1, maxLength=declared_room.LONGEST_NAME, pattern=pattern)


def _participants() -> Schema:
    return {
        "description": "The people, by label. An empty mapping is an empty room.",
        "type": "object",
        "maxProperties": declared_room.MOST_PARTICIPANTS,
        "propertyNames": {"maxLength": label.LONGEST, "pattern": f"^{label.LABEL}$"},
        "additionalProperties": {"$ref": "#/definitions/member"},
    }


def _member() -> Schema:
    return {
        **_object(_properties(member.KEYS), required=("to",)),
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
    }
    return {n: ours[n] if n in ours else _parameter(BY_NAME[n]) for n in sorted(names)}


def _parameter(parameter: Parameter) -> Schema:
    remark = _REMARKS.get(parameter.cls, "")
    return _said(_value(parameter), f"{parameter.about} {remark}".strip())


def _value(parameter: Parameter) -> Schema:
    if parameter.name in _APART:
        return _APART[parameter.name]
    if parameter.secrecy is Secrecy.REFERENCE:
        return {"type": "string", "pattern": _REFERENCE}
    return _SHAPES[parameter.kind](parameter)


def _integer(parameter: Parameter) -> Schema:
    least, most = bounds(parameter.least, parameter.most)
    return {"type": "integer", "minimum": least, "maximum": most}


_APART: Final[Mapping[str, Schema]] = MappingProxyType(
    {
        "to": {
            "type": "string",
            "anyOf": [
                {"pattern": f"^({CALLEE})$", "maxLength": LONGEST_ENDPOINT},
                {"pattern": r"\$\{"},
            ],
            "not": {
                "anyOf": [
                    {"enum": sorted(WITHHELD_NUMBERS)},
                    {"pattern": f"^({WITHHELD_SIP})$"},
                ]
            },
        },
        "coaching": {"type": ["boolean", "string"]},
        "call_sid_to_coach": {
            "type": "string",
            "anyOf": [{"pattern": f"^{label.CALL_SID}$"}, {"pattern": r"\$\{"}],
        },
    }
)


def _bounded_text(parameter: Parameter) -> Schema:
    limits = {"minLength": parameter.least, "maxLength": parameter.most}
    return _text(**{key: each for key, each in limits.items() if each is not None})


def _text(**limits: int | str) -> Schema:
    """Text within *limits*, or with a reference to the environment."""
    return {
        "type": "string",
        "not": {"pattern": _CONTROL},
        "anyOf": [limits, {"pattern": r"\$\{"}],
    }


def _pattern(pattern: str, longest: int) -> Schema:
    return _text(pattern=f"^({pattern})$", maxLength=longest)


def _url(*, empty: bool) -> Schema:
    pattern = f"({value.URL})?" if empty else value.URL
    return _pattern(pattern, value.LONGEST_URL)


def _words(words: Sequence[str]) -> Schema:
    literal = [each == "true" for each in words if each in {"true", "false"}]
    return {"anyOf": [{"enum": [*map(str, words), *literal]}, _reference()]}


def _some_words(words: Sequence[str], least: int = 1) -> Schema:
    one = "|".join(words)
    spaced = rf"^\s*({one})(\s+({one}))*\s*$"
    listed = {"type": "array", "items": _words(words), "minItems": least}
    return {"anyOf": [listed, {"type": "string", "pattern": spaced}, _reference()]}


def _reference() -> Schema:
    return {"type": "string", "pattern": r"\$\{"}


def _announcements() -> Schema:
    item = {
        "id": _text(minLength=1, maxLength=announcement.LONGEST_ID),
        "url": _url(empty=False),
        "method": _words(announcement.METHODS),
    }
    return {
        "description": "Played at most once a call, each by its id.",
        "type": "array",
        "items": _object(item, required=("id", "url")),
    }


def _redial() -> Schema:
    amount = {"type": "number", "minimum": 0, "maximum": redialling.LONGEST_BACKOFF}
    written = {"type": "string", "pattern": f"^{AMOUNT}{UNIT}$"}
    properties = {
        "on": _said(_some_words(tuple(Cause), 0), "After which ends to ring again."),
        "attempts": {
            "type": "integer",
            "minimum": 1,
            "maximum": redialling.MOST_ATTEMPTS,
        },
        "backoff": {"anyOf": [amount, written, _reference()]},
    }
    return _said(_object(properties), "When to ring somebody again.")


def _limits() -> Schema:
    least, most = bounds(0, None)
    count = {"type": "integer", "minimum": least, "maximum": most}
    return _said(
        _object(dict.fromkeys(redialling.LIMIT_KEYS, count)),
        "More removals within ten minutes, rings or exposures in one plan are withheld.",
    )


def _on_change() -> Schema:
    return _said(
        _words(tuple(OnChange)), "Whether to ring anew when a settled value changes."
    )


def _object(properties: Schema, required: Sequence[str] = ()) -> Schema:
    needed = {"required": list(required)} if required else {}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **needed,
    }


def _said(what: Schema, about: str) -> Schema:
    return {"description": about, **what}


_SHAPES: Final[Mapping[ValueKind, Callable[[Parameter], Schema]]] = MappingProxyType(
    {
        ValueKind.BOOLEAN: lambda _: {"type": "boolean"},
        ValueKind.INTEGER: _integer,
        ValueKind.TEXT: _bounded_text,
        ValueKind.WORD: lambda parameter: _words(parameter.words),
        ValueKind.WORDS: lambda parameter: _some_words(parameter.words),
        ValueKind.URL: lambda parameter: _url(empty=parameter.empty),
        ValueKind.ENDPOINT: lambda _: _pattern(CALLER, LONGEST_ENDPOINT),
    }
)
