"""One pass over one room: observe, plan, note, act, note. Nothing is re-read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.engine.ports import (
    Clock,
    Desired,
    Notes,
    Provider,
    Store,
)
from reconciler.engine.room.apply import UNANSWERED, PlanApplier
from reconciler.engine.room.call_batch import VERIFY_SECONDS
from reconciler.engine.room.evaluate import Evaluation, RoomPhase, evaluate
from reconciler.engine.room.event_recorder import EventRecorder, merge_notes
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.retries import tries, unsent_removals
from reconciler.model.action import Remove, Ring
from reconciler.model.event import Event
from reconciler.model.ledger import GuardKind, Ledger, WithheldKind
from reconciler.model.observation import Conference
from reconciler.model.policy import UNRESTRICTED, Policy
from reconciler.planning.approval import (
    Names,
    covers,
    left,
    scope_of,
    spent,
)
from reconciler.planning.describe import describe, subject
from reconciler.planning.guards import approve, calls_ended, withheld_kinds
from reconciler.planning.order import SILENCING, step_of
from reconciler.planning.plan import Phase, Plan


@dataclass(frozen=True, slots=True)
class ReconcileResult:
    """A look and what was done about it.

    ``requeue_after`` is in seconds. ``run`` is the name under which the pass is
    on record, "" if nothing of it is.
    """

    look: Evaluation
    deeds: tuple[ActionOutcome, ...] = ()
    requeue_after: float | None = None
    run: str = ""

    @property
    def room(self) -> str:
        """The room's name."""
        return self.look.room

    @property
    def state(self) -> RoomPhase:
        """The room's state as it was seen, before the deeds."""
        return self.look.state


