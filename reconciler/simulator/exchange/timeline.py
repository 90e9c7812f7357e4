"""Values over time, for listing lag and assertions."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Timeline(Generic[T]):
    """Values with the moments from which they held, in order; never empty."""

    __slots__ = ("_moments", "_values")

    def __init__(self, at: float, value: T) -> None:
        self._moments = [at]
        self._values = [value]

    def put(self, at: float, value: T) -> None:
        self._moments.append(at)
        self._values.append(value)

    @property
    def first(self) -> T:
        """What it was to begin with."""
        return self._values[0]

    @property
    def latest(self) -> T:
        """What it is now."""
        return self._values[-1]

    def at(self, moment: float) -> T | None:
        """What it was at a moment; None before it was anything."""
        index = bisect_right(self._moments, moment)
        return self._values[index - 1] if index else None

    def __iter__(self) -> Iterator[tuple[float, T]]:
        return iter(zip(self._moments, self._values, strict=True))
