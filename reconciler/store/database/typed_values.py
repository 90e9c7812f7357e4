"""Stored values as the types of the model, converted by msgspec.

msgspec (0.22.0) must not learn a type in two threads at once: the process may end.
Here one thread at a time learns, and nobody uses what is not learned.
"""

from threading import Lock
from typing import Any, TypeVar

from msgspec import DecodeError, convert
from msgspec.json import Decoder

from reconciler.store.database.json_text import decoded

Kind = TypeVar("Kind")

_LEARNING = Lock()
_LEARNED: dict[Any, Decoder[Any]] = {}


def as_type(value: Any, kind: type[Kind]) -> Kind:
    """*value*, of a JSON document or a row, as a *kind*.

    Raises:
        msgspec.ValidationError: if it is none.

    """
    if kind not in _LEARNED:
        _learn(kind)
    return convert(value, kind, from_attributes=True)


def from_json(text: str, kind: type[Kind]) -> Kind:
    """What ``as_type`` makes of the value of a JSON text, in less than half of the time."""
    decoder: Decoder[Kind] = _LEARNED.get(kind) or _learn(kind)
    try:
        return decoder.decode(text)
    except DecodeError:
        return as_type(decoded(text), kind)


def _learn(kind: type[Kind]) -> Decoder[Kind]:
    with _LEARNING:
        decoder = _LEARNED[kind] = Decoder(kind)
    return decoder
