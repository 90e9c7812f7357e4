"""One pass over one room, on one page.

read      the room's declaration and ledger, of one moment     ``BatchReader``
observe   its conference at Twilio, or why that is unknown     ``observe``
plan      the difference, as data                              ``PlanMemo``
confirm   what an unmute relies on, by its own record          ``confirmed``
record    what was seen and is about to be done                ``PassRecord.intent``
apply     the plan, one step after the other                   ``Application.run``
record    what became of it                                    ``PassRecord.outcome``

Nothing is read again after planning: the next pass does that. A room is leased when
there is something to record or apply; until then a pass writes nothing.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.ports import Clock, Lease, Notes, Provider, Store
from reconciler.engine.reads.conference_cache import ConferenceCache
from reconciler.engine.reads.store_reader import BatchReader
from reconciler.engine.room.account_change import until_left
from reconciler.engine.room.apply import Application, PlanApplier
from reconciler.engine.room.call_batch import VERIFY_SECONDS
from reconciler.engine.room.confirm_unmutes import confirmed
from reconciler.engine.room.evaluate import (
    STABLE_PHASES,
    Evaluation,
    RoomPhase,
    is_managed,
    observe,
    untouched,
)
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.engine.room.leg_event_buffer import LegEventBuffer
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.pass_history import PassHistory
from reconciler.engine.room.pass_options import PassOptions
from reconciler.engine.room.pass_record import PassRecord
from reconciler.engine.room.plan_memo import PlanMemo
from reconciler.engine.room.room_leases import RoomLeases
from reconciler.engine.waiting import run_to_completion
from reconciler.model.action import Ring
from reconciler.model.errors import ReconcilerError, RoomMoved
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Conference, Observation, Unknown
from reconciler.planning.authority import Authority
from reconciler.planning.order import SILENCING, step_of
from reconciler.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class ReconcileResult:
    """A pass: what was evaluated, and what was done about it.

    ``requeue_after`` is in seconds. ``run`` is the name under which the pass is
    on record, "" if nothing of it is. ``began_at`` is when it began to read, in Unix
    seconds. ``planned`` is the evaluation with all that was to be done, None where
    nothing was written or sent. ``deferred`` says that something of it must wait.
    """

    evaluation: Evaluation
    outcomes: tuple[ActionOutcome, ...] = ()
    requeue_after: float | None = None
    run: str = ""
    began_at: float = 0.0
    planned: Evaluation | None = None
    deferred: bool = False

    @property
    def room(self) -> str:
        return self.evaluation.room

    @property
    def state(self) -> RoomPhase:
        """The room's state as it was seen, before the actions."""
        return self.evaluation.state


