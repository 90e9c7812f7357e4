"""Worker: evaluates one room and runs a pass under a lease if needed.

A room is leased from the first pass that has something to do until it is at rest,
or until it need not be looked at for a while. A room that is as declared is never
leased: visiting it writes nothing.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from reconciler.engine.desired_room import Standing
from reconciler.engine.loop.observer import RunOutcome
from reconciler.engine.loop.resync_schedule import CHANGING_SECONDS, ObservedConference
from reconciler.engine.ports import Clock, Lease, Store
from reconciler.engine.reads.conference_cache import ConferenceCache
from reconciler.engine.reads.store_reader import BatchReader
from reconciler.engine.reads.unchanged import UnchangedCache
from reconciler.engine.room.background_work import BackgroundWork
from reconciler.engine.room.evaluate import STABLE_PHASES, Evaluation, RoomPhase
from reconciler.engine.room.lease_session import HEARTBEATS_PER_LEASE, LeaseSession
from reconciler.engine.room.outcome import Outcome
from reconciler.engine.room.reconcile import Reconciler, ReconcileResult
from reconciler.model.errors import ReconcilerError, RoomBusy
from reconciler.model.observation import Observation, Unknown
from reconciler.planning.order import SILENCING, step_of
from reconciler.planning.plan_events import coached

RELEASE_SECONDS = 2.0
"""Seconds in which leases are to be given back at the end."""

_TROUBLED = frozenset(
    {Outcome.FAILED, Outcome.UNTAKEN, Outcome.UNKNOWN, Outcome.DELAYED}
)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a visit came to.

    ``active`` says that something happened in the room, ``managed`` that it is
    ours. ``requeue_after`` is in seconds; None leaves the next visit to the resync.
    ``observed`` is what a whole look showed, None without one. ``until`` is the Unix
    time at which the roster that was looked at ends to count, None if never.
    """

    outcome: RunOutcome
    active: bool = False
    managed: bool = True
    requeue_after: float | None = None
    observed: ObservedConference | None = None
    until: float | None = None


UNCHANGED = RunResult(RunOutcome.UNCHANGED)
"""A room that is at rest and as it was at the last look."""


