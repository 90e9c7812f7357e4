"""Warm-up: every room is read once before anything but a silence is applied."""

from collections.abc import Collection, Iterable

from msgspec import Struct, field

WARM_UP_SECONDS = 30.0
"""Seconds after which rooms that cannot be read are no longer waited for."""


class WarmUp(Struct):
    """Rooms not read yet, and rooms with changes deferred until all were."""

    _unread: set[str] | None = None
    _deferred: set[str] = field(default_factory=set)
    _by: float | None = None

    @property
    def over(self) -> bool:
        """Whether rooms may be changed in any way."""
        return self._unread is not None and not self._unread

    @property
    def has_deferred(self) -> bool:
        """Whether ``take_deferred`` returns any room."""
        return bool(self._deferred) and self.over

    def begin(self, rooms: Iterable[str]) -> None:
        """These are the rooms to be read; later rooms do not hold anybody up."""
        if self._unread is None:
            self._unread = set(rooms)

    def hurry(self, now: float) -> None:
        """From *now* on all can be read: count the seconds."""
        if self._by is None:
            self._by = now + WARM_UP_SECONDS

    def read(self, room: str, *, deferred: bool) -> None:
        """*room* was read; *deferred* says that something is to be done about it."""
        if self._unread:
            self._unread.discard(room)
        if deferred:
            self._deferred.add(room)

    def remove(self, room: str) -> None:
        """Wait for *room* no longer."""
        self._deferred.discard(room)
        if self._unread:
            self._unread.discard(room)

    def take_deferred(self, now: float) -> Collection[str]:
        """Rooms with changes deferred during warm-up; each is returned once."""
        if self._unread and self._by is not None and now >= self._by:
            self._unread.clear()
        if not self.over or not self._deferred:
            return ()
        deferred, self._deferred = self._deferred, set()
        return sorted(deferred)
