"""Warm-up: every room is read once before anything but a silence is applied."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

WARM_WITHIN = 30.0
"""Seconds after which rooms that cannot be read are no longer waited for."""


@dataclass(slots=True)
class WarmUp:
    """Who was not read yet, and who has something to be done about them."""

    _unread: set[str] | None = None
    _owed: set[str] = field(default_factory=set)
    _by: float = 0.0

    @property
    def over(self) -> bool:
        """Whether rooms may be changed in any way."""
        return self._unread is not None and not self._unread

    @property
    def owing(self) -> bool:
        """Whether ``debts`` has something to tell."""
        return self.over and bool(self._owed)

    def begin(self, rooms: Iterable[str], now: float) -> None:
        """These are the rooms to be read; later rooms do not hold anybody up."""
        if self._unread is None:
            self._unread = set(rooms)
            self._by = now + WARM_WITHIN

    def read(self, room: str, *, owed: bool) -> None:
        """*room* was read; *owed* says that something is to be done about it."""
        if self._unread:
            self._unread.discard(room)
        if owed:
            self._owed.add(room)

    def debts(self, now: float) -> Collection[str]:
        """Rooms that may be corrected now, each told once."""
        if self._unread and now >= self._by:
            self._unread.clear()
        if not self.over or not self._owed:
            return ()
        owed, self._owed = self._owed, set()
        return sorted(owed)