@dataclass(slots=True)
class RoomWorker:
    """Visits rooms in the name of *owner*, which no other process may share.

    A room is leased for ``lease_seconds``: the time after which it is free when
    this process dies.

    ``requeue`` is told, in seconds, when a room should be visited for what
    became of its creates. ``on_evaluated`` is told of every whole look, ``on_unchanged`` of every visit that needed
    none, both of the Unix time at which it began; ``on_planned`` of a look that is
    about to be acted on.
    """

    store: Store
    reconciler: Reconciler
    conference_cache: ConferenceCache
    unchanged: UnchangedCache
    clock: Clock
    owner: str
    on_evaluated: Callable[[ReconcileResult, float], None]
    on_unchanged: Callable[[str, float], None]
    lease_seconds: float
    requeue: Callable[[str, float], None]
    on_planned: Callable[[Evaluation, float], None] = lambda *_: None
    _sessions: dict[str, LeaseSession] = field(default_factory=dict)
    _acting: set[str] = field(default_factory=set)
    _last: dict[str, Evaluation] = field(default_factory=dict)
    _reader: BatchReader = field(init=False)

    def __post_init__(self) -> None:
        self._calls.requeue = self.requeue
        self._reader = BatchReader(self.store, self.clock)

    @property
    def _calls(self) -> BackgroundWork:
        return self.reconciler.applier.calls

    def holds(self, room: str) -> bool:
        """Whether we hold the room's lease, as far as we know."""
        return room in self._sessions

    def acts_on(self, room: str) -> bool:
        """Whether requests of ours for *room* may be under way that change it."""
        return room in self._acting

    async def run(self, room: str, *, may_act: bool, cause: str | None) -> RunResult:
        """Look at *room*, and put it right if that is allowed, or else silence only.

        A room of which somebody said something (*cause*) is looked at whole.
        Raises RoomBusy while another process holds the room and something is to
        be done, StoreError, TwilioError. Then the room is not held.
        """
        self._calls.resume(room)
        try:
            if cause is None and not self.holds(room):
                began = self.clock()
                if await self.unchanged.is_current(room):
                    self.reconciler.unchanged(room, began)
                    self.on_unchanged(room, began)
                    return UNCHANGED
            return await self._run_whole(room, may_act=may_act, cause=cause)
        except BaseException as error:
            self.unchanged.invalidate((room,))
            if isinstance(error, RoomBusy) or not self._calls.active(room):
                await self.release((room,))
            raise

    async def release(self, rooms: Iterable[str] | None = None) -> None:
        """Release *rooms*, by default all; what cannot be released expires."""
        chosen = list(self._sessions) if rooms is None else rooms
        sessions = [self._sessions.pop(each, None) for each in chosen]
        leases = [each.lease for each in sessions if each is not None]
        with suppress(TimeoutError):
            async with asyncio.timeout(RELEASE_SECONDS):
                await asyncio.gather(*map(self._release_lease, leases))

    async def finish(self, room: str) -> None:
        """Wait for the answers to the creates of *room*, tell of them, and let it go."""
        await self._calls.finish(room)
        self._tell_of_calls(room)
        self._calls.raise_error(room)
        await self.release((room,))

    async def part(self, rooms: Collection[str]) -> None:
        """Let *rooms* go, once what was sent is answered; nothing more is sent."""
        self.place_no_calls(rooms)
        await asyncio.gather(*map(self._part, rooms))

    def place_no_calls(self, rooms: Iterable[str]) -> None:
        """Place no more calls for *rooms*, also in a pass under way, until ``run``."""
        for room in rooms:
            self._calls.stop(room)

    async def _part(self, room: str) -> None:
        with suppress(ReconcilerError):
            await self.finish(room)
        await self.release((room,))

    def _tell_of_calls(self, room: str) -> None:
        """Tell what became of creates that no later pass reports."""
        last, outcomes = self._last.get(room), self._calls.collect(room)
        if outcomes and last is not None:
            self.on_evaluated(ReconcileResult(last, tuple(outcomes)), self.clock())

    async def close(self, within: float) -> None:
        """End what is under way, and let all rooms go.

        Creates have *within* seconds to be answered; what then is not is looked
        for by the next process.
        """
        await self._calls.close(within)
        for room in tuple(self._last):
            self._tell_of_calls(room)
        await self._reader.close()
        await self.unchanged.close()
        await self.release()

    async def _run_whole(
        self, room: str, *, may_act: bool, cause: str | None
    ) -> RunResult:
        self.unchanged.invalidate((room,))
        session = await self._valid(room)
        if session is not None:
            return await self._pass(session, cause, may_act=may_act)
        began = self.clock()
        evaluation = await self._evaluate(room)
        no_changes = self.reconciler.nothing_to_do(evaluation)
        if no_changes or not (may_act or _silences_of(evaluation).plan.actions):
            rung = tuple(self._calls.collect(room))
            result = ReconcileResult(evaluation, rung, evaluation.plan.requeue_after)
            self.on_evaluated(result, began)
            self._calls.raise_error(room)
            if no_changes:
                self.unchanged.put(evaluation, self._ttl_seconds(evaluation))
            return _result(
                result, RunOutcome.NO_CHANGES if no_changes else RunOutcome.DEFERRED
            )
        session = await self._leased(room)
        if not _still_stands(evaluation, session.lease):
            return await self._pass(session, cause, may_act=may_act)
        return await self._act(session, evaluation, cause, began, may_act=may_act)

    def _ttl_seconds(self, evaluation: Evaluation) -> float:
        """Seconds for which the roster that was looked at still counts."""
        return (
            float("inf")
            if evaluation.until is None
            else evaluation.until - self.clock()
        )

    async def _leased(self, room: str) -> LeaseSession:
        """A lease of *room*, taken now; RoomBusy while another process has it."""
        ttl = self.lease_seconds
        lease = await self.store.acquire(room, self.owner, self.clock(), ttl)
        session = LeaseSession(self.store, self.clock, lease, ttl)
        self._sessions[room] = session
        return session

    async def _valid(self, room: str) -> LeaseSession | None:
        """Our lease of *room*. One that ran out here may still stand in SQL."""
        session = self._sessions.get(room)
        if session is not None and not session.valid:
            await self.release((room,))
            return None
        return session

    async def _evaluate(self, room: str) -> Evaluation:
        """What is there, with nothing written; a room not ours is not asked for.

        The conference may be the one remembered only if somebody is in it.
        """
        evaluate = self.reconciler.evaluate
        under_way = self._calls.under_way(room)
        desired, ledger = await self._reader.of(room)
        if desired is not None and desired.due(self.clock()):
            await self.store.advance(self.clock())
            desired, ledger = await self._reader.of(room)
        if desired is None or desired.standing is not Standing.MANAGED:
            return await evaluate(room, desired, ledger, None)
        hint = await self.conference_cache.hint(room)
        evaluation = await evaluate(room, desired, ledger, hint.shown, under_way)
        if hint.fresh or _borne_out(evaluation):
            return evaluation
        if isinstance(evaluation.observation, Unknown):
            self.conference_cache.forget(room)
            return evaluation
        shown = await self.conference_cache.of(room)
        return await evaluate(room, desired, ledger, shown, under_way)

    async def _pass(
        self, session: LeaseSession, cause: str | None, *, may_act: bool
    ) -> RunResult:
        """A look under the lease, and what it shows to be done."""
        began = self.clock()
        await session.valid_lease()
        evaluation = await self._evaluate(session.room)
        return await self._act(session, evaluation, cause, began, may_act=may_act)

    async def _act(
        self,
        session: LeaseSession,
        evaluation: Evaluation,
        cause: str | None,
        began: float,
        *,
        may_act: bool,
    ) -> RunResult:
        """Act on what was seen; the lease is kept if a look soon follows."""
        wanted = evaluation if may_act else _silences_of(evaluation)
        self.on_planned(evaluation, began)
        self._acting.add(session.room)
        try:
            result = await self.reconciler.act_on(session, wanted, cause)
        finally:
            self._acting.discard(session.room)
        self._last[session.room] = evaluation
        self.on_evaluated(result, began)
        self._calls.raise_error(session.room)
        deferred = len(wanted.plan.actions) < len(evaluation.plan.actions)
        run_result = _result(
            result, RunOutcome.DEFERRED if deferred else RunOutcome.ACTED
        )
        over = run_result.outcome is not RunOutcome.ACTED or not self._goes_on(result)
        if over and not self._calls.active(session.room):
            self._last.pop(session.room, None)
            await self.release((session.room,))
        return run_result

    def _goes_on(self, result: ReconcileResult) -> bool:
        """Whether the room is to be looked at again within a heartbeat."""
        if result.state in STABLE_PHASES and not result.outcomes:
            return False
        soon = self.lease_seconds / HEARTBEATS_PER_LEASE
        return result.requeue_after is not None and result.requeue_after <= soon

    async def _release_lease(self, lease: Lease) -> None:
        with suppress(ReconcilerError):
            await self.store.release(lease)