@dataclass(slots=True)
class Reconciler:
    """Makes passes on somebody's behalf.

    ``cause`` says whose; ``forced`` is a person's reason for letting withheld
    actions through, or None. ``asked`` says that a person waits for what comes of
    it: the first pass over a room tries at once what did not work before.
    ``only`` has the labels to act on by room, for rooms in which not all are.
    """

    store: Store
    provider: Provider
    clock: Clock
    actor: PlanApplier
    new_run: Callable[[], str]
    cause: str
    forced: str | None = None
    account_sid: str = ""
    asked: bool = False
    policy: Callable[[], Policy] = lambda: UNRESTRICTED
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _withheld: dict[str, frozenset[str]] = field(default_factory=dict)
    _acted_on: set[str] = field(default_factory=set)

    async def look(
        self,
        room: str,
        desired: Desired | None,
        ledger: Ledger,
        conference: Conference | str | None,
        under_way: frozenset[int] = frozenset(),
    ) -> Evaluation:
        """One look at *room*, with nothing written; see ``evaluate.evaluate``.

        *under_way* are attempts whose answers were not on record before the
        ledger was read.
        """
        if self.asked and room not in self._acted_on:
            ledger = replace(ledger, asked=True)
        return await evaluate(
            room,
            desired,
            replace(approve(ledger, self.forced), under_way=under_way),
            provider=self.provider,
            conference=conference,
            clock=self.clock,
            account_sid=self.account_sid,
            policy=self.policy(),
            only=self.only.get(room),
        )

    async def act_on(
        self, session: LeaseSession, seen: Evaluation, cause: str | None = None
    ) -> ReconcileResult:
        """Note and do what was *seen*, which must still stand under the lease.

        Rings, and requests that hang, go on beside this pass: what became of those
        of earlier passes is among the deeds.

        *cause* is whose wish it is, if not ours. Raises RoomBusy when the lease
        is lost, StoreError, CredentialsRefused.
        """
        earlier = self.actor.calls.collect(seen.room)
        if seen.observation is None:
            return ReconcileResult(seen, tuple(earlier), seen.plan.requeue_after)
        seen, blocked = self._without_busy(seen)
        self._acted_on.add(seen.room)
        scribe = self._scribe(seen, self.new_run(), cause)
        noted = await self._note_before(session, seen, scribe)

        def conclude(deeds: Sequence[ActionOutcome]) -> Notes:
            told, now = (*earlier, *deeds), self.clock()
            retried = Notes(memory=tries(told, seen.ledger.memory, now) or None)
            if not noted and not deeds and retried.empty:
                return Notes()
            unsent = Notes(memory=unsent_removals(told, seen.ledger.memory) or None)
            return replace(
                merge_notes((retried, unsent), scribe.after(deeds, now)),
                ended=(scribe.run, str(seen.state)),
                approved=self._remaining(seen, told),
            )

        deeds = earlier + await self.actor.act(session, seen, scribe, conclude, blocked)
        wait = _requeue_after(seen.plan, deeds)
        return ReconcileResult(seen, tuple(deeds), wait, scribe.run)

    def _without_busy(self, seen: Evaluation) -> tuple[Evaluation, str]:
        """The look without people about whom a request is not answered yet.

        Also why what relies on silences must not be done, "" if nothing keeps it.
        """
        busy = self.actor.calls.late.busy(seen.room)
        actions = seen.plan.actions
        late = [e for e in actions if not isinstance(e, Ring) and e.call_sid in busy]
        if not late:
            return seen, ""
        left = tuple(each for each in actions if each not in late)
        silence = any(step_of(each) in SILENCING for each in late)
        plan = replace(seen.plan, actions=left)
        return replace(seen, plan=plan), UNANSWERED if silence else ""

    def quiet(self, seen: Evaluation) -> bool:
        """Whether a pass over what was *seen* would send and write nothing."""
        if seen.plan.actions:
            return False
        if not self._notes(seen, self._scribe(seen, "", None)).empty:
            return False
        self._remember(seen.plan)
        return True

    def _scribe(self, seen: Evaluation, run: str, cause: str | None) -> EventRecorder:
        return EventRecorder(seen.room, seen.plan.generation, run, cause or self.cause)

    async def _note_before(
        self, session: LeaseSession, seen: Evaluation, scribe: EventRecorder
    ) -> bool:
        """Put on record what was seen and is to be done; whether there was any."""
        notes = self._notes(seen, scribe)
        if not notes.empty:
            await session.note(notes)
        self._remember(seen.plan)
        return bool(notes.events)

    def _notes(self, seen: Evaluation, scribe: EventRecorder) -> Notes:
        if seen.observation is None:
            return Notes()
        now = self.clock()
        notes = scribe.before(
            seen.plan,
            seen.ledger,
            seen.observation,
            now,
            approved=seen.ledger.approved,
        )
        notes = replace(
            notes,
            approved=_begun(seen),
            removals=self._counted(seen),
            withheld=_newly_withheld(seen, now),
            lifted=tuple(sorted(filter(seen.ledger.lifts, seen.ledger.withheld))),
        )
        return replace(
            notes, events=(*notes.events, *self._news(scribe, seen.plan, now))
        )

    def _counted(self, seen: Evaluation) -> tuple[str, ...]:
        """Calls that are removed without a person's word, to be counted."""
        if seen.ledger.lifts(GuardKind.REMOVALS) or seen.observation is None:
            return ()
        scope = scope_of(seen.plan, self.account_sid)
        return tuple(
            call_sid
            for each in seen.plan.actions
            if isinstance(each, Remove) and not covers(seen.ledger, each, scope)
            for call_sid in calls_ended(each, seen.observation)
            if call_sid not in seen.ledger.removals
        )

    def _remaining(
        self, seen: Evaluation, deeds: Sequence[ActionOutcome]
    ) -> Names | None:
        """What of the approved plan is not done yet; None if none was approved."""
        if not seen.approved:
            return None
        done = [deed.action for deed in deeds if deed.result in _DONE]
        return left(seen.approved, done, scope_of(seen.plan, self.account_sid))

    def _news(self, scribe: EventRecorder, plan: Plan, now: float) -> list[Event]:
        """Events for what is withheld or stalled and was not a pass ago."""
        known = self._withheld.get(plan.room, frozenset())
        return [
            scribe.tell(now, kind, line, label=line.partition(": ")[0])
            for line, kind in _held_up(plan).items()
            if line not in known
        ]

    def _remember(self, plan: Plan) -> None:
        """What was told once is not told again; an unknown look tells nothing."""
        if plan.unknown is None:
            self._withheld[plan.room] = frozenset(_held_up(plan))


def _held_up(plan: Plan) -> dict[str, str]:
    """What waits for a person, as lines with their kinds of event."""
    return {
        f"{subject(each.action)}: {describe(each.action)}: {each.reason}": (
            f"withheld.{each.guard}"
        )
        for each in plan.withheld
    } | {
        f"{each.label}: {each.reason}": "member.stalled"
        for each in plan.waiting
        if each.phase is Phase.STALLED
    }


_DONE = frozenset({Outcome.DONE, Outcome.GONE, Outcome.UNKNOWN})


def _newly_withheld(seen: Evaluation, now: float) -> tuple[WithheldKind, ...]:
    """The kinds to be withheld from now on.

    Rings beside approved ones that are still to be done are counted again later.
    """
    found = withheld_kinds(seen.plan, seen.ledger, now)
    return tuple(
        each for each in found if not (seen.approved and each.kind is GuardKind.RINGS)
    )


def _begun(seen: Evaluation) -> Names | None:
    """What to write of the approval before acting: nothing is done before that."""
    given = seen.ledger.approval
    if seen.approved:
        begun = given is not None and given.remaining == seen.approved
        return None if begun else seen.approved
    return () if spent(seen.plan, given) else None


def _requeue_after(plan: Plan, deeds: list[ActionOutcome]) -> float | None:
    times = [deed.retry_after for deed in deeds if deed.retry_after is not None]
    if any(deed.result is Outcome.DONE for deed in deeds):
        times.append(VERIFY_SECONDS)
    if plan.requeue_after is not None:
        times.append(plan.requeue_after)
    return min(times) if times else None
