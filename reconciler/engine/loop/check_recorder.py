"""Records when rooms were last observed, for other processes; rooms in batches.

A check of an unchanged room is written at most every ``REFRESH_SECONDS``, so that
such a room costs no statement of its own.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.engine.loop.observer import NullObserver
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.converged_room import RestoredRoom
from reconciler.model.errors import StoreError
from reconciler.model.masking import mask
from reconciler.model.observation import Observation
from reconciler.model.recorded_observation import RoomCheck
from reconciler.planning.plan import Phase

FLUSH_SECONDS = 2.0
"""Seconds between two writes of what is due."""

REFRESH_SECONDS = 10.0
"""Seconds after which a check is written again although nothing but its time changed."""

_LONGEST_REASON = 500


class CheckStore(Protocol):
    """What the recorder needs of a store."""

    async def record_checks(self, made: Sequence[RoomCheck]) -> None:
        """Record that rooms were observed, over earlier records of them."""
        ...


def check_of(evaluation: Evaluation, at: float) -> RoomCheck | None:
    """The check that an evaluation is, observed at *at*; None if it saw nothing."""
    if not isinstance(evaluation.observation, Observation):
        return None
    plan = evaluation.plan
    return RoomCheck(
        room=evaluation.room,
        checked_at=at,
        next_at=None,
        generation=plan.generation,
        state=str(evaluation.state),
        reason=mask(plan.stalled_reason or "")[:_LONGEST_REASON],
        connected=sum(person.phase is Phase.CONNECTED for person in plan.people),
        members=len(plan.people),
    )


class CheckRecorder(Struct, NullObserver):
    """An observer of the loop. ``period`` is within how many seconds every room is read."""

    store: CheckStore
    period: float
    _last: dict[str, RoomCheck] = field(default_factory=dict)
    _at: dict[str, float] = field(default_factory=dict)
    _written: dict[str, RoomCheck] = field(default_factory=dict)
    _observed: set[str] = field(default_factory=set)
    """Rooms that were observed since the last flush: no other can be due."""
    _left: set[str] = field(default_factory=set)
    """Rooms that are another process's: what is still reported of them is not recorded."""

    def on_new_room(self, room: str, at: float) -> None:  # noqa: ARG002 - not yet read
        """Its checks are recorded here from now on."""
        self._left.discard(room)

    def on_evaluated(
        self,
        result: ReconcileResult,
        drift: Collection[str],  # noqa: ARG002 - a check says only whether there is any
        at: float,
    ) -> None:
        """Remember the check, if it is one."""
        check = check_of(result.evaluation, at)
        if check is not None:
            self._note(check, at)

    def on_restored(self, restored: RestoredRoom, at: float) -> None:
        """The room is as declared: remember that as a check."""
        of = restored.converged
        check = RoomCheck(
            room=of.room,
            checked_at=at,
            next_at=None,
            generation=of.generation,
            state=str(RoomPhase.CONVERGED),
            connected=of.connected,
            members=of.members,
        )
        self._note(check, at)

    def _note(self, check: RoomCheck, at: float) -> None:
        if check.room in self._left:
            return
        self._last[check.room] = check
        self._at[check.room] = at
        self._observed.add(check.room)

    def on_unchanged(self, room: str, at: float) -> None:
        """The last check still holds."""
        if room in self._last:
            self._at[room] = at
            self._observed.add(room)

    def on_room_left(self, room: str) -> None:
        """Another process records its checks from now on."""
        self._left.add(room)
        self._observed.discard(room)
        for known in (self._last, self._at, self._written):
            known.pop(room, None)

    async def flush(self) -> None:
        """Write what is due; a database that is away gets it the next time."""
        last = [self._last[room] for room in self._observed]
        self._observed.clear()
        due = [self._latest(check) for check in last if self._due(check)]
        promised = [replace(x, next_at=x.checked_at + self.period) for x in due]
        if not await self._write(promised, due):
            self._observed |= self._last.keys() & {check.room for check in due}

    async def end(self, others: Collection[str] = ()) -> None:
        """Write every check for the last time: nobody promises a next one.

        Those of rooms that *others* observe are left as they are.
        """
        kept = (check for check in self._last.values() if check.room not in others)
        last = [self._latest(check) for check in kept]
        await self._write(last, last)

    async def _write(self, rows: list[RoomCheck], written: list[RoomCheck]) -> bool:
        """Whether the store took *rows*."""
        try:
            if rows:
                await self.store.record_checks(rows)
        except StoreError:
            return False
        self._written |= {check.room: check for check in written}
        return True

    def _due(self, check: RoomCheck) -> bool:
        before = self._written.get(check.room)
        if before is None:
            return True
        if self._at[check.room] - before.checked_at >= REFRESH_SECONDS:
            return True
        if check.checked_at < before.checked_at:
            return False
        return replace(before, checked_at=check.checked_at) != check

    def _latest(self, check: RoomCheck) -> RoomCheck:
        """What a whole observation came to, as of the last check, whole or not."""
        return replace(check, checked_at=self._at[check.room])
