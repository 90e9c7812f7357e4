"""One pass over one room: observe, plan, record the intent, apply, record the outcome.

Nothing is read again after planning: the next pass does that.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.ports import Clock, Notes, Provider, Store
from reconciler.engine.room.apply import Application, PlanApplier
from reconciler.engine.room.call_batch import VERIFY_SECONDS
from reconciler.engine.room.evaluate import Evaluation, RoomPhase, evaluate
from reconciler.engine.room.event_recorder import EventRecorder
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.pass_record import (
    RECALLED,
    PassRecord,
    already_told,
    held_up,
)
from reconciler.engine.waiting import run_to_completion
from reconciler.model.action import Change, Remove, Ring
from reconciler.model.errors import ReconcilerError
from reconciler.model.ledger import Ledger
from reconciler.model.observation import (
    Conference,
    ConferenceStatus,
    Observation,
    Unknown,
)
from reconciler.model.policy import UNRESTRICTED, Policy
from reconciler.planning.authority import Authority
from reconciler.planning.leg_intervals import with_status
from reconciler.planning.order import SILENCING, step_of
from reconciler.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class ReconcileResult:
    """A look and what was done about it.

    ``requeue_after`` is in seconds. ``run`` is the name under which the pass is
    on record, "" if nothing of it is.
    """

    evaluation: Evaluation
    outcomes: tuple[ActionOutcome, ...] = ()
    requeue_after: float | None = None
    run: str = ""

    @property
    def room(self) -> str:
        return self.evaluation.room

    @property
    def state(self) -> RoomPhase:
        """The room's state as it was seen, before the deeds."""
        return self.evaluation.state


