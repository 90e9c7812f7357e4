"""Calls that events report, until a lost create's attempt is placed by one."""

from collections import OrderedDict
from collections.abc import Collection
from typing import Final

from msgspec import Struct, field

from reconciler.model.reported_call import ReportedCall

MOST_REPORTS: Final = 200
"""Reports of a room that are kept, the newest: one for each create."""


class ReportedCallBuffer(Struct):
    """Reports by room. They say where to look, and decide nothing.

    In memory: after a restart a lost create is looked for without them.
    """

    _rooms: dict[str, OrderedDict[ReportedCall, None]] = field(default_factory=dict)

    def add(self, room: str, report: ReportedCall) -> bool:
        """*report* of a call into *room* came. False if it was here before."""
        known = self._rooms.setdefault(room, OrderedDict())
        if report in known:
            return False
        known[report] = None
        if len(known) > MOST_REPORTS:
            known.popitem(last=False)
        return True

    def of(self, room: str) -> tuple[ReportedCall, ...]:
        """The reports of *room*, oldest first."""
        return tuple(self._rooms.get(room, ()))

    def forget(self, rooms: Collection[str]) -> None:
        """Another process works on *rooms* now."""
        for room in rooms:
            self._rooms.pop(room, None)
