"""What a sync came to: passes, outcomes, and the exit code for them."""

from msgspec import Struct, field

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.engine.room.outcome import UNSENT, ActionOutcome, Outcome
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.files import Loading
from reconciler.model.errors import RoomBusy
from reconciler.model.exit_code import (
    BUSY,
    FAILED,
    INTERRUPTED,
    INVALID,
    NOT_CONVERGED,
    UNREACHABLE,
    WITHHELD,
)
from reconciler.model.load_result import Loaded
from reconciler.planning.retry import place

UNREAD = "not read before the timeout"


class SyncRecord(Struct):
    """What it came to: the last pass of each room and every outcome.

    ``unread`` are rooms that nobody read before the time was up; ``timed`` says
    that there was any time.
    """

    loading: Loading
    loaded: Loaded
    passes: dict[str, ReconcileResult] = field(default_factory=dict)
    outcomes: dict[str, list[ActionOutcome]] = field(default_factory=dict)
    busy: dict[str, RoomBusy] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    timed: bool = True
    interrupted: bool = False

    @property
    def converged(self) -> bool:
        """Whether every room was seen to be as declared."""
        return not (self.interrupted or self.busy or self.unread) and all(
            reconciled.state is RoomPhase.CONVERGED
            for reconciled in self.passes.values()
        )

    @property
    def unreachable(self) -> bool:
        """Whether Twilio answered nothing in time, or nothing that can be used."""
        silent = bool(self.unread) and self.timed and not self.passes
        unknown = (
            reconciled.state is RoomPhase.UNKNOWN for reconciled in self.passes.values()
        )
        return silent or any(unknown)

    def tried(self, room: str) -> list[ActionOutcome]:
        """Actions that were begun: what was paced or skipped comes again."""
        return [
            outcome
            for outcome in self.outcomes.get(room, [])
            if outcome.result not in UNSENT
        ]


def _refused(result: SyncRecord, reconciled: ReconcileResult) -> bool:
    """Whether the room is not as declared, and the last try of a request was refused."""
    last = {
        (place(outcome.action) or outcome.action.label): outcome.result
        for outcome in result.tried(reconciled.room)
    }
    return (
        reconciled.state is not RoomPhase.CONVERGED and Outcome.FAILED in last.values()
    )


def exit_code(result: SyncRecord) -> int:
    """The first that holds; NOT_CONVERGED if nothing else does."""
    passes = result.passes.values()
    codes = (
        (INTERRUPTED, result.interrupted),
        (BUSY, bool(result.busy)),
        (UNREACHABLE, result.unreachable),
        (FAILED, any(_refused(result, reconciled) for reconciled in passes)),
        (INVALID, bool(result.loading.refused or result.loaded.foreign)),
        (0, result.converged),
        (WITHHELD, any(map(_waits_for_a_person, passes))),
    )
    return next((code for code, holds in codes if holds), NOT_CONVERGED)


def _waits_for_a_person(reconciled: ReconcileResult) -> bool:
    untouched = reconciled.state in {RoomPhase.PAUSED, RoomPhase.RELEASED}
    return reconciled.evaluation.plan.stalled or untouched