@dataclass(slots=True)
class Reconciler:
    """Makes passes on somebody's behalf.

    ``cause`` says whose; ``forced`` is a person's reason for letting withheld
    actions through, or None. ``asked`` says that a person waits for what comes of
    it: the first pass over a room tries at once what did not work before.
    ``only`` has the labels to act on by room, for rooms in which not all are.
    ``bind`` holds back a look that is not as planned.
    """

    store: Store
    provider: Provider
    clock: Clock
    applier: PlanApplier
    new_run: Callable[[], str]
    cause: str
    forced: str | None = None
    account_sid: str = ""
    asked: bool = False
    policy: Callable[[], Policy] = lambda: UNRESTRICTED
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    bind: Callable[[Evaluation], Evaluation] = lambda seen: seen
    _reported: dict[str, frozenset[str]] = field(default_factory=dict)
    _acted_on: set[str] = field(default_factory=set)
    _observed_at: dict[str, float] = field(default_factory=dict)
    _started: dict[str, str] = field(default_factory=dict)

    async def evaluate(
        self,
        room: str,
        desired: Desired | None,
        ledger: Ledger,
        conference: Conference | Unknown | None,
        under_way: frozenset[int] = frozenset(),
    ) -> Evaluation:
        """One look at *room*, with nothing written; see ``evaluate.evaluate``.

        *under_way* are attempts whose answers were not on record before the
        ledger was read.
        """
        if self.asked and room not in self._acted_on:
            ledger = replace(ledger, asked=True)
        seen = await evaluate(
            room,
            desired,
            replace(ledger, under_way=under_way),
            provider=self.provider,
            conference=conference,
            clock=self.clock,
            authority=Authority(self.account_sid, self.forced, self.policy()),
            only=self.only.get(room),
        )
        return self.bind(seen)

    def nothing_to_do(self, evaluation: Evaluation) -> bool:
        """Whether a pass over what was *evaluation* would send and write nothing."""
        if evaluation.plan.actions:
            return False
        if not self._intent(self._record(evaluation, "", None)).empty:
            return False
        self._noted(evaluation)
        return True

    def unchanged(self, room: str, at: float) -> None:
        """*room* showed at *at*, in Unix seconds, what is on record of it."""
        self._observed_at[room] = at

    async def act_on(
        self, session: LeaseSession, evaluation: Evaluation, cause: str | None = None
    ) -> ReconcileResult:
        """Record and do what was *evaluation*, which must still stand under the lease.

        Rings, and requests that hang, continue beside this pass: what became of those
        of earlier passes is among the deeds. Whoever cancels this waits until what
        has begun is finished and on record.

        *cause* is whose wish it is, if not ours. Raises RoomBusy when the lease
        is lost, StoreError, CredentialsRefused.
        """
        earlier = self.applier.calls.collect(evaluation.room)
        if evaluation.observation is None:
            return ReconcileResult(
                evaluation, tuple(earlier), evaluation.plan.requeue_after
            )
        evaluation, unanswered = self._without_busy(evaluation)
        self._acted_on.add(evaluation.room)
        record = self._record(evaluation, self.new_run(), cause)
        intended = await self._record_intent(session, record)
        application = self.applier.begin(
            session, evaluation, record.recorder, unanswered
        )
        work = self._apply(session, record, application, earlier, intended=intended)
        async with session.in_use():
            outcomes = await run_to_completion(work, application.cancel)
        wait = _requeue_after(evaluation.plan, outcomes)
        return ReconcileResult(evaluation, tuple(outcomes), wait, record.recorder.run)

    def _without_busy(
        self, evaluation: Evaluation
    ) -> tuple[Evaluation, tuple[Change | Remove, ...]]:
        """The look without people about whom a request is not answered yet.

        Also the silences that are left out with them.
        """
        busy = self.applier.calls.late.busy(evaluation.room)
        actions = evaluation.plan.actions
        late = [e for e in actions if not isinstance(e, Ring) and e.call_sid in busy]
        if not late:
            return evaluation, ()
        left = tuple(each for each in actions if each not in late)
        silences = tuple(each for each in late if step_of(each) in SILENCING)
        plan = replace(evaluation.plan, actions=left)
        return replace(evaluation, plan=plan), silences

    def _record(
        self, evaluation: Evaluation, run: str, cause: str | None
    ) -> PassRecord:
        observed = evaluation.observation
        recorder = EventRecorder(
            evaluation.room,
            evaluation.plan.generation,
            run,
            cause or self.cause,
            observed if isinstance(observed, Observation) else None,
        )
        return PassRecord(
            evaluation,
            recorder,
            self.account_sid,
            self._observed_at.get(evaluation.room),
            self._started.get(evaluation.room),
        )

    async def _record_intent(self, session: LeaseSession, record: PassRecord) -> bool:
        """Put on record what was seen and is to be done; whether there was any."""
        await self._recall_told(record.evaluation)
        notes = self._intent(record)
        if not notes.empty:
            await session.note(notes)
        self._noted(record.evaluation)
        return bool(notes.events)

    async def _recall_told(self, evaluation: Evaluation) -> None:
        """Read what an earlier process told, on the first look with anything to tell."""
        room, lines = evaluation.room, held_up(evaluation.plan)
        if lines and room not in self._reported:
            told = await self.store.events(room, limit=RECALLED)
            self._reported[room] = already_told(lines, told)

    async def _apply(
        self,
        session: LeaseSession,
        record: PassRecord,
        application: Application,
        earlier: Sequence[ActionOutcome],
        *,
        intended: bool,
    ) -> list[ActionOutcome]:
        """Do it and put the outcome on record, whatever ends it."""
        applied = await application.run()
        now = self.clock()
        if applied.error is not None:
            with suppress(ReconcilerError):
                await session.note(record.done(applied.outcomes, now))
            raise applied.error
        notes = record.outcome(earlier, applied.outcomes, now, intended=intended)
        await session.note(notes)
        return [*earlier, *applied.outcomes]

    def _intent(self, record: PassRecord) -> Notes:
        reported = self._reported.get(record.evaluation.room, frozenset())
        return record.intent(reported, self.clock())

    def _noted(self, evaluation: Evaluation) -> None:
        """What was told once is not told again; an unknown look tells nothing."""
        room, observation = evaluation.room, evaluation.observation
        if evaluation.plan.unknown is None:
            self._reported[room] = frozenset(held_up(evaluation.plan))
            self._observed_at[room] = evaluation.observed_at
        if isinstance(observation, Observation):
            conference = with_status(observation, self._started.get(room))
            if conference and conference.status is ConferenceStatus.IN_PROGRESS:
                self._started[room] = conference.sid


def _requeue_after(plan: Plan, outcomes: Sequence[ActionOutcome]) -> float | None:
    times = [
        outcome.retry_after for outcome in outcomes if outcome.retry_after is not None
    ]
    if any(outcome.result is Outcome.DONE for outcome in outcomes):
        times.append(VERIFY_SECONDS)
    if plan.requeue_after is not None:
        times.append(plan.requeue_after)
    return min(times) if times else None
