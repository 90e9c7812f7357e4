"""Worker: evaluates one room and runs a pass under a lease if needed.

A room is leased from the first pass that has something to do until it is at rest,
or until it need not be looked at for a while. A room that is as declared is never
leased: visiting it writes nothing.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from reconciler.engine.loop.observer import RunOutcome
from reconciler.engine.loop.resync_schedule import CHANGING, ObservedConference
from reconciler.engine.ports import Clock, Lease, Standing, Store
from reconciler.engine.reads.conference_cache import ConferenceCache
from reconciler.engine.reads.store_reader import BatchReader
from reconciler.engine.reads.unchanged import UnchangedCache
from reconciler.engine.room.background_work import BackgroundWork
from reconciler.engine.room.evaluate import AT_REST, Evaluation, RoomPhase
from reconciler.engine.room.lease_session import HEARTBEATS_PER_LEASE, LeaseSession
from reconciler.engine.room.outcome import Outcome
from reconciler.engine.room.reconcile import Reconciler, ReconcileResult
from reconciler.model.errors import ReconcilerError, RoomBusy
from reconciler.model.observation import Observation, Unknown
from reconciler.planning.order import SILENCING, step_of
from reconciler.planning.plan_events import coached

RELEASE_WITHIN = 2.0
"""Seconds in which leases are to be given back at the end."""

_TROUBLED = frozenset(
    {Outcome.FAILED, Outcome.UNTAKEN, Outcome.UNKNOWN, Outcome.DELAYED}
)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a visit came to.

    ``moved`` says that something happened in the room, ``managed`` that it is
    ours. ``again`` is in seconds; None leaves the next visit to the resync.
    ``seen`` is what a whole look showed, None without one. ``until`` is the Unix
    time at which the roster that was looked at ends to count, None if never.
    """

    ending: RunOutcome
    moved: bool = False
    managed: bool = True
    again: float | None = None
    seen: ObservedConference | None = None
    until: float | None = None


UNCHANGED = RunResult(RunOutcome.RESTED)
"""A room that is at rest and as it was at the last look."""


@dataclass(slots=True)
class RoomWorker:
    """Visits rooms in the name of *owner*, which no other process may share.

    A room is leased for ``lease_seconds``: the time after which it is free when
    this process dies.

    ``look_again`` is told, in seconds, when a room should be visited for what
    became of its creates. ``looked`` is told of every whole look, ``rested`` of every visit that needed
    none, both of the Unix time at which it began.
    """

    store: Store
    reconciler: Reconciler
    surveyor: ConferenceCache
    rests: UnchangedCache
    clock: Clock
    owner: str
    looked: Callable[[ReconcileResult, float], None]
    rested: Callable[[str, float], None]
    lease_seconds: float
    look_again: Callable[[str, float], None]
    _sessions: dict[str, LeaseSession] = field(default_factory=dict)
    _acting: set[str] = field(default_factory=set)
    _last: dict[str, Evaluation] = field(default_factory=dict)
    _reader: BatchReader = field(init=False)

    def __post_init__(self) -> None:
        self._calls.look_again = self.look_again
        self._reader = BatchReader(self.store, self.clock)

    @property
    def _calls(self) -> BackgroundWork:
        return self.reconciler.actor.calls

    def holds(self, room: str) -> bool:
        """Whether we hold the room's lease, as far as we know."""
        return room in self._sessions

    def acts_on(self, room: str) -> bool:
        """Whether requests of ours for *room* may be under way that change it."""
        return room in self._acting

    async def visit(self, room: str, *, may_act: bool, cause: str | None) -> RunResult:
        """Look at *room*, and put it right if that is allowed, or else silence only.

        A room of which somebody said something (*cause*) is looked at whole.
        Raises RoomBusy while another process holds the room and something is to
        be done, StoreError, TwilioError. Then the room is not held.
        """
        try:
            if cause is None and not self.holds(room):
                began = self.clock()
                if await self.rests.lasts(room):
                    self.rested(room, began)
                    return UNCHANGED
            return await self._visited(room, may_act=may_act, cause=cause)
        except BaseException as error:
            self.rests.drop((room,))
            if isinstance(error, RoomBusy) or not self._calls.active(room):
                await self.let_go((room,))
            raise

    async def let_go(self, rooms: Iterable[str] | None = None) -> None:
        """Release *rooms*, by default all; what cannot be released expires."""
        chosen = list(self._sessions) if rooms is None else rooms
        sessions = [self._sessions.pop(each, None) for each in chosen]
        leases = [each.lease for each in sessions if each is not None]
        with suppress(TimeoutError):
            async with asyncio.timeout(RELEASE_WITHIN):
                await asyncio.gather(*map(self._release, leases))

    async def finish(self, room: str) -> None:
        """Wait for the answers to the creates of *room*, tell of them, and let it go."""
        await self._calls.finish(room)
        self._tell_of_calls(room)
        self._calls.raise_error(room)
        await self.let_go((room,))

    def _tell_of_calls(self, room: str) -> None:
        """Tell what became of creates that no later pass reports."""
        last, deeds = self._last.get(room), self._calls.collect(room)
        if deeds and last is not None:
            self.looked(ReconcileResult(last, tuple(deeds)), self.clock())

    async def close(self, within: float) -> None:
        """End what is under way, and let all rooms go.

        Creates have *within* seconds to be answered; what then is not is looked
        for by the next process.
        """
        await self._calls.close(within)
        for room in tuple(self._last):
            self._tell_of_calls(room)
        await self._reader.close()
        await self.rests.close()
        await self.let_go()

    async def _visited(
        self, room: str, *, may_act: bool, cause: str | None
    ) -> RunResult:
        self.rests.drop((room,))
        session = await self._valid(room)
        if session is not None:
            return await self._pass(session, cause, may_act=may_act)
        began = self.clock()
        seen = await self._look(room)
        quiet = self.reconciler.quiet(seen)
        if quiet or not (may_act or _silences_of(seen).plan.actions):
            rung = tuple(self._calls.collect(room))
            made = ReconcileResult(seen, rung, seen.plan.requeue_after)
            self.looked(made, began)
            self._calls.raise_error(room)
            if quiet:
                self.rests.keep(seen, self._lasts(seen))
            return _visit(made, RunOutcome.QUIET if quiet else RunOutcome.OWED)
        session = await self._leased(room)
        if not _still_stands(seen, session.lease):
            return await self._pass(session, cause, may_act=may_act)
        return await self._act(session, seen, cause, began, may_act=may_act)

    def _lasts(self, seen: Evaluation) -> float:
        """Seconds for which the roster that was looked at still counts."""
        return float("inf") if seen.until is None else seen.until - self.clock()

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
            await self.let_go((room,))
            return None
        return session

    async def _look(self, room: str) -> Evaluation:
        """What is there, with nothing written; a room not ours is not asked for.

        The conference may be the one remembered only if somebody is in it.
        """
        look = self.reconciler.look
        under_way = self._calls.under_way(room)
        desired, ledger = await self._reader.of(room)
        if desired is not None and desired.due(self.clock()):
            await self.store.advance(self.clock())
            desired, ledger = await self._reader.of(room)
        if desired is None or desired.standing is not Standing.MANAGED:
            return await look(room, desired, ledger, None)
        hint = await self.surveyor.hint(room)
        seen = await look(room, desired, ledger, hint.shown, under_way)
        if hint.fresh or _borne_out(seen):
            return seen
        if isinstance(seen.observation, Unknown):
            self.surveyor.forget(room)
            return seen
        shown = await self.surveyor.of(room)
        return await look(room, desired, ledger, shown, under_way)

    async def _pass(
        self, session: LeaseSession, cause: str | None, *, may_act: bool
    ) -> RunResult:
        """A look under the lease, and what it shows to be done."""
        began = self.clock()
        await session.valid_lease()
        seen = await self._look(session.room)
        return await self._act(session, seen, cause, began, may_act=may_act)

    async def _act(
        self,
        session: LeaseSession,
        seen: Evaluation,
        cause: str | None,
        began: float,
        *,
        may_act: bool,
    ) -> RunResult:
        """Act on what was seen; the lease is kept if a look soon follows."""
        wanted = seen if may_act else _silences_of(seen)
        self._acting.add(session.room)
        try:
            made = await self.reconciler.act_on(session, wanted, cause)
        finally:
            self._acting.discard(session.room)
        self._last[session.room] = seen
        self.looked(made, began)
        self._calls.raise_error(session.room)
        owed = len(wanted.plan.actions) < len(seen.plan.actions)
        visit = _visit(made, RunOutcome.OWED if owed else RunOutcome.ACTED)
        over = visit.ending is not RunOutcome.ACTED or not self._goes_on(made)
        if over and not self._calls.active(session.room):
            self._last.pop(session.room, None)
            await self.let_go((session.room,))
        return visit

    def _goes_on(self, made: ReconcileResult) -> bool:
        """Whether the room is to be looked at again within a heartbeat."""
        if made.state in AT_REST and not made.deeds:
            return False
        soon = self.lease_seconds / HEARTBEATS_PER_LEASE
        return made.requeue_after is not None and made.requeue_after <= soon

    async def _release(self, lease: Lease) -> None:
        with suppress(ReconcilerError):
            await self.store.release(lease)


