"""The rooms that this process works on, of all that the store has."""

from collections.abc import Callable, Collection

from msgspec import Struct, field


class RoomShare(Struct):
    """``owns`` may change at any time; None: every room is this process's.

    ``elsewhere`` are known rooms that another process works on. ``moved`` are those in
    which another account acts now.
    """

    owns: Callable[[str], bool] | None = None
    elsewhere: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)

    def has(self, room: str) -> bool:
        """Whether this process works on the room, with its account."""
        if room in self.moved:
            return False
        return self.owns is None or self.owns(room)

    def take(self, rooms: Collection[str]) -> list[str]:
        """Those of *rooms* that are ours now; the others are noted.

        The account acts in all of them.
        """
        self.moved.difference_update(rooms)
        ours = [room for room in rooms if self.has(room)]
        if len(ours) < len(rooms):
            self.elsewhere.update(rooms)
        self.elsewhere.difference_update(ours)
        return ours

    def gained(self) -> list[str]:
        """Known rooms that are ours now and were not, in the order of their names."""
        ours = sorted(room for room in self.elsewhere if self.has(room))
        self.elsewhere.difference_update(ours)
        return ours
