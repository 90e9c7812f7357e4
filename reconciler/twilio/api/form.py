"""Encodes parameters as Twilio's form fields; pure."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from reconciler.model.errors import TerminalError
from reconciler.model.parameter import BY_NAME, Parameter, Secrecy, ValueKind
from reconciler.model.roster import Fields, Value

Form = tuple[tuple[str, str], ...]
"""Wire names and values in order; the key of an array is repeated."""


_EXACT: Mapping[ValueKind, tuple[type, str]] = {
    ValueKind.BOOLEAN: (bool, "True or False"),
    ValueKind.INTEGER: (int, "an integer"),
}
"""Values whose type is checked: Twilio takes what it cannot read for false."""


class Request(StrEnum):
    """The two requests that take participant parameters."""

    CREATE = "create"
    UPDATE = "update"


def encode(fields: Fields, request: Request) -> Form:
    """*fields* on the wire.

    TerminalError, naming the parameter, if the request does not take it, it is empty
    where Twilio allows no empty value, or a boolean or integer of another type.
    """
    return tuple(
        pair for name, value in fields for pair in _pairs(name, value, request)
    )


def secrets(fields: Fields) -> tuple[str, ...]:
    """The values in *fields* that no text may ever show."""
    return tuple(
        str(value)
        for name, value in fields
        if value and name in BY_NAME and BY_NAME[name].secrecy is not Secrecy.OPEN
    )


def _pairs(name: str, value: Value, request: Request) -> Iterator[tuple[str, str]]:
    parameter = BY_NAME.get(name)
    if parameter is None or not _taken(parameter, request):
        raise TerminalError(f"nothing was sent: {request} takes no parameter {name!r}")
    if value == "" and not parameter.empty:
        raise TerminalError(f"nothing was sent: {name!r} must not be empty")
    if (wanted := _EXACT.get(parameter.kind)) and type(value) is not wanted[0]:
        message = f"nothing was sent: {name!r} must be {wanted[1]}, not {value!r}"
        raise TerminalError(message)
    for each in value if isinstance(value, tuple) else (value,):
        yield parameter.wire, flag(each) if isinstance(each, bool) else str(each)


def _taken(parameter: Parameter, request: Request) -> bool:
    return parameter.create if request is Request.CREATE else parameter.update


def flag(value: bool) -> str:
    """A boolean as Twilio writes it."""
    return "true" if value else "false"
