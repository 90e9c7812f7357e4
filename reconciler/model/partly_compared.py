"""Values of which some fields do not count when two are compared."""

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any, ClassVar

from msgspec import Struct


class PartlyCompared(Struct, frozen=True, eq=False):
    """Equal to another of its class if all fields are but those in ``not_compared``."""

    not_compared: ClassVar[frozenset[str]]

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        key = _key(type(self))
        return bool(key(self) == key(other))

    def __hash__(self) -> int:
        return hash(_key(type(self))(self))


@lru_cache
def _key(kind: type[PartlyCompared]) -> Callable[[Any], Any]:
    """The fields by which two values of *kind* are compared."""
    return attrgetter(
        *(x for x in kind.__struct_fields__ if x not in kind.not_compared)
    )
