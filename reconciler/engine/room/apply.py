"""Applies a plan step by step: one request per person at a time, calls rate-limited."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.ports import Changed, Clock, Notes, Provider, Store
from reconciler.engine.room.background_work import BackgroundWork
from reconciler.engine.room.call_batch import CallBatch, Offer
from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.event_recorder import EventRecorder
from reconciler.engine.room.failed_silences import FailedSilences
from reconciler.engine.room.freshness import CheckedVersion, Freshness
from reconciler.engine.room.late_requests import answered
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.engine.room.outcome import ActionOutcome, Outcome, error_outcome
from reconciler.engine.room.place_call import CallPlacer
from reconciler.engine.room.resend import Resend
from reconciler.model.action import Action, Change, Harm, Remove, Ring
from reconciler.model.errors import (
    CredentialsRefused,
    ReconcilerError,
    RefusalInDoubt,
    TwilioError,
)
from reconciler.model.observation import Participant
from reconciler.model.parameter import SHOWN_FIELDS
from reconciler.planning.order import SILENCING, Step, step_of
from reconciler.planning.plan import Plan

BEFORE_HOLD_SECONDS = 1.0
"""For how long a hold waits for the request that should come before it."""


@dataclass(slots=True)
class PlanApplier:
    """Sends what plans say, and notes what became of it.

    ``stopping`` is asked before each request: once it says so, nothing more is
    begun, and what has begun is finished and noted. ``limiter`` is the account's.
    """

    store: Store
    provider: Provider
    clock: Clock
    limiter: AccountLimiter
    stopping: Callable[[], bool]
    calls: BackgroundWork = field(init=False)

    def __post_init__(self) -> None:
        placer = CallPlacer(self.store, self.provider, self.clock)
        self.calls = BackgroundWork(placer, self.limiter, self.stopping)

    def begin(
        self,
        session: LeaseSession,
        evaluation: Evaluation,
        recorder: EventRecorder,
        unanswered: Iterable[Change | Remove] = (),
        *,
        checked: CheckedVersion | None = None,
    ) -> "Application":
        """What carries out the plan of *evaluation*; see ``Application.run``.

        *unanswered* are silences of earlier plans, on which nothing may rely yet. Of
        the rings of an earlier plan only those are still begun that this one has, too.
        *checked* is the room's version where it was read after planning: it serves for
        the first step.
        """
        freshness = Freshness(self.store, self.clock, session, evaluation, checked)
        calls = self.calls.of(session)
        failed = FailedSilences(evaluation)
        failed.add_unanswered(unanswered)
        application = Application(
            self, session, evaluation.plan, recorder, freshness, calls, failed
        )
        calls.go_on(application.offer(_rings_beside_changes(evaluation.plan)))
        return application


class Applied(Struct, frozen=True):
    """What became of a plan's actions, and the ``error`` that ended it early."""

    outcomes: list[ActionOutcome]
    error: ReconcilerError | None = None


