"""Resolves attempts from a complete observation: found, connected, ended, lost.

attempt            what the observation shows       becomes
pending, unknown   a leg of the member's, which     placed, with its call
                   the create may have made
                   a call from the member's phone   placed with that call once
                                                    the create is surely over
                   a call that a second source      placed, with that call
                     names, by its own record
                   one call that it alone may be    placed, with that call
                   nothing, or several calls        unknown (held for a person)
placed             its leg, connected               connected_at is noted
                   its leg, as the call of another  ended: the call continues there
                     label's attempt
                   its call's record, final         ended, with the outcome
                   no record for minutes, no leg    ended: left, once several agree
                   anything else                    stays: absence proves nothing
none, or ended     a leg of the member's            adopted, once its call's
                                                    record is read
                   nothing, and dismissed           forgotten
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import (
    Observation,
    Participant,
)
from reconciler.model.roster import Value
from reconciler.planning.absence import (
    FOUND_IN_CALLS,
    LOST_CREATE_SECONDS,
    NO_RECORD_SECONDS,
)
from reconciler.planning.call_outcome import call_outcome
from reconciler.planning.call_search import CallSearch
from reconciler.planning.finding import Adopted, Finding, Forgotten, Progress
from reconciler.planning.identity import Matching
from reconciler.planning.ownership import address
from reconciler.planning.redial import UNRECORDED
from reconciler.planning.without_record import over_without_record


class Resolution(Struct, frozen=True):
    """The records as they are after the observation, and what was found out."""

    records: Mapping[str, Record]
    findings: tuple[Finding, ...]


def resolve_attempts(
    ledger: Ledger, matching: Matching, observation: Observation, now: float
) -> Resolution:
    """Compare every record with the observation. Pure; the input is not changed."""
    search = CallSearch(ledger, matching, observation, now)
    holders = _holders(ledger, matching)
    records: dict[str, Record] = {}
    findings: list[Finding] = []
    for label, record in ledger.records.items():
        attempt_view = _AttemptView(
            record,
            matching.leg(label),
            ledger,
            observation,
            search,
            holders,
            matching.unread,
            now,
        )
        records[label], found = attempt_view.resolve()
        findings += found
    return Resolution(records, tuple(findings))


def recovered_to_remember(
    before: Mapping[str, Record], findings: Iterable[Finding]
) -> Mapping[str, Mapping[str, Value]]:
    """What to remember of calls whose create's answer was lost, by call SID."""
    lost = {
        attempt.id: attempt.memory
        for record in before.values()
        for attempt in record.attempts
        if attempt.call_sid is None and attempt.memory
    }
    return {
        finding.call_sid: dict(lost[finding.attempt_id])
        for finding in findings
        if isinstance(finding, Progress)
        and finding.call_sid
        and finding.attempt_id in lost
    }


def _holders(ledger: Ledger, matching: Matching) -> Mapping[str, str]:
    """The label whose open attempt each call is, or becomes by this observation."""
    return {
        sid: label
        for label in matching.matches
        if (sid := _held(ledger.records[label], matching.leg(label))) is not None
    }


def _held(record: Record, leg: Participant | None) -> str | None:
    """The call of the open attempt, or the one that is adopted without one."""
    if record.open is not None:
        return record.open.call_sid
    return leg.call_sid if leg is not None else None


