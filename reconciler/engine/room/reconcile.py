"""One pass over one room, on one page.

read      the room's declaration and ledger, of one moment     ``RoomEvaluator.read``
observe   its conference at Twilio, or why that is unknown     ``RoomEvaluator.observe``
plan      the difference, as data                              ``RoomEvaluator.plan``
confirm   a listing that is old, and what an unmute relies on  ``RoomEvaluator.confirm``
record    what was seen and is about to be done                ``PassRecorder.intent``
apply     the plan, one step after the other                   ``Application.run``
record    what became of it                                    ``PassRecorder.outcome``

After planning only three things are read: the listing once more where it is a second
old, the records that an unmute relies on, which may change the plan, and the room's
version before each step, which may end the pass. A room is leased when there is something
to record or apply; until then a pass writes nothing.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.ports import Clock, Provider, Store
from reconciler.engine.reads.conference_cache import ConferenceCache
from reconciler.engine.room.apply import Application, PlanApplier
from reconciler.engine.room.call_batch import VERIFY_SECONDS
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.pass_history import PassHistory
from reconciler.engine.room.pass_notes import PassNotes
from reconciler.engine.room.pass_options import PassOptions
from reconciler.engine.room.pass_recorder import LeasedPass, PassRecorder
from reconciler.engine.room.reported_call_buffer import ReportedCallBuffer
from reconciler.engine.room.room_evaluator import RoomEvaluator
from reconciler.engine.room.room_leases import RoomLeases
from reconciler.engine.waiting import run_to_completion
from reconciler.model.action import Ring
from reconciler.planning.order import SILENCING, step_of
from reconciler.planning.plan import Plan


class ReconcileResult(Struct, frozen=True):
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
    reported_calls: ReportedCallBuffer = field(default_factory=ReportedCallBuffer)
    evaluator: RoomEvaluator = field(init=False)
    recorder: PassRecorder = field(init=False)
    _acting: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        calls, history = self.applier.calls, self.history
        self.evaluator = RoomEvaluator(
            self.store,
            self.provider,
            self.clock,
            self.options,
            self.conferences,
            history,
            calls,
            reported_calls=self.reported_calls,
        )
        self.recorder = PassRecorder(
            self.store, self.clock, self.options, self.leases, history, calls
        )

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
        desired, ledger = await self.evaluator.read(room)
        observation = await self.evaluator.observe(room, desired, ledger)
        evaluation = self.evaluator.plan(room, desired, ledger, observation)
        if may_act:
            evaluation = await self.evaluator.confirm(evaluation, ledger)
        permitted = evaluation if may_act else _silences_of(evaluation)
        if session is None:
            idle = self.recorder.nothing_to_do(evaluation)
            if idle or not (may_act or permitted.plan.actions):
                look = _unapplied(evaluation, self.applier.calls.collect(room))
                return replace(look, began_at=began, deferred=not idle)
        leased = await self._leased(session, permitted, cause or self.options.cause)
        if leased is None:
            return await self.reconcile(room, may_act=may_act, cause=cause)
        self.on_planned(evaluation, began)
        with self._acting_in(room):
            result = await self._act(leased, permitted)
        deferred = len(permitted.plan.actions) < len(evaluation.plan.actions)
        return replace(result, began_at=began, planned=evaluation, deferred=deferred)

    async def _leased(
        self, session: LeaseSession | None, evaluation: Evaluation, cause: str
    ) -> LeasedPass | None:
        """A lease for the pass; None if another process may have acted meanwhile."""
        if session is not None:
            return LeasedPass(session, cause)
        self._expect_changes(evaluation)
        return await self.recorder.lease(evaluation, cause)

    def _expect_changes(self, evaluation: Evaluation) -> None:
        """Have connections made ahead while the lease and the intent are written."""
        people = {
            x.call_sid for x in evaluation.plan.actions if not isinstance(x, Ring)
        }
        if people:
            self.provider.expect(len(people))

    async def _act(self, leased: LeasedPass, evaluation: Evaluation) -> ReconcileResult:
        """Record what is to be done, apply it, record what became of it.

        Calls, and requests that hang, continue beside the pass: what became of those
        of earlier passes is among the outcomes.
        """
        room, calls = evaluation.room, self.applier.calls
        earlier = calls.collect(room)
        if evaluation.observation is None:
            return _unapplied(evaluation, earlier)
        evaluation, unanswered = calls.late.without_unanswered(evaluation)
        self.history.acted_on.add(room)
        notes, is_all = await self.recorder.intent(leased, evaluation, earlier)
        if is_all:
            return replace(_unapplied(evaluation, ()), run=notes.recorder.run)
        application = self.applier.begin(
            leased.session,
            evaluation,
            notes.recorder,
            unanswered,
            checked=leased.checked,
        )
        work = self._apply(leased.session, notes, application, earlier)
        async with leased.session.in_use():
            outcomes = await run_to_completion(work, application.cancel)
        wait = _requeue_after(evaluation.plan, outcomes)
        return ReconcileResult(evaluation, outcomes, wait, notes.recorder.run)

    async def _apply(
        self,
        session: LeaseSession,
        notes: PassNotes,
        application: Application,
        earlier: Sequence[ActionOutcome],
    ) -> tuple[ActionOutcome, ...]:
        """Apply the plan and record the outcome, whatever ends it."""
        applied = await application.run()
        await self.recorder.outcome(session, notes, earlier, applied)
        return (*earlier, *applied.outcomes)

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

    def forget(self, rooms: Collection[str]) -> None:
        """Another process works on *rooms* now."""
        self.evaluator.forget(rooms)

    async def close(self) -> None:
        """End the reads that are under way."""
        await self.evaluator.reader.close()


def _unapplied(
    evaluation: Evaluation, outcomes: Sequence[ActionOutcome]
) -> ReconcileResult:
    return ReconcileResult(evaluation, tuple(outcomes), evaluation.plan.requeue_after)


def _silences_of(evaluation: Evaluation) -> Evaluation:
    """The evaluation with its silences alone: they wait for no other room."""
    actions = tuple(x for x in evaluation.plan.actions if step_of(x) in SILENCING)
    return replace(evaluation, plan=replace(evaluation.plan, actions=actions))


def _requeue_after(plan: Plan, outcomes: Sequence[ActionOutcome]) -> float | None:
    times = [
        outcome.retry_after for outcome in outcomes if outcome.retry_after is not None
    ]
    if any(outcome.result is Outcome.DONE for outcome in outcomes):
        times.append(VERIFY_SECONDS)
    if plan.requeue_after is not None:
        times.append(plan.requeue_after)
    return min(times) if times else None