@dataclass(slots=True)
class Application:
    """One plan being carried out."""

    applier: PlanApplier
    session: LeaseSession
    plan: Plan
    recorder: EventRecorder
    freshness: Freshness
    calls: CallBatch
    failed: FailedSilences
    _limited: bool = False
    _cancelled: bool = False
    _rings_offered: bool = False
    _refused: CredentialsRefused | None = None
    _doubted: bool = False
    _room: asyncio.Semaphore = field(init=False)
    _resend: Resend = field(init=False)

    def __post_init__(self) -> None:
        self._resend = Resend(self.applier.provider, self._again)
        self._room = asyncio.Semaphore(self.applier.limiter.in_flight.max_changes)

    def cancel(self) -> None:
        """Begin nothing more."""
        self._cancelled = True

    async def run(self) -> Applied:
        """Do the plan, in order; the rest is skipped with a reason.

        Rings continue beside this. A request that hangs is left behind, see ``late``.
        """
        outcomes: list[ActionOutcome] = []
        try:
            await self._steps(outcomes)
        except ReconcilerError as error:
            return Applied(outcomes, error)
        finally:
            if not self._rings_offered:
                self.calls.withdraw()
        return Applied(outcomes)

    async def _steps(self, outcomes: list[ActionOutcome]) -> None:
        stale = ""
        for step, group in groupby(self.plan.actions, key=step_of):
            free: list[Action] = []
            for action in self.calls.not_begun(group):
                if reason := self._stop_reason() or self.failed.reason(action):
                    outcomes.append(ActionOutcome(action, Outcome.SKIPPED, reason))
                else:
                    free.append(action)
            if free:
                stale = stale or await self.freshness.stale(step)
            if stale:
                outcomes += [_skipped(action, stale) for action in free]
            elif free := list(self.calls.not_begun(free)):
                done = await self._step(step, free)
                outcomes += done
                self.failed.add_outcomes(done)
                self._limited = self._limited or any(map(_is_limit, done))
            if self._refused is not None:
                raise self._refused

    def _may_send(self, step: Step) -> bool:
        """Whether a request may leave now; asked just before its first byte."""
        return not self._stopped() and self.freshness.may_send(step)

    def _stopped(self) -> bool:
        """Whether nothing more may be begun."""
        refused = self._refused is not None or self._doubted
        return self._cancelled or refused or self.applier.stopping()

    def _stop_reason(self) -> str:
        """Why nothing more may be begun, "" if it may."""
        if self._stopped():
            return "the credentials may be invalid" if self._doubted else "stopping"
        return _LIMITED if self._limited else ""

    async def _step(self, step: Step, actions: Sequence[Action]) -> list[ActionOutcome]:
        """What became of the actions; of rings, which go beside them, later."""
        rings = tuple(action for action in actions if isinstance(action, Ring))
        if not rings:
            return await self._send_all(step, actions)
        self._rings_offered = True
        self.calls.offer(self.offer(rings))
        return []

    def offer(self, rings: tuple[Ring, ...]) -> Offer:
        """*rings* of the plan, to be begun as long as it holds."""
        by_name = self.plan.conference is None
        return Offer(rings, self.freshness, self.recorder, by_name)

    async def _send_all(
        self, step: Step, actions: Sequence[Action]
    ) -> list[ActionOutcome]:
        await self.session.note()
        rows: dict[str, list[Change | Remove]] = defaultdict(list)
        for action in actions:
            if not isinstance(action, Ring):
                rows[action.call_sid or ""].append(action)
        tasks = {
            sid: asyncio.create_task(self._admitted(step, row))
            for sid, row in rows.items()
        }
        await answered(tasks.values())
        late = {sid: task for sid, task in tasks.items() if not task.done()}
        done = [task.result() for task in tasks.values() if task.done()]
        for sid, task in late.items():
            self.applier.calls.late.leave(self.session, rows[sid], task, self._after)
        if step in SILENCING:
            self.failed.add_unanswered(each for sid in late for each in rows[sid])
        return [outcome for row in done for outcome in row]

    async def _admitted(
        self, step: Step, actions: Iterable[Change | Remove]
    ) -> list[ActionOutcome]:
        async with self._room:
            return await self._row(step, actions)

    def _after(self, outcomes: list[ActionOutcome]) -> Notes:
        return self.recorder.outcome_notes(outcomes, self.applier.clock())

    async def _row(
        self, step: Step, actions: Iterable[Change | Remove]
    ) -> list[ActionOutcome]:
        """One person's requests, in order; a failure ends the row."""
        outcomes: list[ActionOutcome] = []
        before: list[asyncio.Task[ActionOutcome]] = []
        for action in actions:
            if isinstance(action, Change) and action.before_hold:
                before.append(asyncio.create_task(self._send(step, action)))
                await asyncio.wait(before, timeout=BEFORE_HOLD_SECONDS)
            elif outcomes and outcomes[-1].result is not Outcome.DONE:
                reason = "the previous request failed"
                outcomes.append(ActionOutcome(action, Outcome.SKIPPED, reason))
            else:
                outcomes.append(await self._send(step, action))
        return [*[await task for task in before], *outcomes]

    async def _send(self, step: Step, action: Change | Remove) -> ActionOutcome:
        """One request; none once the lease ran out, as after a long freeze."""
        if self._stopped():
            return ActionOutcome(action, Outcome.SKIPPED, self._stop_reason())
        if not self.session.valid:
            return ActionOutcome(action, Outcome.SKIPPED, "the room's lease ran out")
        provider = self.applier.provider

        def may_send() -> bool:
            return self._may_send(step)

        try:
            if isinstance(action, Remove):
                request_id = await provider.remove(action, may_send)
                return ActionOutcome(action, Outcome.DONE, request_id=request_id)
            change = self._resend.change if _repeatable(action) else provider.change
            return _compared(action, await change(action, may_send))
        except TwilioError as error:
            if isinstance(error, CredentialsRefused):
                self._refused = error
            self._doubted = self._doubted or isinstance(error, RefusalInDoubt)
            return error_outcome(action, error)

    async def _again(self, silence: Change) -> Callable[[], bool] | None:
        """See ``Resend``: what the first request needed, asked again."""
        freshness, step = replace(self.freshness), step_of(silence)
        free = self.applier.limiter.in_flight.changes_free
        try:
            if self._stopped() or not (free and self.session.valid):
                return None
            if await freshness.stale(step, again=True):
                return None
            again = self.recorder.resend_planned(silence, self.applier.clock())
            await self.session.note(Notes(events=(again,)))
        except ReconcilerError:
            return None
        return lambda: not self._stopped() and freshness.may_send(step)


_LIMITED = "Twilio asked to wait"


def _rings_beside_changes(plan: Plan) -> tuple[Ring, ...]:
    """The rings of *plan*, none where somebody is to be removed before them."""
    before = (x for x in plan.actions if step_of(x) < Step.RING)
    if any(isinstance(action, Remove) for action in before):
        return ()
    return tuple(action for action in plan.actions if isinstance(action, Ring))


def _repeatable(change: Change) -> bool:
    """Whether *change* does the same twice as once: it mutes, or puts on hold."""
    return change.harm is Harm.SILENCE


def _is_limit(outcome: ActionOutcome) -> bool:
    return outcome.retry_after is not None and outcome.result is Outcome.DELAYED


def _compared(change: Change, changed: Changed) -> ActionOutcome:
    """The outcome of an update that was answered: untaken if it had no effect."""
    wrong = [
        f"{field_change.name} is {_shown(changed.participant, field_change.name)}"
        for field_change in change.field_changes
        if field_change.name in SHOWN_FIELDS
        and _shown(changed.participant, field_change.name) != field_change.after
    ]
    if not wrong:
        return ActionOutcome(change, Outcome.DONE, request_id=changed.request_id)
    message = f"Twilio answered, but {', '.join(wrong)}"
    return ActionOutcome(change, Outcome.UNTAKEN, message, changed.request_id)


def _shown(participant: Participant, name: str) -> str | bool | None:
    value: str | bool | None = getattr(participant, name)
    return value


def _skipped(action: Action, stale: str) -> ActionOutcome:
    """An action of a room that was seen too long ago: it is looked at again."""
    return ActionOutcome(action, Outcome.SKIPPED, stale, retry_after=0.0)
