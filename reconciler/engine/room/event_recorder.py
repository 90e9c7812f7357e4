"""Events of a run, before and after its actions."""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.ports import Notes
from reconciler.engine.room.call_notes import (
    Memory,
    confirmed,
    corrections,
    identities,
    to_remember,
)
from reconciler.engine.room.notices import (
    notice_of_finding,
    notice_of_outcome,
    notices_of_outcomes,
)
from reconciler.engine.room.outcome import ActionOutcome
from reconciler.model.action import Change, Remove, Ring
from reconciler.model.event import Event
from reconciler.model.ledger import Correction, Ledger
from reconciler.model.notice import Notice
from reconciler.model.observation import Observation, Unknown
from reconciler.planning.call_facts import memory_before_sending
from reconciler.planning.describe import describe, subject
from reconciler.planning.finding import (
    Adopted,
    Finding,
    Forgotten,
    Progress,
    Reassigned,
)
from reconciler.planning.plan import Plan


class EventRecorder(Struct, frozen=True):
    """Makes the events of one run. ``cause`` is who or what started it.

    ``observation`` is what the run acts on, None where nothing is known.
    """

    room: str
    generation: int
    run: str
    cause: str
    observation: Observation | None = None

    def event(
        self,
        at: float,
        kind: str,
        message: str,
        *,
        label: str = "",
        call_sid: str = "",
        request_id: str | None = None,
        notice: Notice | None = None,
    ) -> Event:
        """One event of this run."""
        return Event(
            room=self.room,
            at=at,
            kind=kind,
            message=message,
            label=label,
            call_sid=call_sid,
            cause=self.cause,
            request_id=request_id,
            generation=self.generation,
            run=self.run,
            notice=notice,
        )

    def plan_notes(
        self,
        plan: Plan,
        ledger: Ledger,
        observation: Observation | Unknown,
        now: float,
    ) -> Notes:
        """What a plan found and is about to do.

        A ring is on record by its attempt, committed just before it is sent. An
        announcement is remembered before it is sent, so that it is played at most
        once; a mute for safety too, so that it is always undone; a removal too,
        so that the call counts as removed even if the answer is lost; an exposure by
        an edit too, so that it counts.
        """
        events = [
            *(self._found(finding, ledger, now) for finding in plan.findings),
            *(
                self._planned(action, now, plan.approval_use.reason)
                for action in plan.actions
                if not isinstance(action, Ring)
            ),
        ]
        memory: Memory = {sid: dict(noted) for sid, noted in plan.memory.items()}
        for action in plan.actions:
            if isinstance(action, Change) and (first := memory_before_sending(action)):
                memory.setdefault(action.call_sid, {}).update(first)
        return Notes(
            findings=plan.findings,
            events=tuple(events),
            memory=memory or None,
            confirmed=confirmed(ledger, observation),
            identities=identities(ledger, observation),
            conference_sid=_conference(plan, ledger),
        )

    def resend_planned(self, change: Change, now: float) -> Event:
        """That a request is about to be sent once more, as no answer came."""
        message = f"{describe(change)}: sent again, as no answer came"
        return self.event(
            now,
            f"{change.verb}.planned",
            message,
            label=subject(change),
            call_sid=change.call_sid,
        )

    def outcome_notes(self, outcomes: Iterable[ActionOutcome], now: float) -> Notes:
        """What became of changes and removals; rings are noted as they end."""
        events: list[Event] = []
        memory: Memory = {}
        corrected: list[Correction] = []
        told = tuple(outcomes)
        notices = notices_of_outcomes(told, self.observation)
        for outcome, notice in zip(told, notices, strict=True):
            corrected += corrections(outcome, now)
            if not isinstance(outcome.action, Ring):
                events.append(self._done(outcome, outcome.action, now, notice))
            for call_sid, fields in to_remember(outcome, now).items():
                memory.setdefault(call_sid, {}).update(fields)
        return Notes(
            events=tuple(events),
            memory=memory or None,
            corrections=tuple(corrected),
        )

    def ring_planned(self, ring: Ring, now: float) -> Event:
        """The event of a phone about to be called; recorded with the attempt."""
        message = f"{describe(ring)}: {ring.reason}"
        notice = Notice.FALLBACK if ring.fallback else None
        return self.event(now, "ring.planned", message, label=ring.label, notice=notice)

    def ring_done(self, outcome: ActionOutcome, ring: Ring, now: float) -> Event:
        """What became of a ring."""
        message = f"{describe(ring)}: {ring.reason}: {outcome.message}"
        return self.event(
            now,
            f"ring.{outcome.result}",
            message,
            label=ring.label,
            request_id=outcome.request_id,
            notice=notice_of_outcome(outcome),
        )

    def _found(self, finding: Finding, ledger: Ledger, now: float) -> Event:
        kind, message, call_sid = _describe_finding(finding)
        return self.event(
            now,
            kind,
            message,
            label=finding.label,
            call_sid=call_sid,
            notice=notice_of_finding(finding, ledger),
        )

    def _planned(
        self, action: Change | Remove, now: float, approved: str | None
    ) -> Event:
        by = f"; forced: {approved}" if approved else ""
        message = f"{describe(action)}: {action.reason}{by}"
        return self.event(
            now,
            f"{action.verb}.planned",
            message,
            label=subject(action),
            call_sid=action.call_sid or "",
        )

    def _done(
        self,
        outcome: ActionOutcome,
        action: Change | Remove,
        now: float,
        notice: Notice | None,
    ) -> Event:
        message = describe(action) + (f": {outcome.message}" if outcome.message else "")
        return self.event(
            now,
            f"{action.verb}.{outcome.result}",
            message,
            label=subject(action),
            call_sid=action.call_sid or "",
            request_id=outcome.request_id,
            notice=notice,
        )


def merge_notes(parts: Sequence[Notes], last: Notes) -> Notes:
    """*last*, with the findings, events and memory of *parts* before its own."""
    memory: Memory = {}
    for notes in (*parts, last):
        for call_sid, fields in (notes.memory or {}).items():
            memory.setdefault(call_sid, {}).update(fields)
    return replace(
        last,
        findings=tuple(
            finding for notes in (*parts, last) for finding in notes.findings
        ),
        events=tuple(event for notes in (*parts, last) for event in notes.events),
        memory=memory or None,
    )


def _taken_over(finding: Reassigned) -> str:
    if finding.before == finding.label:
        return "the current call is the one requested"
    return (
        f"the current call for {finding.before} in {finding.room} belongs to this "
        "member"
    )


def _describe_finding(finding: Finding) -> tuple[str, str, str]:
    """A finding's kind, message and call SID."""
    match finding:
        case Adopted():
            return "attempt.adopted", finding.reason, finding.call_sid
        case Progress():
            kind = f"attempt.{finding.state}"
            return kind, finding.reason, finding.call_sid or ""
        case Reassigned():
            return "attempt.reassigned", _taken_over(finding), ""
        case Forgotten():
            return "member.gone", "no longer in the roster and not in the room", ""


def _conference(plan: Plan, ledger: Ledger) -> str | None:
    conference = plan.conference
    return (
        conference.sid
        if conference and conference.sid != ledger.conference_sid
        else None
    )
