"""How far one room of a run has come, and when it is looked at next."""

from msgspec import Struct

from reconciler.engine.room.evaluation import STABLE_PHASES, RoomPhase
from reconciler.engine.room.outcome import Outcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.errors import RoomBusy

MIN_POLL_SECONDS = 0.25
MAX_POLL_SECONDS = 2.0
"""Seconds between two observations of a room that is being followed.

After something was done they begin with the shortest and double: people who
answer at once are seen at once, and a phone that rings long costs few looks.
"""

_DOUBLINGS = 8
MAX_FAILED_PASSES = 3
"""Passes in a row with a refused action after which a room is not followed on."""

MAX_UNKNOWN_PASSES = 4
"""Looks in a row that failed, with none before that did not, after which it ends."""


class FollowedRoom(Struct):
    """How far one room has come. ``settled`` says that nothing more is expected."""

    name: str
    last: ReconcileResult | None = None
    settled: bool = False
    busy: RoomBusy | None = None
    error: Exception | None = None
    looks: int = 0
    failed: int = 0
    unknown: int = 0
    known: bool = False

    def take(self, result: ReconcileResult, *, paused: bool) -> None:
        """A pass over the room; *paused* says that Twilio asked to wait."""
        self.last = result
        refused = any(outcome.result is Outcome.FAILED for outcome in result.outcomes)
        self.failed = self.failed + 1 if refused else 0
        self.looks = 0 if result.outcomes else self.looks + 1
        if result.state is not RoomPhase.UNKNOWN:
            self.known = True
        elif not self.known and not paused:
            self.unknown += 1

    @property
    def hopeless(self) -> bool:
        """Whether another observation would come to the same."""
        return self.failed >= MAX_FAILED_PASSES or self.unknown >= MAX_UNKNOWN_PASSES

    def wait(self) -> float | None:
        """Seconds until the next observation; None when nothing comes of it."""
        result = self.last
        if result is None or result.state in STABLE_PHASES or self.hopeless:
            return None
        asked = [d.retry_after for d in result.outcomes if d.retry_after is not None]
        if asked:
            return max(MIN_POLL_SECONDS, min(asked))
        wait = (
            MAX_POLL_SECONDS if result.requeue_after is None else result.requeue_after
        )
        backoff = MIN_POLL_SECONDS * 2.0 ** min(self.looks, _DOUBLINGS)
        return min(MAX_POLL_SECONDS, max(MIN_POLL_SECONDS, min(wait, backoff)))
