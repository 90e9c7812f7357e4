"""Queue of future events."""

import heapq

from msgspec import Struct, field


class Dial(Struct, frozen=True):
    """A call leaves the queue."""

    call_sid: str


class Reach(Struct, frozen=True):
    """The far end is reached: it rings, is busy or fails."""

    call_sid: str


class PickUp(Struct, frozen=True):
    """The phone is answered."""

    call_sid: str


class Detect(Struct, frozen=True):
    """Machine detection has told who answered."""

    call_sid: str


class GiveUp(Struct, frozen=True):
    """The phone has rung for as long as it may."""

    call_sid: str


class HangUp(Struct, frozen=True):
    """The person, or the call's time limit, ends the call.

    For ``listed_seconds`` after that, listings show the leg as connected.
    """

    call_sid: str
    listed_seconds: float = 0.0


class Arrive(Struct, frozen=True):
    """A person dials in, to a room or, with ``to``, a number.

    ``withheld`` is why their address is not shown.
    """

    room: str
    sender: str
    label: str | None
    withheld: str = ""
    to: str = ""


class EndConference(Struct, frozen=True):
    """A conference that was told to end does."""

    conference_sid: str


Happening = Dial | Reach | PickUp | Detect | GiveUp | HangUp | Arrive | EndConference


class EventQueue(Struct):
    """Happenings by time; at the same moment, in the order they were added."""

    _heap: list[tuple[float, int, Happening]] = field(default_factory=list)
    _added: int = 0

    def add(self, at: float, happening: Happening) -> None:
        """It will happen at this moment."""
        heapq.heappush(self._heap, (at, self._added, happening))
        self._added += 1

    @property
    def next_at(self) -> float | None:
        """When the next thing happens; None when nothing is to come."""
        return self._heap[0][0] if self._heap else None

    def pop(self) -> tuple[float, Happening]:
        """The next thing, with its moment."""
        at, _, happening = heapq.heappop(self._heap)
        return at, happening
