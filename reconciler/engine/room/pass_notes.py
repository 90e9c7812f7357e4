"""Makes the notes of a pass: its intent, and what became of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.ports import Notes
from reconciler.engine.room.evaluation import Evaluation
from reconciler.engine.room.event_recorder import EventRecorder, merge_notes
from reconciler.engine.room.observed_after import observed_after, observed_of
from reconciler.engine.room.outcome import ActionOutcome, Outcome
from reconciler.engine.room.retries import tries, unsent_removals
from reconciler.model.action import Ring
from reconciler.model.event import Event
from reconciler.model.recorded_observation import ObservedRoom
from reconciler.planning.approval import removals_to_count, still_to_do
from reconciler.planning.describe import describe, subject
from reconciler.planning.guards import withheld_kinds
from reconciler.planning.leg_events import overheard_between
from reconciler.planning.observed_room import fingerprint
from reconciler.planning.plan import Phase, Plan

STALLED = "member.stalled"
RECALLED = 500
"""Events of a room that are read to know what was told before this process began."""


class PassNotes(Struct, frozen=True):
    """Makes the notes of a pass over what was *evaluation*; writes nothing itself.

    ``previous_at`` is when the room was last observed before, as far as is known,
    ``started_sid`` the conference that was seen to have started. ``reported`` are
    lines of ``held_up`` of which there are events already. ``intended`` says that
    the intent had any events.
    """

    evaluation: Evaluation
    recorder: EventRecorder
    account_sid: str
    previous_at: float | None = None
    started_sid: str | None = None
    reported: Collection[str] = ()
    intended: bool = False

    def intent(self, now: float) -> Notes:
        """What was found and is about to be done."""
        evaluation = self.evaluation
        if evaluation.observation is None:
            return Notes()
        plan, ledger, use = (
            evaluation.plan,
            evaluation.ledger,
            evaluation.plan.approval_use,
        )
        notes = self.recorder.plan_notes(plan, ledger, evaluation.observation, now)
        return replace(
            notes,
            events=(*notes.events, *self._held_up_events(now)),
            approved=use.begun,
            removals=removals_to_count(
                plan, ledger, evaluation.observation, self.account_sid
            ),
            withheld=withheld_kinds(plan, ledger, now),
            lifted=tuple(sorted(use.kinds & ledger.withheld.keys())),
            observed=self._unrecorded(),
            account_left=evaluation.account_left,
        )

    def _unrecorded(self) -> ObservedRoom | None:
        """What was observed, if the observation on record is another.

        Also if it is the same again, and events tell of somebody overheard meanwhile.
        """
        room = self._observed()
        if room is None or overheard_between(room):
            return room
        known = fingerprint(room) == self.evaluation.ledger.observed
        return None if known else room

    def _observed(self) -> ObservedRoom | None:
        return observed_of(self.evaluation, self.previous_at, self.started_sid)

    def done(self, outcomes: Iterable[ActionOutcome], now: float) -> Notes:
        """What became of actions, where the pass ended early or continues."""
        return self.recorder.outcome_notes(outcomes, now)

    def outcome(
        self,
        earlier: Sequence[ActionOutcome],
        outcomes: Sequence[ActionOutcome],
        now: float,
    ) -> Notes:
        """What became of all actions; nothing where nothing was intended or done.

        *earlier* are outcomes of requests of earlier passes, on record already.
        """
        memory, told = self.evaluation.ledger.memory, (*earlier, *outcomes)
        retried = Notes(memory=tries(told, memory, now) or None)
        room = self._observed() if outcomes else None
        if not self.intended and not outcomes and retried.empty:
            return Notes()
        done = [each.action for each in told if _is_used_up(each)]
        unsent = Notes(memory=unsent_removals(told, memory) or None)
        return replace(
            merge_notes((retried, unsent), self.done(outcomes, now)),
            ended=(self.recorder.run, str(self.evaluation.state)),
            approved=still_to_do(self.evaluation.plan, done, self.account_sid),
            observed=observed_after(room, outcomes, now) if room else None,
        )

    def _held_up_events(self, now: float) -> list[Event]:
        """Events for what is withheld or stalled and was not a pass ago."""
        return [
            self.recorder.event(now, kind, line, label=line.partition(": ")[0])
            for line, kind in held_up(self.evaluation.plan).items()
            if line not in self.reported
        ]


_DONE = frozenset({Outcome.DONE, Outcome.GONE})


def _is_used_up(outcome: ActionOutcome) -> bool:
    """Whether an approval of it is used up: what may be done again still needs it."""
    lost = outcome.result is Outcome.UNKNOWN and isinstance(outcome.action, Ring)
    return outcome.result in _DONE or lost


def held_up(plan: Plan) -> dict[str, str]:
    """What waits for a person, as lines with their kinds of event."""
    return {
        f"{subject(withheld.action)}: {describe(withheld.action)}: {withheld.reason}": (
            f"withheld.{withheld.guard}"
        )
        for withheld in plan.withheld
    } | {
        f"{wait.label}: {wait.reason}": STALLED
        for wait in plan.waiting
        if wait.phase is Phase.STALLED
    }


def already_recorded(
    lines: Mapping[str, str], events: Sequence[Event]
) -> frozenset[str]:
    """Those of *lines*, as of ``held_up``, of which *events* tell that they last."""
    return frozenset(line for line, kind in lines.items() if _lasts(line, kind, events))


def _lasts(line: str, kind: str, events: Sequence[Event]) -> bool:
    """Whether *events*, oldest first, tell of *line* and of nothing that ended it."""
    label = line.partition(": ")[0]
    for event in reversed(events):
        if event.label == label and event.kind == kind and event.message == line:
            return True
        if event.label == label and _ends(event, kind):
            return False
    return False


def _ends(event: Event, kind: str) -> bool:
    """Whether *event*, about the same person, says that what *kind* told is over.

    of what      over with
    stalled      another stall, a ring, a removal or a decision
    withheld     anything that was done
    """
    if event.kind.startswith(("withheld.", "override.")):
        return False
    if kind == STALLED:
        return not event.kind.startswith("change.")
    return event.kind != STALLED
