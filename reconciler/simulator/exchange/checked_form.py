"""Forms of create and update, checked against the table of parameters.

Unknown parameters are ignored, as Twilio does, and kept in ``ignored``.
"""

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from reconciler.model.parameter import BY_WIRE, TABLE, Parameter, Secrecy, ValueKind
from reconciler.simulator.exchange.api_error import BAD_LABEL, BAD_PARAMETER, ApiError
from reconciler.simulator.exchange.sid import CALL_SID

Value = bool | int | str | tuple[str, ...]
Fields = Mapping[str, tuple[str, ...]]
"""A form as it was sent: each name with its values."""

_NUMBER = re.compile(r"\+?[1-9]\d{6,14}")
_ADDRESS = re.compile(r"(client|sips?|app):\S+")
_URL = re.compile(r"https?://\S+")


class CheckedForm(Struct, frozen=True):
    """The values of a form by our names, and the names that mean nothing."""

    values: Mapping[str, Value]
    ignored: tuple[str, ...] = ()

    def flag(self, name: str, otherwise: bool) -> bool:
        """A boolean, or what holds without it."""
        value = self.values.get(name)
        return value if isinstance(value, bool) else otherwise

    def number(self, name: str, otherwise: int) -> int:
        """An integer, or what holds without it."""
        value = self.values.get(name)
        return value if isinstance(value, int) else otherwise

    def text(self, name: str, otherwise: str = "") -> str:
        """A text, or what holds without it."""
        value = self.values.get(name)
        return value if isinstance(value, str) else otherwise

    def words(self, name: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
        """A list of words, or what holds without it."""
        value = self.values.get(name)
        return value if isinstance(value, tuple) else otherwise

    def hidden(self) -> Mapping[str, Value]:
        """What to remember of this form, with secrets masked."""
        return {
            name: value if _shown(name) else "•••"
            for name, value in self.values.items()
        }


def read_create(fields: Fields) -> CheckedForm:
    """Check a create. Refused: the first thing that is wrong."""
    form = _read(fields, {parameter.wire for parameter in TABLE if parameter.create})
    for name, code in (("from", 21213), ("to", 21201)):
        if not form.text(name):
            raise ApiError(code, f"No '{name.title()}' number is specified")
    to, sender = form.text("to"), form.text("from")
    if not _NUMBER.fullmatch(to) and not _ADDRESS.fullmatch(to):
        raise ApiError(21211, f"Invalid 'To' Phone Number: {to}")
    if _NUMBER.fullmatch(to) and not _NUMBER.fullmatch(sender):
        raise ApiError(21212, f"Invalid 'From' Phone Number: {sender}")
    _check_coach(form)
    return form


def read_update(fields: Fields) -> CheckedForm:
    """Check an update. Refused: the first thing that is wrong."""
    form = _read(fields, {parameter.wire for parameter in TABLE if parameter.update})
    concerns = [each for each in _CONCERNS if each & form.values.keys()]
    if len(concerns) > 1:
        raise ApiError(
            BAD_PARAMETER,
            "Hold, coaching and announcement cannot be combined in one request",
        )
    _check_coach(form)
    return form


def last_value(fields: Fields, name: str) -> str | None:
    """The last value of a name, None where there is none."""
    values = fields.get(name)
    return values[-1] if values else None


_CONCERNS = (
    {"hold", "hold_url", "hold_method"},
    {"coaching", "call_sid_to_coach"},
    {"announce_url", "announce_method"},
)


def _check_coach(form: CheckedForm) -> None:
    target = form.text("call_sid_to_coach")
    if form.flag("coaching", otherwise=False) and not target:
        raise ApiError(
            BAD_PARAMETER, "CallSidToCoach is required when Coaching is true"
        )
    if target and not CALL_SID.fullmatch(target):
        raise ApiError(BAD_PARAMETER, f"CallSidToCoach is not a call SID: {target}")


def _shown(name: str) -> bool:
    return all(p.secrecy is Secrecy.OPEN for p in TABLE if p.name == name)


def _read(fields: Fields, known: set[str]) -> CheckedForm:
    values = {
        BY_WIRE[wire].name: _value(BY_WIRE[wire], given)
        for wire, given in fields.items()
        if wire in known and given
    }
    return CheckedForm(values, tuple(sorted(set(fields) - known)))


def _value(parameter: Parameter, given: tuple[str, ...]) -> Value:
    if parameter.kind is ValueKind.WORDS:
        return tuple(_word(parameter, word) for each in given for word in each.split())
    return _READERS[parameter.kind](parameter, given[-1])


def _boolean(parameter: Parameter, raw: str) -> bool:  # noqa: ARG001 - a table's row
    return raw.lower() == "true"


def _integer(parameter: Parameter, raw: str) -> int:
    least, most = parameter.least, parameter.most
    number = int(raw) if re.fullmatch(r"-?\d{1,12}", raw) else None
    if number is None or number < (least or 0) or (most and number > most):
        raise ApiError(
            21208 if parameter.wire == "Timeout" else BAD_PARAMETER,
            f"Invalid {parameter.wire}: {raw}",
        )
    return number


def _text(parameter: Parameter, raw: str) -> str:
    if parameter.wire == "Label":
        return _label(raw)
    if parameter.most and not (parameter.least or 0) <= len(raw) <= parameter.most:
        raise ApiError(BAD_PARAMETER, f"Invalid {parameter.wire}: its length")
    return raw


def _label(raw: str) -> str:
    most = BY_WIRE["Label"].most or 0
    if len(raw) > most or "/" in raw or CALL_SID.fullmatch(raw):
        raise ApiError(BAD_LABEL)
    return raw


def _word(parameter: Parameter, raw: str) -> str:
    if raw not in parameter.words:
        code = 21209 if parameter.wire.endswith("Method") else BAD_PARAMETER
        raise ApiError(code, f"Invalid {parameter.wire}: {raw}")
    return raw


def _url(parameter: Parameter, raw: str) -> str:
    if not _URL.fullmatch(raw) and not (parameter.empty and raw == ""):
        raise ApiError(21205, f"Invalid {parameter.wire}: {raw}")
    return raw


def _endpoint(parameter: Parameter, raw: str) -> str:  # noqa: ARG001 - a table's row
    return raw


_READERS: Mapping[ValueKind, Callable[[Parameter, str], Value]] = {
    ValueKind.BOOLEAN: _boolean,
    ValueKind.INTEGER: _integer,
    ValueKind.TEXT: _text,
    ValueKind.WORD: _word,
    ValueKind.URL: _url,
    ValueKind.ENDPOINT: _endpoint,
}
