"""Timers that mark rooms when their effective roster changes."""

from heapq import heappop, heappush

from msgspec import Struct, field


class BoundaryTimers(Struct):
    """One time a room, in Unix seconds: a clock that is set is seen at the next observation."""

    _at: dict[str, float] = field(default_factory=dict)
    _heap: list[tuple[float, str]] = field(default_factory=list)

    def put(self, room: str, at: float | None) -> None:
        """Have *room* looked at at *at* and at no other time; None: at none."""
        if at is None:
            self._at.pop(room, None)
        elif self._at.get(room) != at:
            self._at[room] = at
            heappush(self._heap, (at, room))

    def due(self, now: float) -> list[str]:
        """The rooms whose time has come, each once."""
        rooms: list[str] = []
        while self._heap and (self._heap[0][0] <= now or not self._stands()):
            if self._stands():
                room = self._heap[0][1]
                del self._at[room]
                rooms.append(room)
            heappop(self._heap)
        return rooms

    def wait(self, now: float) -> float:
        """Seconds until the first is due, after ``due`` at *now*; infinite if none."""
        return self._heap[0][0] - now if self._heap else float("inf")

    def _stands(self) -> bool:
        at, room = self._heap[0]
        return self._at.get(room) == at
