"""Index from calls and conferences to rooms."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from reconciler.engine.loop.observer import NullObserver
from reconciler.engine.room.reconcile import ReconcileResult

MOST: Final = 100_000
"""Calls and conferences that are kept in mind; the oldest go first."""


@dataclass(slots=True)
class CallIndex(NullObserver):
    """Learns SIDs from every look; asked when a webhook names no room of ours."""

    _rooms: OrderedDict[str, str] = field(default_factory=OrderedDict)

    def looked(self, made: ReconcileResult, drift: Collection[str], at: float) -> None:  # noqa: ARG002 - Watch
        """Note a room's conference, and the calls of its open attempts."""
        if made.look.plan.conference is not None:
            self._rooms[made.look.plan.conference.sid] = made.room
        for record in made.look.ledger.records.values():
            for attempt in record.attempts:
                if attempt.open and attempt.call_sid:
                    self._rooms[attempt.call_sid] = made.room
        while len(self._rooms) > MOST:
            self._rooms.popitem(last=False)

    def room_of(self, sid: str) -> str | None:
        """The room of a call or conference, None if no look has shown it."""
        return self._rooms.get(sid)