def _silences_of(seen: Evaluation) -> Evaluation:
    """The look with its silences alone: they wait for no other room."""
    actions = tuple(x for x in seen.plan.actions if step_of(x) in SILENCING)
    return replace(seen, plan=replace(seen.plan, actions=actions))


def _borne_out(seen: Evaluation) -> bool:
    """Whether somebody is in the conference, so that it cannot be over."""
    return isinstance(seen.observation, Observation) and seen.observation.live


def _still_stands(seen: Evaluation, lease: Lease) -> bool:
    """Whether nobody can have acted between a look and *lease*.

    Nobody held the room at the look, and the lease is the very next one.
    """
    free = seen.ledger.free_epoch
    return free is not None and lease.epoch == free + 1


def _visit(made: ReconcileResult, ending: RunOutcome) -> RunResult:
    """What *made* came to, if it is not trouble."""
    again = made.requeue_after
    if again is None and made.state not in AT_REST:
        again = CHANGING
    return RunResult(
        _ending(made, ending),
        moved=bool(made.deeds or made.look.plan.actions),
        managed=made.state not in {RoomPhase.PAUSED, RoomPhase.RELEASED},
        again=again,
        seen=_seen(made),
        until=made.look.until,
    )


def _seen(made: ReconcileResult) -> ObservedConference | None:
    """What the look showed of the room, None if it showed nothing for certain."""
    observation = made.look.observation
    if not isinstance(observation, Observation):
        return None
    conference = observation.conference
    sid = conference.sid if conference else None
    return ObservedConference(sid, coached(made.look.plan.people, observation))


def _ending(made: ReconcileResult, otherwise: RunOutcome) -> RunOutcome:
    if made.state is RoomPhase.UNKNOWN:
        return RunOutcome.UNKNOWN
    if any(_troubled(deed.result, deed.retry_after) for deed in made.deeds):
        return RunOutcome.FAILED
    return otherwise


def _troubled(result: Outcome, retry_after: float | None) -> bool:
    """Whether a deed makes the room wait longer each time.

    One that was told how long to wait is the account's matter, not the room's.
    """
    return result in _TROUBLED and retry_after is None
