"""What one pass puts on record: its intent before it acts, the outcome after."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from reconciler.engine.ports import Notes
from reconciler.engine.room.evaluate import Evaluation
from reconciler.engine.room.event_recorder import EventRecorder, merge_notes
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.retries import tries, unsent_removals
from reconciler.model.action import Remove
from reconciler.model.event import Event
from reconciler.model.ledger import GuardKind, WithheldKind
from reconciler.planning.approval import Names, covers, left, scope_of, spent
from reconciler.planning.describe import describe, subject
from reconciler.planning.guards import calls_ended, withheld_kinds
from reconciler.planning.plan import Phase, Plan


@dataclass(frozen=True, slots=True)
class PassRecord:
    """Makes the notes of a pass over what was *seen*; writes nothing itself."""

    seen: Evaluation
    recorder: EventRecorder
    account_sid: str

    def intent(self, reported: Collection[str], now: float) -> Notes:
        """What was found and is about to be done.

        *reported* are lines of ``held_up`` of which there are events already.
        """
        seen = self.seen
        if seen.observation is None:
            return Notes()
        notes = self.recorder.before(
            seen.plan,
            seen.ledger,
            seen.observation,
            now,
            approved=seen.ledger.approved,
        )
        return replace(
            notes,
            events=(*notes.events, *self._held_up_events(reported, now)),
            approved=_begun(seen),
            removals=self._counted_removals(),
            withheld=_newly_withheld(seen, now),
            lifted=tuple(sorted(filter(seen.ledger.lifts, seen.ledger.withheld))),
        )

    def done(self, outcomes: Iterable[ActionOutcome], now: float) -> Notes:
        """What became of actions, where the pass ended early or goes on."""
        return self.recorder.after(outcomes, now)

    def outcome(
        self,
        earlier: Sequence[ActionOutcome],
        outcomes: Sequence[ActionOutcome],
        now: float,
        *,
        intended: bool,
    ) -> Notes:
        """What became of all actions; nothing where nothing was *intended* or done.

        *earlier* are outcomes of requests of earlier passes, on record already.
        """
        memory, told = self.seen.ledger.memory, (*earlier, *outcomes)
        retried = Notes(memory=tries(told, memory, now) or None)
        if not intended and not outcomes and retried.empty:
            return Notes()
        unsent = Notes(memory=unsent_removals(told, memory) or None)
        return replace(
            merge_notes((retried, unsent), self.done(outcomes, now)),
            ended=(self.recorder.run, str(self.seen.state)),
            approved=self._remaining(told),
        )

    def _held_up_events(self, reported: Collection[str], now: float) -> list[Event]:
        """Events for what is withheld or stalled and was not a pass ago."""
        return [
            self.recorder.tell(now, kind, line, label=line.partition(": ")[0])
            for line, kind in held_up(self.seen.plan).items()
            if line not in reported
        ]

    def _counted_removals(self) -> tuple[str, ...]:
        """Calls that are removed without a person's word, to be counted."""
        seen = self.seen
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

    def _remaining(self, outcomes: Iterable[ActionOutcome]) -> Names | None:
        """What of the approved plan is not done yet; None if none was approved."""
        if not self.seen.approved:
            return None
        done = [each.action for each in outcomes if each.result in _DONE]
        return left(
            self.seen.approved, done, scope_of(self.seen.plan, self.account_sid)
        )


_DONE = frozenset({Outcome.DONE, Outcome.GONE, Outcome.UNKNOWN})


def held_up(plan: Plan) -> dict[str, str]:
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
