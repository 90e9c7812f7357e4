"""The records of a pass: its intent, written with the lease or after it, its outcome."""

from collections.abc import Sequence
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.ports import Clock, FirstNotes, Lease, Notes, Store
from reconciler.engine.room.apply import Applied
from reconciler.engine.room.background_work import BackgroundWork
from reconciler.engine.room.evaluation import STABLE_PHASES, Evaluation
from reconciler.engine.room.freshness import CheckedVersion
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.engine.room.outcome import ActionOutcome
from reconciler.engine.room.pass_history import PassHistory
from reconciler.engine.room.pass_notes import PassNotes
from reconciler.engine.room.pass_options import PassOptions
from reconciler.engine.room.room_leases import RoomLeases
from reconciler.model.errors import ReconcilerError


class LeasedPass(Struct, frozen=True):
    """A pass over a leased room; ``notes`` is None until its intent is written.

    ``checked`` is the room's version where it was read after planning.
    """

    session: LeaseSession
    cause: str
    notes: PassNotes | None = None
    checked: CheckedVersion | None = None


class PassRecorder(Struct):
    """Puts passes on record; ``calls`` is what is under way beside them."""

    store: Store
    clock: Clock
    options: PassOptions
    leases: RoomLeases
    history: PassHistory
    calls: BackgroundWork

    def nothing_to_do(self, evaluation: Evaluation) -> bool:
        """Whether a pass over what was *evaluation* would send and write nothing."""
        if evaluation.plan.actions:
            return False
        notes = self.history.notes_of(evaluation, "", self.options.cause)
        if not notes.intent(self.clock()).empty:
            return False
        self.history.evaluated(evaluation)
        return True

    async def lease(self, evaluation: Evaluation, cause: str) -> LeasedPass | None:
        """Lease the room; None if another process may have acted since it was read.

        The intent is written with the lease, in one transaction, where nobody can have
        acted; but for a room with requests that hang, which decide what of the plan is
        sent.
        """
        room, free = evaluation.room, evaluation.ledger.last_free_token
        if free is None or self.calls.late.hang_in(room):
            session = await self.leases.take(room)
            still = _still_stands(evaluation, session.lease)
            return LeasedPass(session, cause) if still else None
        notes, intent = await self._intent(evaluation, cause)
        began = self.clock()
        session = await self.leases.take(room, FirstNotes(intent, free + 1))
        if not _still_stands(evaluation, session.lease):
            return None
        written = self._written(evaluation, notes, intent)
        checked = CheckedVersion(session.lease.version, began)
        return LeasedPass(session, cause, written, checked)

    async def intent(
        self,
        leased: LeasedPass,
        evaluation: Evaluation,
        earlier: Sequence[ActionOutcome],
    ) -> tuple[PassNotes, bool]:
        """Write what was seen and is about to be done, unless it is; whether that is all.

        If it is, the room was let go with it. *earlier* are outcomes of requests of
        earlier passes.
        """
        if leased.notes is not None:
            return leased.notes, False
        notes, intent = await self._intent(evaluation, leased.cause)
        is_all = self._is_all(leased.session, evaluation, intent, earlier)
        if is_all:
            await self.leases.conclude(evaluation.room, intent)
        elif not intent.empty:
            await leased.session.note(intent)
        return self._written(evaluation, notes, intent), is_all

    async def outcome(
        self,
        session: LeaseSession,
        notes: PassNotes,
        earlier: Sequence[ActionOutcome],
        applied: Applied,
    ) -> None:
        """Write what became of the plan; raises the error that ended it early."""
        now = self.clock()
        if applied.error is not None:
            with suppress(ReconcilerError):
                await session.note(notes.done(applied.outcomes, now))
            raise applied.error
        await session.note(notes.outcome(earlier, applied.outcomes, now))

    async def _intent(
        self, evaluation: Evaluation, cause: str
    ) -> tuple[PassNotes, Notes]:
        """The notes of a pass over what was *evaluation*, and its intent."""
        run = self.options.new_run()
        await self.history.recall(self.store, evaluation)
        notes = self.history.notes_of(evaluation, run, cause)
        return notes, notes.intent(self.clock())

    def _written(
        self, evaluation: Evaluation, notes: PassNotes, intent: Notes
    ) -> PassNotes:
        """The notes of a pass once *intent* is on record."""
        self.history.evaluated(evaluation)
        return replace(notes, intended=bool(intent.events))

    def _is_all(
        self,
        session: LeaseSession,
        evaluation: Evaluation,
        intent: Notes,
        earlier: Sequence[ActionOutcome],
    ) -> bool:
        """Whether the pass comes to *intent* alone, and the room to rest with it."""
        more = evaluation.plan.actions or earlier or intent.events or intent.empty
        at_rest = evaluation.state in STABLE_PHASES and not session.notes_wait
        return at_rest and not more and not self.calls.active(evaluation.room)


def _still_stands(evaluation: Evaluation, lease: Lease) -> bool:
    """Whether nobody can have acted between reading and *lease*.

    Nobody held the room when it was read, and the lease is the very next one.
    """
    free = evaluation.ledger.last_free_token
    return free is not None and lease.fencing_token == free + 1
