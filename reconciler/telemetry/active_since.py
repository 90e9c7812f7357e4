"""Durations of conditions that currently hold."""

from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

from msgspec import Struct, field

K = TypeVar("K", bound=Hashable)


class ActiveSince(Struct, Generic[K]):
    """What is so at present, by room. Times are seconds of one clock."""

    _since: dict[str, dict[K, float]] = field(default_factory=dict)

    def see(self, room: str, present: Collection[K], now: float) -> dict[K, float]:
        """What of *room* is over by *now*, with the seconds for which it was so."""
        known = self._since.pop(room, {})
        lasting = {each: known.get(each, now) for each in present}
        if lasting:
            self._since[room] = lasting
        return {
            each: max(0.0, now - at)
            for each, at in known.items()
            if each not in lasting
        }

    def drop(self, room: str) -> None:
        """Nobody asks about *room* any longer."""
        self._since.pop(room, None)

    def longest(self, now: float) -> float:
        """Seconds for which the oldest has been so; 0.0 if nothing is."""
        starts = (at for each in self._since.values() for at in each.values())
        return max(0.0, now - min(starts, default=now))