def _silences_of(evaluation: Evaluation) -> Evaluation:
    """The look with its silences alone: they wait for no other room."""
    actions = tuple(x for x in evaluation.plan.actions if step_of(x) in SILENCING)
    return replace(evaluation, plan=replace(evaluation.plan, actions=actions))


def _borne_out(evaluation: Evaluation) -> bool:
    """Whether somebody is in the conference, so that it cannot be over."""
    return (
        isinstance(evaluation.observation, Observation) and evaluation.observation.live
    )


def _still_stands(evaluation: Evaluation, lease: Lease) -> bool:
    """Whether nobody can have acted between a look and *lease*.

    Nobody held the room at the look, and the lease is the very next one.
    """
    free = evaluation.ledger.last_free_token
    return free is not None and lease.fencing_token == free + 1


def _result(result: ReconcileResult, outcome: RunOutcome) -> RunResult:
    """What *result* came to, if it is not trouble."""
    requeue_after = result.requeue_after
    if requeue_after is None and result.state not in STABLE_PHASES:
        requeue_after = CHANGING_SECONDS
    return RunResult(
        _outcome(result, outcome),
        active=bool(result.outcomes or result.evaluation.plan.actions),
        managed=result.state not in {RoomPhase.PAUSED, RoomPhase.RELEASED},
        requeue_after=requeue_after,
        observed=_observed(result),
        until=result.evaluation.until,
    )


def _observed(result: ReconcileResult) -> ObservedConference | None:
    """What the look showed of the room, None if it showed nothing for certain."""
    observation = result.evaluation.observation
    if not isinstance(observation, Observation):
        return None
    conference = observation.conference
    sid = conference.sid if conference else None
    return ObservedConference(sid, coached(result.evaluation.plan.people, observation))


def _outcome(result: ReconcileResult, otherwise: RunOutcome) -> RunOutcome:
    if result.state is RoomPhase.UNKNOWN:
        return RunOutcome.UNKNOWN
    if any(
        _troubled(outcome.result, outcome.retry_after) for outcome in result.outcomes
    ):
        return RunOutcome.FAILED
    return otherwise


def _troubled(result: Outcome, retry_after: float | None) -> bool:
    """Whether a deed makes the room wait longer each time.

    One that was told how long to wait is the account's matter, not the room's.
    """
    return result in _TROUBLED and retry_after is None
