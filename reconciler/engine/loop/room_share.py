"""The rooms that this process works on, of all that the store has."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field


def _every(_: str) -> bool:
    return True


@dataclass(slots=True)
class RoomShare:
    """``owns`` may change at any time; by default every room is this process's.

    ``elsewhere`` are known rooms that another process works on. ``moved`` are those in
    which another account acts now.
    """

    owns: Callable[[str], bool] = _every
    elsewhere: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)

    def has(self, room: str) -> bool:
        """Whether this process works on the room, with its account."""
        return room not in self.moved and self.owns(room)

    def take(self, rooms: Collection[str]) -> list[str]:
        """Those of *rooms* that are ours now; the others are noted.

        The account acts in all of them.
        """
        self.moved.difference_update(rooms)
        ours = [room for room in rooms if self.owns(room)]
        if len(ours) < len(rooms):
            self.elsewhere.update(rooms)
        self.elsewhere.difference_update(ours)
        return ours

    def gained(self) -> list[str]:
        """Known rooms that are ours now and were not."""
        ours = [room for room in self.elsewhere if self.has(room)]
        self.elsewhere.difference_update(ours)
        return ours
