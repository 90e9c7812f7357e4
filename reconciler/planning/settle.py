"""What a complete look tells about the attempts: found, connected, over.

attempt            what the look shows              becomes
pending, unknown   a leg of the member's            placed, with its call
                   one call to the number           placed, with that call
                              nothing                          unknown (held for a person)
placed             its leg, connected               connected_at is noted
                   its call's record, final         ended, with the outcome
                   anything else                    stays: absence proves nothing
none               a leg of the member's            adopted
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.model.attempt import Attempt, AttemptState, Outcome
from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import (
    Call,
    CallStatus,
    ConferenceStatus,
    Observation,
    Participant,
    Questions,
)
from reconciler.planning.identity import Seating, address
from reconciler.planning.plan import Adopted, Finding, Forgotten, Progress

LOOK_BACK = 60.0
"""Seconds by which Twilio's clock and ours may differ when calls are matched."""

_OUTCOMES: Mapping[CallStatus, Outcome] = {
    CallStatus.BUSY: Outcome.BUSY,
    CallStatus.NO_ANSWER: Outcome.NO_ANSWER,
    CallStatus.FAILED: Outcome.FAILED,
    CallStatus.CANCELED: Outcome.CANCELED,
    CallStatus.COMPLETED: Outcome.LEFT,
}


@dataclass(frozen=True, slots=True)
class Settled:
    """The records as they are after the look, and what was found out."""

    records: Mapping[str, Record]
    findings: tuple[Finding, ...]


def questions_for(ledger: Ledger) -> Questions:
    """What a look at the room must find out for this ledger."""
    open_attempts = [record.open for record in ledger.records.values() if record.open]
    return Questions(
        calls=frozenset(a.call_sid for a in open_attempts if a.call_sid),
        known=frozenset(ledger.identities)
        | {
            attempt.call_sid
            for record in ledger.records.values()
            for attempt in record.attempts
            if attempt.call_sid
        },
        numbers=tuple(
            (address(a.to), a.created_at)
            for a in open_attempts
            if a.state is not AttemptState.PLACED
        ),
        conference_sid=ledger.conference_sid if open_attempts else None,
    )


def settle(
    ledger: Ledger, seating: Seating, observation: Observation, now: float
) -> Settled:
    """Compare every record with the look. Pure; the input is not changed."""
    records: dict[str, Record] = {}
    findings: list[Finding] = []
    for label, record in ledger.records.items():
        look = _Look(record, seating.leg(label), ledger, observation, now)
        records[label], found = look.settle()
        findings += found
    return Settled(records, tuple(findings))


@dataclass(frozen=True, slots=True)
class _Look:
    """One record beside what was seen of it."""

    record: Record
    leg: Participant | None
    ledger: Ledger
    observation: Observation
    now: float

    def settle(self) -> tuple[Record, list[Finding]]:
        attempt = self.record.open
        if attempt is None:
            return self._without_attempt()
        progress = self._progress(attempt)
        found: list[Finding] = [progress] if progress else []
        record = self.record
        if progress:
            record = _moved(record, attempt, progress)
        if record.open is None and record.dismissed_at is not None and not self.leg:
            found.append(Forgotten(record.label))
        return record, found

    def _without_attempt(self) -> tuple[Record, list[Finding]]:
        record, leg = self.record, self.leg
        if leg is None:
            forgotten = record.dismissed_at is not None
            return record, [Forgotten(record.label)] if forgotten else []
        adopted = Adopted(
            label=record.label,
            to=record.to,
            intent=record.intent,
            call_sid=leg.call_sid,
            conference_sid=leg.conference_sid,
            connected_at=self.now if leg.connected else None,
            reason="found in the room",
        )
        return record, [adopted]

    def _progress(self, attempt: Attempt) -> Progress | None:
        if attempt.state is AttemptState.PLACED:
            return self._placed(attempt)
        if self.leg is not None:
            return self._found(attempt, self.leg.call_sid, "found in the room")
        return self._searched(attempt)

    def _placed(self, attempt: Attempt) -> Progress | None:
        leg = self.leg
        if leg is not None and leg.call_sid == attempt.call_sid:
            if not leg.connected or attempt.connected_at is not None:
                return None
            return _progress(
                attempt, AttemptState.PLACED, "connected", connected_at=self.now
            )
        call = self.observation.calls.get(attempt.call_sid or "")
        if call is None or not call.ended:
            return None
        outcome = self._outcome(attempt, call)
        return _progress(
            attempt,
            AttemptState.ENDED,
            f"the call ended: {outcome}",
            ended_at=self.now,
            outcome=outcome,
        )

    def _outcome(self, attempt: Attempt, call: Call) -> Outcome:
        if self.ledger.memory.get(call.sid, {}).get("removed"):
            return Outcome.REMOVED
        last = self.observation.last
        if (
            call.status is CallStatus.COMPLETED
            and last is not None
            and last.sid == attempt.conference_sid
            and last.status is ConferenceStatus.COMPLETED
            and last.reason_ended != "last-participant-left"
        ):
            return Outcome.ROOM_ENDED
        return _OUTCOMES[call.status]

    def _searched(self, attempt: Attempt) -> Progress | None:
        calls = self._candidates(attempt)
        if len(calls) == 1:
            return self._found(attempt, calls[0].sid, "found in the calls list")
        if attempt.state is AttemptState.PENDING:
            return _progress(
                attempt, AttemptState.UNKNOWN, "nobody knows whether it was sent"
            )
        return None

    def _candidates(self, attempt: Attempt) -> list[Call]:
        known = {
            each.call_sid
            for record in self.ledger.records.values()
            for each in record.attempts
        }
        return [
            call
            for call in self.observation.searched.get(address(attempt.to), ())
            if not call.inbound
            and call.sid not in known
            and (call.created_at or self.now) >= attempt.created_at - LOOK_BACK
        ]

    def _found(self, attempt: Attempt, call_sid: str, how: str) -> Progress:
        connected = self.leg is not None and self.leg.connected
        return _progress(
            attempt,
            AttemptState.PLACED,
            how,
            call_sid=call_sid,
            conference_sid=self.leg.conference_sid if self.leg else None,
            connected_at=self.now if connected else None,
        )


def _progress(
    attempt: Attempt,
    state: AttemptState,
    reason: str,
    *,
    call_sid: str | None = None,
    conference_sid: str | None = None,
    connected_at: float | None = None,
    ended_at: float | None = None,
    outcome: Outcome | None = None,
) -> Progress:
    return Progress(
        attempt_id=attempt.id,
        label=attempt.label,
        state=state,
        reason=reason,
        call_sid=call_sid,
        conference_sid=conference_sid,
        connected_at=connected_at,
        ended_at=ended_at,
        outcome=outcome,
    )


def _moved(record: Record, attempt: Attempt, progress: Progress) -> Record:
    """The record as it will be once *progress* is noted."""
    moved = replace(
        attempt,
        state=progress.state,
        reason=progress.reason,
        call_sid=progress.call_sid or attempt.call_sid,
        conference_sid=progress.conference_sid or attempt.conference_sid,
        connected_at=progress.connected_at or attempt.connected_at,
        ended_at=progress.ended_at or attempt.ended_at,
        outcome=progress.outcome or attempt.outcome,
    )
    attempts = tuple(moved if a.id == attempt.id else a for a in record.attempts)
    return replace(record, attempts=attempts)
