"""Index from calls and conferences to rooms."""

from collections import OrderedDict
from collections.abc import Collection
from typing import Final

from msgspec import Struct, field

from reconciler.engine.loop.observer import NullObserver
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.converged_room import RestoredRoom

MOST: Final = 100_000
"""Calls and conferences that are kept in mind; the oldest go first."""


class CallIndex(Struct, NullObserver):
    """Learns SIDs from every observation; asked when a webhook names no room of ours."""

    _rooms: OrderedDict[str, str] = field(default_factory=OrderedDict)

    def on_evaluated(
        self,
        result: ReconcileResult,
        drift: Collection[str],  # noqa: ARG002 - ControllerObserver
        at: float,  # noqa: ARG002 - ControllerObserver
    ) -> None:
        """Note a room's conference, and the calls of its open attempts."""
        if result.evaluation.plan.conference is not None:
            self._rooms[result.evaluation.plan.conference.sid] = result.room
        for record in result.evaluation.ledger.records.values():
            for attempt in record.attempts:
                if attempt.open and attempt.call_sid:
                    self._rooms[attempt.call_sid] = result.room
        self._forget_oldest()

    def on_restored(self, restored: RestoredRoom, at: float) -> None:  # noqa: ARG002 - ControllerObserver
        """Note a room's conference, and the calls of its participants."""
        room = restored.room
        self._rooms[restored.converged.conference_sid] = room
        for leg in restored.observed.legs:
            self._rooms[leg.call_sid] = room
        self._forget_oldest()

    def _forget_oldest(self) -> None:
        while len(self._rooms) > MOST:
            self._rooms.popitem(last=False)

    def room_of(self, sid: str) -> str | None:
        """The room of a call or conference, None if no look has shown it."""
        return self._rooms.get(sid)
