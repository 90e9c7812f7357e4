"""Checks before each harmful step whether the plan is still current.

before              the room's row must be               the observation may be
a silence           managed                              of any age
a silence that is   managed, and nobody has decided      of any age
  sent again        anything about it since
anything else       the one planned for, and its         2 seconds old
                    roster must still count

Otherwise the pass ends, and the room is looked at again at once. A request leaves
within ``SEND_WITHIN_SECONDS`` of the read of the row, or not at all. The row is read
with the lease that is taken after planning, which serves the first step, or by itself.
"""

from msgspec import Struct

from reconciler.engine.desired_room import Standing, Version
from reconciler.engine.ports import SEND_WITHIN_SECONDS, Clock, Store
from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.planning.order import SILENCING, Step

MAX_OBSERVATION_AGE_SECONDS = 2.0
"""How old the observation may be on which somebody is called, exposed or removed."""

UNMANAGED = "the room is no longer managed"
CHANGED = "the room has changed since it was read"
OLD = "the room must be read again first"


CHECKED_SECONDS = 1.0
"""How old a version may be that serves a step; what follows must leave in the rest."""


class CheckedVersion(Struct, frozen=True):
    """A room's version, None if it was never loaded, whose read began at ``began_at``."""

    version: Version | None
    began_at: float


class Freshness(Struct):
    """Of one plan, which ``evaluate`` made. ``checked`` was read after that, if anything."""

    store: Store
    clock: Clock
    session: LeaseSession
    evaluation: Evaluation
    checked: CheckedVersion | None = None
    _checked_at: float = float("-inf")

    async def stale(self, step: Step, *, again: bool = False) -> str:
        """Why *step* must not be begun, "" if it may; one read at most.

        *again* is of a request that was sent before. Raises RoomBusy, StoreError.
        """
        checked = await self._checked()
        version = checked.version
        if version is None or version.standing is not Standing.MANAGED:
            return UNMANAGED
        planned = self.evaluation.version
        if again and (planned is None or version.decisions != planned.decisions):
            return CHANGED
        if step not in SILENCING:
            if version != self.evaluation.version:
                return CHANGED
            if not self.recent:
                return OLD
        self._checked_at = checked.began_at
        return ""

    async def _checked(self) -> CheckedVersion:
        """The version of now; one that was read with the lease serves once."""
        began, checked = self.clock(), self.checked
        self.checked = None
        if checked and 0.0 <= began - checked.began_at <= CHECKED_SECONDS:
            return checked
        version = await self.store.version(self.session.lease, began)
        return CheckedVersion(version, began)

    @property
    def recent(self) -> bool:
        """Whether the observation is young enough for anything, and the roster counts."""
        now, until = self.clock(), self.evaluation.until
        age = now - self.evaluation.listed_at
        counts = until is None or now < until
        return counts and 0.0 <= age <= MAX_OBSERVATION_AGE_SECONDS

    def may_send(self, step: Step) -> bool:
        """Whether a request of *step* may leave now, just before its first byte."""
        since = self.clock() - self._checked_at
        checked = 0.0 <= since <= SEND_WITHIN_SECONDS and self.session.valid
        return checked and (step in SILENCING or self.recent)
