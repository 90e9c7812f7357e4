"""Which fields of a value count when two are compared."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from msgspec import Struct


def comparison_key(kind: type[Struct], *left_out: str) -> Callable[[Any], Any]:
    """What two values of *kind* are compared by: all fields but those *left_out*."""
    return attrgetter(*(x for x in kind.__struct_fields__ if x not in left_out))
