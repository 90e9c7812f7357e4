"""Worker: takes a room, makes a pass over it, and says when the next is due.

A room stays leased from the first pass that has something to do until it is at rest,
or until it need not be looked at for a while. A room that is as declared is never
leased: visiting it writes nothing.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from reconciler.engine.loop.observer import RunOutcome
from reconciler.engine.loop.resync_schedule import CHANGING_SECONDS, ObservedConference
from reconciler.engine.loop.unchanged import UnchangedCache
from reconciler.engine.ports import Clock, Visiting
from reconciler.engine.room.background_work import BackgroundWork
from reconciler.engine.room.evaluation import STABLE_PHASES, Evaluation, RoomPhase
from reconciler.engine.room.lease_session import HEARTBEATS_PER_LEASE
from reconciler.engine.room.outcome import Outcome
from reconciler.engine.room.reconcile import Reconciler, ReconcileResult
from reconciler.engine.room.room_leases import RoomLeases
from reconciler.model.converged_room import RestoredRoom
from reconciler.model.errors import ReconcilerError, RoomBusy
from reconciler.model.observation import Observation
from reconciler.planning.plan_events import coached

_TROUBLED = frozenset(
    {Outcome.FAILED, Outcome.UNTAKEN, Outcome.UNKNOWN, Outcome.DELAYED}
)


class RunResult(Struct, frozen=True):
    """What a visit came to.

    ``active`` says that something happened in the room, ``managed`` that it is ours.
    ``requeue_after`` is in seconds; None leaves the next visit to the resync.
    ``observed`` is what a whole observation showed, None without one. ``until`` is the
    Unix time at which the roster that was looked at ends to count, None if never.
    """

    outcome: RunOutcome
    active: bool = False
    managed: bool = True
    requeue_after: float | None = None
    observed: ObservedConference | None = None
    until: float | None = None


UNCHANGED = RunResult(RunOutcome.UNCHANGED)
"""A room that is at rest and as it was at the last observation."""


@dataclass(slots=True)
class RoomWorker:
    """Visits rooms.

    ``requeue`` is told, in seconds, when a room should be visited for what became of
    its creates. ``on_evaluated`` is told of every pass; ``on_unchanged`` of every visit
    that needed none, and of the Unix time at which it began. ``on_restored`` is told
    first where that rests on what another process evaluated.
    """

    reconciler: Reconciler
    unchanged: UnchangedCache
    clock: Clock
    on_evaluated: Callable[[ReconcileResult], None]
    on_unchanged: Callable[[str, float], None]
    requeue: Callable[[str, float], None]
    on_restored: Callable[[RestoredRoom, float], None] = lambda _room, _at: None
    _last: dict[str, Evaluation] = field(default_factory=dict)
    _calls: BackgroundWork = field(init=False)
    _leases: RoomLeases = field(init=False)

    def __post_init__(self) -> None:
        self._calls = self.reconciler.applier.calls
        self._leases = self.reconciler.leases
        self._calls.requeue = self.requeue

    def acts_in(self, room: str) -> bool:
        """Whether requests of ours for *room* may be under way that change it."""
        return self.reconciler.acts_in(room)

    def run(
        self, room: str, *, may_act: bool, cause: str | None
    ) -> Coroutine[Any, Any, RunResult]:
        """Look at *room*, and put it right if that is allowed, or else silence only.

        A room of which somebody said something (*cause*) is looked at whole.
        Raises as ``Reconciler.reconcile`` does; then the room is not held.
        """
        visiting = self.reconciler.options.visiting
        if visiting is None:
            return self._visit(room, may_act, cause)
        return self._traced(visiting, room, may_act, cause)

    async def _traced(
        self, visiting: Visiting, room: str, may_act: bool, cause: str | None
    ) -> RunResult:
        with visiting(room, cause):
            return await self._visit(room, may_act, cause)

    async def _visit(self, room: str, may_act: bool, cause: str | None) -> RunResult:
        self._calls.resume(room)
        began = self.clock()
        try:
            if (
                cause is None
                and not self._leases.holds(room)
                and await self.unchanged.is_current(room)
            ):
                self._note_unchanged(room, began)
                return UNCHANGED
            self.unchanged.invalidate((room,))
            result = await self.reconciler.reconcile(room, may_act=may_act, cause=cause)
            return await self._conclude(result)
        except BaseException as error:
            self.unchanged.invalidate((room,))
            if isinstance(error, RoomBusy) or not self._calls.active(room):
                await self._leases.release((room,))
            raise

    def _note_unchanged(self, room: str, began: float) -> None:
        """A pass would come to nothing, as the last one did."""
        self.reconciler.history.unchanged(room, began)
        if restored := self.unchanged.take_restored(room):
            self.on_restored(restored, began)
        self.on_unchanged(room, began)

    async def _conclude(self, result: ReconcileResult) -> RunResult:
        """What the pass came to; the lease is kept if another soon follows."""
        room, run_result = result.room, _run_result(result)
        if result.planned is not None:
            self._last[room] = result.planned
        self.on_evaluated(result)
        self._calls.raise_error(room)
        if result.planned is None:
            if not result.deferred:
                self._rest(result.evaluation)
        elif not self._goes_on(result, run_result) and not self._calls.active(room):
            self._last.pop(room, None)
            await self._leases.release((room,))
        return run_result

    def _rest(self, evaluation: Evaluation) -> None:
        """Make no pass over the room until something of it changes."""
        until, forever = evaluation.until, float("inf")
        self.unchanged.put(
            evaluation, forever if until is None else until - self.clock()
        )

    def _goes_on(self, result: ReconcileResult, run_result: RunResult) -> bool:
        """Whether the room is to be looked at again within a heartbeat."""
        if run_result.outcome is not RunOutcome.ACTED:
            return False
        if result.state in STABLE_PHASES and not result.outcomes:
            return False
        soon = self._leases.lease_seconds / HEARTBEATS_PER_LEASE
        return result.requeue_after is not None and result.requeue_after <= soon

    async def finish(self, room: str) -> None:
        """Wait for the answers to the creates of *room*, tell of them, and let it go."""
        await self._calls.finish(room)
        self._report_calls(room)
        self._calls.raise_error(room)
        await self._leases.release((room,))

    async def part(self, rooms: Collection[str]) -> None:
        """Let *rooms* go, once what was sent is answered; nothing more is sent."""
        self.place_no_calls(rooms)
        await asyncio.gather(*map(self._part, rooms))

    def place_no_calls(self, rooms: Iterable[str]) -> None:
        """Place no more calls for *rooms*, also in a pass under way, until ``run``."""
        for room in rooms:
            self._calls.stop(room)

    async def _part(self, room: str) -> None:
        """A room that is visited again meanwhile stays: its passes need the lease."""
        await self._calls.finish(room)
        if not self._calls.halted(room):
            return
        with suppress(ReconcilerError):
            await self.finish(room)
        await self._leases.release((room,))
        await self._leases.hand_over(room)

    def _report_calls(self, room: str) -> None:
        """Tell what became of creates that no later pass reports."""
        last, outcomes = self._last.get(room), tuple(self._calls.collect(room))
        if outcomes and last is not None:
            self.on_evaluated(ReconcileResult(last, outcomes, began_at=self.clock()))

    async def close(self, within: float) -> None:
        """End what is under way, and let all rooms go.

        Creates have *within* seconds to be answered; what then is not is looked
        for by the next process.
        """
        await self._calls.close(within)
        for room in tuple(self._last):
            self._report_calls(room)
        await self.reconciler.close()
        await self.unchanged.close()
        await self._leases.release()


def _run_result(result: ReconcileResult) -> RunResult:
    """What *result* came to, and when the next pass is due."""
    requeue_after = result.requeue_after
    if requeue_after is None and result.state not in STABLE_PHASES:
        requeue_after = CHANGING_SECONDS
    return RunResult(
        _outcome(result),
        active=bool(result.outcomes or result.evaluation.plan.actions),
        managed=result.state not in {RoomPhase.PAUSED, RoomPhase.RELEASED},
        requeue_after=requeue_after,
        observed=_observed(result),
        until=result.evaluation.until,
    )


def _observed(result: ReconcileResult) -> ObservedConference | None:
    """What the observation showed of the room, None if it showed nothing for certain."""
    observation = result.evaluation.observation
    if not isinstance(observation, Observation):
        return None
    conference = observation.conference
    sid = conference.sid if conference else None
    return ObservedConference(sid, coached(result.evaluation.plan.people, observation))


def _outcome(result: ReconcileResult) -> RunOutcome:
    if result.state is RoomPhase.UNKNOWN:
        return RunOutcome.UNKNOWN
    if any(
        _troubled(outcome.result, outcome.retry_after) for outcome in result.outcomes
    ):
        return RunOutcome.FAILED
    if result.deferred:
        return RunOutcome.DEFERRED
    return RunOutcome.ACTED if result.planned else RunOutcome.NO_CHANGES


def _troubled(result: Outcome, retry_after: float | None) -> bool:
    """Whether an outcome makes the room back off.

    Not one with a Retry-After: that pauses the account, not the room.
    """
    return result in _TROUBLED and retry_after is None
