"""Single values in the JSON Schema of a roster."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from reconciler.files import duration_field, label, value
from reconciler.files.endpoint import CALLEE, CALLER
from reconciler.files.endpoint import LONGEST as LONGEST_ENDPOINT
from reconciler.files.scalar import bounds
from reconciler.model.caller import WITHHELD_NUMBERS, WITHHELD_SIP
from reconciler.model.duration import AMOUNT, UNIT
from reconciler.model.parameter import Class, Parameter, Secrecy, ValueKind

Schema: TypeAlias = dict[str, Any]

_CONTROL: Final = r"[\x00-\x1f\x7f-\x9f]"
_REFERENCE: Final = r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"
_REMARKS: Final[Mapping[Class, str]] = MappingProxyType(
    {
        Class.STATE: "Read back from Twilio and enforced.",
        Class.WRITE_ONLY: "Twilio does not return it: compared with the value last sent.",
        Class.CREATE_ONLY: "Set when the call is placed: a change needs a redial.",
        Class.ONE_SHOT: "Done once per call.",
    }
)


def parameter_value(parameter: Parameter) -> Schema:
    """The values of a parameter of Twilio's, and what it is for."""
    remark = _REMARKS.get(parameter.cls, "")
    return described(_value(parameter), f"{parameter.about} {remark}".strip())


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
    return text(**{key: each for key, each in limits.items() if each is not None})


def text(**limits: int | str) -> Schema:
    """Text within *limits*, or with a reference to the environment."""
    return {
        "type": "string",
        "not": {"pattern": _CONTROL},
        "anyOf": [limits, {"pattern": r"\$\{"}],
    }


def matching(pattern: str, longest: int) -> Schema:
    """Text that *pattern* matches as a whole."""
    return text(pattern=f"^({pattern})$", maxLength=longest)


def url(*, empty: bool) -> Schema:
    """An http or https URL; "" too where *empty*."""
    pattern = f"({value.URL})?" if empty else value.URL
    return matching(pattern, value.LONGEST_URL)


def words(choices: Sequence[str]) -> Schema:
    literal = [choice == "true" for choice in choices if choice in {"true", "false"}]
    return {"anyOf": [{"enum": [*map(str, choices), *literal]}, reference()]}


def some_words(choices: Sequence[str], least: int = 1) -> Schema:
    """Some of *choices*: a list, or text with spaces."""
    one = "|".join(choices)
    spaced = rf"^\s*({one})(\s+({one}))*\s*$"
    listed = {"type": "array", "items": words(choices), "minItems": least}
    return {"anyOf": [listed, {"type": "string", "pattern": spaced}, reference()]}


def reference() -> Schema:
    """A text that refers to the environment."""
    return {"type": "string", "pattern": r"\$\{"}


def seconds(least: float = 0.0, most: float = duration_field.MAX_SECONDS) -> Schema:
    """A duration."""
    amount = {"type": "number", "minimum": least, "maximum": most}
    written = {"type": "string", "pattern": f"^{AMOUNT}{UNIT}$"}
    return {"anyOf": [amount, written, reference()]}


def mapping(properties: Schema, required: Sequence[str] = ()) -> Schema:
    """A mapping with these keys and no other."""
    needed = {"required": list(required)} if required else {}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **needed,
    }


def described(what: Schema, about: str) -> Schema:
    """*what* with its description."""
    return {"description": about, **what}


_SHAPES: Final[Mapping[ValueKind, Callable[[Parameter], Schema]]] = MappingProxyType(
    {
        ValueKind.BOOLEAN: lambda _: {"type": "boolean"},
        ValueKind.INTEGER: _integer,
        ValueKind.TEXT: _bounded_text,
        ValueKind.WORD: lambda parameter: words(parameter.words),
        ValueKind.WORDS: lambda parameter: some_words(parameter.words),
        ValueKind.URL: lambda parameter: url(empty=parameter.empty),
        ValueKind.ENDPOINT: lambda _: matching(CALLER, LONGEST_ENDPOINT),
    }
)
