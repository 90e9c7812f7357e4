"""What webhooks told of legs, until an observation shows it."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from reconciler.model.recorded_observation import LegEvent

MOST_EVENTS: Final = 1000
"""Events of a room that are kept: every change of a full conference, four times."""


@dataclass(slots=True)
class LegEventBuffer:
    """Events of legs by room. They date what is observed, and decide nothing."""

    _rooms: dict[str, deque[LegEvent]] = field(default_factory=dict)

    def add(self, room: str, event: LegEvent) -> None:
        """*event* of a leg of *room* came; a webhook and Event Streams may bring the same."""
        known = self._rooms.setdefault(room, deque(maxlen=MOST_EVENTS))
        if _number(event) not in map(_number, known):
            known.append(event)

    def since(self, room: str, at: float | None) -> tuple[LegEvent, ...]:
        """The events of *room* after the observation at *at*; older ones go."""
        known = [x for x in self._rooms.pop(room, ()) if at is None or x.by > at]
        if known:
            self._rooms[room] = deque(known, maxlen=MOST_EVENTS)
        return tuple(known)

    def forget(self, rooms: Collection[str]) -> None:
        """Another process works on *rooms* now."""
        for room in rooms:
            self._rooms.pop(room, None)


def _number(event: LegEvent) -> tuple[str, int, str]:
    """What tells events apart: conferences number theirs."""
    return event.conference_sid, event.sequence, event.call_sid