class _AttemptView(Struct, frozen=True):
    """One record beside what was seen of it."""

    record: Record
    leg: Participant | None
    ledger: Ledger
    observation: Observation
    search: CallSearch
    holders: Mapping[str, str]
    unread: frozenset[str]
    now: float

    def resolve(self) -> tuple[Record, list[Finding]]:
        record, findings = self.record, list[Finding]()
        attempt = record.open
        if attempt is not None and (progress := self._progress(attempt)):
            findings.append(progress)
            record = _moved(record, attempt, progress)
        if record.open is None:
            findings += self._without_attempt()
        return record, findings

    def _without_attempt(self) -> Iterator[Finding]:
        record, leg = self.record, self.leg
        if leg is not None and self._provisional(leg):
            return
        if leg is not None:
            yield Adopted(
                label=record.label,
                to=record.to,
                intent=record.intent,
                call_sid=leg.call_sid,
                conference_sid=leg.conference_sid,
                connected_at=self.now if leg.connected else None,
                reason="found in the room",
            )
        elif record.dismissed_at is not None:
            yield Forgotten(record.label)

    def _provisional(self, leg: Participant) -> bool:
        """Whether the leg is not adopted yet: its call's record may say otherwise."""
        since = self.now if leg.created_at is None else leg.created_at
        return leg.call_sid in self.unread and self.now - since < NO_RECORD_SECONDS

    def _progress(self, attempt: Attempt) -> Progress | None:
        if attempt.state is AttemptState.PLACED:
            return self._placed(attempt)
        if self.leg is not None and self._made_by(attempt, self.leg):
            return self._found(attempt, self.leg.call_sid, "found in the room")
        return self._searched(attempt)

    def _made_by(self, attempt: Attempt, leg: Participant) -> bool:
        """Whether a leg settles what became of a lost create.

        A call of another phone never does. Who dialed in may still be called by
        a create that is under way for long. A label alone does not where another
        lost create, to another phone, gave the same one.
        """
        known = self.ledger.identities.get(leg.call_sid)
        call = self.observation.calls.get(leg.call_sid, known)
        if call is None:
            return not any(self._rivals(attempt, leg))
        if address(call.party) != address(attempt.to):
            return False
        return not call.inbound or self.now >= attempt.created_at + LOST_CREATE_SECONDS

    def _rivals(self, attempt: Attempt, leg: Participant) -> Iterator[Attempt]:
        """Lost creates to other phones that may have made a leg of this label."""
        for record in self.ledger.records.values():
            other = record.open
            if other is None or other.id == attempt.id or other.call_sid is not None:
                continue
            same = dict(other.sent).get("label", other.label) == leg.label
            if same and address(other.to) != address(attempt.to):
                yield other

    def _placed(self, attempt: Attempt) -> Progress | None:
        leg = self.leg
        if leg is not None and leg.call_sid == attempt.call_sid:
            return self._listed(attempt, leg)
        heir = self.holders.get(attempt.call_sid or "", attempt.label)
        if heir != attempt.label and self.record.dismissed_at is not None:
            reason = f"the call now belongs to {heir}"
            return self._ended(attempt, reason, CallOutcome.MOVED)
        call = self.observation.calls.get(attempt.call_sid or "")
        if over_without_record(attempt, self.observation, self.ledger, self.now):
            reason = f"{UNRECORDED} {attempt.call_sid}"
            return self._ended(attempt, reason, CallOutcome.LEFT)
        if call is None or not call.ended:
            return None
        outcome = call_outcome(attempt, call, self.ledger, self.observation)
        return self._ended(attempt, f"the call ended: {outcome}", outcome)

    def _ended(self, attempt: Attempt, reason: str, outcome: CallOutcome) -> Progress:
        progress = _progress(attempt, AttemptState.ENDED, reason)
        return replace(progress, ended_at=self.now, outcome=outcome)

    def _listed(self, attempt: Attempt, leg: Participant) -> Progress | None:
        """The attempt's own leg: it has connected, or a machine proves to hold it."""
        known = self.ledger.identities.get(leg.call_sid)
        call = self.observation.calls.get(leg.call_sid)
        reason, connected_at = "connected", None
        if leg.connected and attempt.connected_at is None:
            connected_at = self.now
        elif call is None or not call.machine or (known and known.machine):
            return None
        machine = call is not None and call.machine
        if call is not None and machine:
            reason = f"an answering machine took the call ({call.answered_by})"
        progress = _progress(attempt, AttemptState.PLACED, reason)
        return replace(progress, connected_at=connected_at, machine=machine)

    def _searched(self, attempt: Attempt) -> Progress | None:
        if attempt.id in self.ledger.under_way:
            return None
        report = self.search.reported(attempt)
        if report is not None:
            reason = f"{report.source} reports the call"
            return self._found(attempt, report.call_sid, reason)
        call = self.search.found(attempt)
        if call is not None:
            return self._found(attempt, call.sid, FOUND_IN_CALLS)
        if attempt.state is AttemptState.PENDING:
            return _progress(
                attempt,
                AttemptState.UNKNOWN,
                "it is not known whether the request was sent",
            )
        return None

    def _found(self, attempt: Attempt, call_sid: str, how: str) -> Progress:
        connected = self.leg is not None and self.leg.connected
        return replace(
            _progress(attempt, AttemptState.PLACED, how),
            call_sid=call_sid,
            conference_sid=self.leg.conference_sid if self.leg else None,
            connected_at=self.now if connected else None,
        )


def _progress(attempt: Attempt, state: AttemptState, reason: str) -> Progress:
    return Progress(
        attempt_id=attempt.id, label=attempt.label, state=state, reason=reason
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