@dataclass(slots=True)
class Reconciler:
    """Makes passes.

    ``on_planned`` is told of a plan that is about to be applied, and of the Unix time
    at which its pass began.
    """

    store: Store
    provider: Provider
    clock: Clock
    applier: PlanApplier
    options: PassOptions
    leases: RoomLeases
    conferences: ConferenceCache
    history: PassHistory
    on_planned: Callable[[Evaluation, float], None] = lambda *_: None
    leg_events: LegEventBuffer = field(default_factory=LegEventBuffer)
    memo: PlanMemo = field(default_factory=PlanMemo)
    reader: BatchReader = field(init=False)
    _acting: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.reader = BatchReader(self.store, self.clock)

    def forget(self, rooms: Collection[str]) -> None:
        """Another process works on *rooms* now."""
        self.leg_events.forget(rooms)
        self.memo.forget(rooms)

    async def reconcile(
        self, room: str, *, may_act: bool = True, cause: str | None = None
    ) -> ReconcileResult:
        """Make one pass over *room*; without *may_act* it applies only silences.

        *cause* is whose wish it is, if not that of the options. Raises RoomBusy while
        another process holds the room and something is to be done, StoreError,
        TwilioError. Whoever cancels this waits until what has begun is finished and
        on record.
        """
        began = self.clock()
        session = await self.leases.held(room)
        desired, ledger = await self._read(room)
        observation = await self._observe(room, desired, ledger)
        evaluation = self._plan(room, desired, ledger, observation)
        if may_act:
            evaluation = await self._confirmed(evaluation, ledger)
        if session is None:
            idle = self._nothing_to_do(evaluation)
            if idle or not (may_act or _silences_of(evaluation).plan.actions):
                look = _unapplied(evaluation, self.applier.calls.collect(room))
                return replace(look, began_at=began, deferred=not idle)
            self._expect_changes(evaluation)
        permitted = evaluation if may_act else _silences_of(evaluation)
        cause, begun = cause or self.options.cause, None
        if session is None:
            session, begun = await self._leased(permitted, cause)
            if not _still_stands(evaluation, session.lease):
                return await self.reconcile(room, may_act=may_act, cause=cause)
        self.on_planned(evaluation, began)
        with self._acting_in(room):
            result = await self._act(session, permitted, cause, begun)
        deferred = len(permitted.plan.actions) < len(evaluation.plan.actions)
        return replace(result, began_at=began, planned=evaluation, deferred=deferred)

    def _expect_changes(self, evaluation: Evaluation) -> None:
        """Have connections made ahead while the lease and the intent are written."""
        people = {
            x.call_sid for x in evaluation.plan.actions if not isinstance(x, Ring)
        }
        if people:
            self.provider.expect(len(people))

    async def _leased(
        self, evaluation: Evaluation, cause: str
    ) -> tuple[LeaseSession, PassRecord | None]:
        """A lease of the room, and the record of the pass if its intent is written.

        It is written with the lease, in one transaction, where nobody can have acted
        since the room was read; but for a room with requests that hang, which decide
        what of the plan is sent.
        """
        room, free = evaluation.room, evaluation.ledger.last_free_token
        if free is None or self.applier.calls.late.hang_in(room):
            return await self.leases.take(room), None
        record, intent = await self._intent(evaluation, cause)
        session = await self.leases.take(room, intent, free + 1)
        if not _still_stands(evaluation, session.lease):
            return session, None
        return session, self._written(evaluation, record, intent)

    async def _act(
        self,
        session: LeaseSession,
        evaluation: Evaluation,
        cause: str,
        begun: PassRecord | None,
    ) -> ReconcileResult:
        """Record what is to be done, apply it, record what became of it.

        *begun* is the record of a pass whose intent is written. Calls, and requests
        that hang, continue beside the pass: what became of those of earlier passes is
        among the outcomes.
        """
        room, calls = evaluation.room, self.applier.calls
        earlier = calls.collect(room)
        if evaluation.observation is None:
            return _unapplied(evaluation, earlier)
        evaluation, unanswered = calls.late.without_unanswered(evaluation)
        self.history.acted_on.add(room)
        record = begun
        if record is None:
            record, intent = await self._intent(evaluation, cause)
            if self._is_all(session, evaluation, intent, earlier):
                await self.leases.conclude(room, intent)
                self._written(evaluation, record, intent)
                return replace(_unapplied(evaluation, ()), run=record.recorder.run)
            if not intent.empty:
                await session.note(intent)
            record = self._written(evaluation, record, intent)
        application = self.applier.begin(
            session, evaluation, record.recorder, unanswered
        )
        work = self._apply(session, record, application, earlier)
        async with session.in_use():
            outcomes = await run_to_completion(work, application.cancel)
        wait = _requeue_after(evaluation.plan, outcomes)
        return ReconcileResult(evaluation, outcomes, wait, record.recorder.run)

    async def _read(self, room: str) -> tuple[Desired | None, Ledger]:
        """What the store has of *room*, of one moment."""
        under_way = self.applier.calls.under_way(room)
        desired, ledger = await self.reader.current(room)
        self._require_own(room, desired)
        asked = self.options.asked and room not in self.history.acted_on
        return desired, replace(ledger, under_way=under_way, asked=asked)

    def _require_own(self, room: str, desired: Desired | None) -> None:
        """RoomMoved for a room in which another account acts."""
        if desired is not None and desired.account != self.options.account:
            raise RoomMoved(f"Account {desired.account} acts in room '{room}'.")

    async def _observe(
        self, room: str, desired: Desired | None, ledger: Ledger
    ) -> Observation | Unknown | None:
        """What Twilio shows of *room*, None for a room that is not managed.

        A remembered conference is believed only if somebody is in it.
        """
        if not is_managed(desired):
            return None
        hint = await self.conferences.hint(room)
        observation = await self._observed(room, hint.shown, ledger)
        if hint.fresh or (isinstance(observation, Observation) and observation.live):
            return observation
        if isinstance(observation, Unknown):
            self.conferences.forget(room)
            return observation
        return await self._observed(room, await self.conferences.of(room), ledger)

    async def _observed(
        self, room: str, conference: Conference | Unknown | None, ledger: Ledger
    ) -> Observation | Unknown:
        return await observe(
            room, ledger, conference, provider=self.provider, clock=self.clock
        )

    def _plan(
        self,
        room: str,
        desired: Desired | None,
        ledger: Ledger,
        observation: Observation | Unknown | None,
    ) -> Evaluation:
        options, now = self.options, self.clock()
        if desired is None or observation is None:
            return options.bind(untouched(room, desired, now))
        authority = Authority(options.account_sid, options.forced, options.policy())
        only = options.only.get(room)
        seen = self.memo.compared(
            desired, ledger, observation, now, authority=authority, only=only
        )
        events = self.leg_events.since(room, self.history.observed_at(room))
        return options.bind(replace(until_left(seen), events=events))

    async def _confirmed(self, evaluation: Evaluation, ledger: Ledger) -> Evaluation:
        """*evaluation*, with what its unmutes rely on read from its own record."""
        room, desired = evaluation.room, evaluation.desired

        def plan(observation: Observation) -> Evaluation:
            return self._plan(room, desired, ledger, observation)

        return await confirmed(evaluation, self.provider, self.clock, plan)

    async def _intent(
        self, evaluation: Evaluation, cause: str
    ) -> tuple[PassRecord, Notes]:
        """The record of a pass over what was *evaluation*, and its intent."""
        run = self.options.new_run()
        await self.history.recall(self.store, evaluation)
        record = self.history.record_of(evaluation, run, cause)
        return record, record.intent(self.clock())

    def _written(
        self, evaluation: Evaluation, record: PassRecord, intent: Notes
    ) -> PassRecord:
        """The record of a pass once *intent* is on record."""
        self.history.evaluated(evaluation)
        return replace(record, intended=bool(intent.events))

    def _is_all(
        self,
        session: LeaseSession,
        evaluation: Evaluation,
        intent: Notes,
        earlier: Sequence[ActionOutcome],
    ) -> bool:
        """Whether the pass comes to *intent* alone, and the room to rest with it."""
        more = evaluation.plan.actions or earlier or intent.events or intent.empty
        rests = evaluation.state in STABLE_PHASES and not session.notes_wait
        return rests and not more and not self.applier.calls.active(evaluation.room)

    async def _apply(
        self,
        session: LeaseSession,
        record: PassRecord,
        application: Application,
        earlier: Sequence[ActionOutcome],
    ) -> tuple[ActionOutcome, ...]:
        """Apply the plan and record the outcome, whatever ends it."""
        applied = await application.run()
        now = self.clock()
        if applied.error is not None:
            with suppress(ReconcilerError):
                await session.note(record.done(applied.outcomes, now))
            raise applied.error
        await session.note(record.outcome(earlier, applied.outcomes, now))
        return (*earlier, *applied.outcomes)

    def _nothing_to_do(self, evaluation: Evaluation) -> bool:
        """Whether a pass over what was *evaluation* would send and write nothing."""
        if evaluation.plan.actions:
            return False
        record = self.history.record_of(evaluation, "", self.options.cause)
        if not record.intent(self.clock()).empty:
            return False
        self.history.evaluated(evaluation)
        return True

    def acts_in(self, room: str) -> bool:
        """Whether requests of a pass over *room* may be under way that change it."""
        return room in self._acting

    @contextmanager
    def _acting_in(self, room: str) -> Iterator[None]:
        self._acting.add(room)
        try:
            yield
        finally:
            self._acting.discard(room)


def _unapplied(
    evaluation: Evaluation, outcomes: Sequence[ActionOutcome]
) -> ReconcileResult:
    return ReconcileResult(evaluation, tuple(outcomes), evaluation.plan.requeue_after)


def _silences_of(evaluation: Evaluation) -> Evaluation:
    """The evaluation with its silences alone: they wait for no other room."""
    actions = tuple(x for x in evaluation.plan.actions if step_of(x) in SILENCING)
    return replace(evaluation, plan=replace(evaluation.plan, actions=actions))


def _still_stands(evaluation: Evaluation, lease: Lease) -> bool:
    """Whether nobody can have acted between reading and *lease*.

    Nobody held the room when it was read, and the lease is the very next one.
    """
    free = evaluation.ledger.last_free_token
    return free is not None and lease.fencing_token == free + 1


def _requeue_after(plan: Plan, outcomes: Sequence[ActionOutcome]) -> float | None:
    times = [
        outcome.retry_after for outcome in outcomes if outcome.retry_after is not None
    ]
    if any(outcome.result is Outcome.DONE for outcome in outcomes):
        times.append(VERIFY_SECONDS)
    if plan.requeue_after is not None:
        times.append(plan.requeue_after)
    return min(times) if times else None
