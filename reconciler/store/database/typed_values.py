"""Stored values as the types of the model, converted by msgspec.

msgspec (0.22.0) must not learn a type in two threads at once: the process may end.
Here one thread at a time learns, and nobody uses what is not learned.
"""

from threading import Lock
from typing import Any, TypeVar

from msgspec import convert
from msgspec.json import Decoder

Kind = TypeVar("Kind")

_LEARNING = Lock()
_LEARNED: set[Any] = set()


def as_type(value: Any, kind: type[Kind]) -> Kind:
    """*value*, of a JSON document or a row, as a *kind*.

    Raises:
        msgspec.ValidationError: if it is none.

    """
    if kind not in _LEARNED:
        with _LEARNING:
            Decoder(kind)
            _LEARNED.add(kind)
    return convert(value, kind, from_attributes=True)
