"""Queue of future events."""

import heapq
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Dial:
    """A call leaves the queue."""

    call_sid: str


@dataclass(frozen=True, slots=True)
class Reach:
    """The far end is reached: it rings, is busy or fails."""

    call_sid: str


@dataclass(frozen=True, slots=True)
class PickUp:
    """The phone is answered."""

    call_sid: str


@dataclass(frozen=True, slots=True)
class Detect:
    """Machine detection has told who answered."""

    call_sid: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The phone has rung for as long as it may."""

    call_sid: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """The person, or the call's time limit, ends the call.

    For ``listed_seconds`` after that, listings show the leg as connected.
    """

    call_sid: str
    listed_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Arrive:
    """A person dials in, to a room or, with ``to``, a number.

    ``withheld`` is why their address is not shown.
    """

    room: str
    sender: str
    label: str | None
    withheld: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class EndConference:
    """A conference that was told to end does."""

    conference_sid: str


Happening = Dial | Reach | PickUp | Detect | GiveUp | HangUp | Arrive | EndConference


@dataclass(slots=True)
class EventQueue:
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
