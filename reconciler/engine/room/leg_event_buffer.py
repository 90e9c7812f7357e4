"""What webhooks told of legs, until an observation shows it."""

from collections import OrderedDict
from collections.abc import Collection
from typing import Final, TypeAlias

from msgspec import Struct, field

from reconciler.model.recorded_observation import LegEvent

MOST_EVENTS: Final = 1000
"""Events of a room that are kept: every change of a full conference, four times."""

_Number: TypeAlias = tuple[str, int, str]


class LegEventBuffer(Struct):
    """Events of legs by room.

    They date what is observed, tell that a listing is outdated, and decide nothing.
    """

    _rooms: dict[str, OrderedDict[_Number, LegEvent]] = field(default_factory=dict)

    def add(self, room: str, event: LegEvent) -> None:
        """*event* of a leg of *room* came; a webhook and Event Streams may bring the same."""
        known = self._rooms.setdefault(room, OrderedDict())
        known.setdefault(_number(event), event)
        if len(known) > MOST_EVENTS:
            known.popitem(last=False)

    def since(self, room: str, at: float | None) -> tuple[LegEvent, ...]:
        """The events of *room* after *at*, in Unix seconds."""
        known = self._rooms.get(room, OrderedDict[_Number, LegEvent]()).values()
        return tuple(x for x in known if at is None or x.by > at)

    def discard(self, room: str, at: float) -> None:
        """Events of *room* until *at* say nothing any more."""
        known = self._rooms.pop(room, OrderedDict[_Number, LegEvent]())
        newer = OrderedDict((n, x) for n, x in known.items() if x.by > at)
        if newer:
            self._rooms[room] = newer

    def forget(self, rooms: Collection[str]) -> None:
        """Another process works on *rooms* now."""
        for room in rooms:
            self._rooms.pop(room, None)


def _number(event: LegEvent) -> _Number:
    """What tells events apart: conferences number theirs."""
    return event.conference_sid, event.sequence, event.call_sid
