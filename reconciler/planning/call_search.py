"""Searches the calls list for the call that a lost create made.

A call may be an attempt's if we dialed it to the number, from the number the
create named, about when it was sent, and it is nobody else's: neither another
attempt's, of any room and intent, nor over before this one, nor answered long ago
elsewhere.

A second source may name the call with the room and the label. Its own record must then
say the same, but other calls to the number do not make it doubtful.
"""

from collections import Counter
from collections.abc import Iterable
from math import floor

from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import Call, CallStatus, Observation
from reconciler.model.reported_call import ReportedCall
from reconciler.planning.absence import JOINING_SECONDS
from reconciler.planning.identity import Matching
from reconciler.planning.ownership import address

LOOK_BACK_SECONDS = 60.0
"""Seconds by which Twilio's clock and ours may differ when calls are matched."""


class CallSearch:
    """Which calls of the calls list a lost create may have made."""

    def __init__(
        self,
        ledger: Ledger,
        matching: Matching,
        observation: Observation,
        now: float,
    ) -> None:
        self._searched = observation.searched
        self._calls = observation.calls
        self._reported = observation.reported
        self._now = now
        self._listed = {leg.call_sid for leg in observation.participants}
        records = ledger.records.values()
        self._taken = ledger.claimed | _placed_calls(records) | _seated_calls(matching)
        self._without_call = [
            attempt
            for record in records
            for attempt in record.attempts
            if attempt.state is AttemptState.ENDED and attempt.call_sid is None
        ]
        self._rivals = [
            other.attempt
            for other in ledger.elsewhere
            if other.attempt.state is not AttemptState.PLACED
        ]
        self._claims = Counter(
            call.sid
            for record in records
            if (attempt := record.open) and attempt.state is not AttemptState.PLACED
            for call in self._possible(attempt)
        )

    def found(self, attempt: Attempt) -> Call | None:
        """The one call that the attempt, and no other, can have made."""
        calls = self._possible(attempt)
        sole = len(calls) == 1 and self._claims[calls[0].sid] == 1
        return calls[0] if sole and not self._rivalled(attempt, calls[0]) else None

    def reported(self, attempt: Attempt) -> ReportedCall | None:
        """The one report of the attempt whose call's own record says that it fits."""
        reports = {
            x.call_sid: x
            for x in self._reported
            if is_named(attempt, x) and self._fits(x.call_sid, attempt)
        }
        return next(iter(reports.values())) if len(reports) == 1 else None

    def _fits(self, call_sid: str, attempt: Attempt) -> bool:
        call = self._calls.get(call_sid)
        if call is None or address(call.to) != attempt.address:
            return False
        return self._may_be(call, attempt) and not self._decided(call, attempt)

    def _decided(self, call: Call, attempt: Attempt) -> bool:
        """Whether it may be the call of an earlier attempt that a person decided."""
        return any(
            other.label == attempt.label and _in_time(call, other)
            for other in self._without_call
        )

    def _rivalled(self, attempt: Attempt, call: Call) -> bool:
        """Whether a lost create of another room may have made the call, too."""
        return any(
            rival.address == attempt.address
            and _in_time(call, rival)
            and _from_us(call, rival)
            for rival in self._rivals
        )

    def _possible(self, attempt: Attempt) -> list[Call]:
        calls = self._searched.get(attempt.to, ())
        return [
            call
            for call in calls
            if self._may_be(call, attempt) and not self._in_another_room(call)
        ]

    def _may_be(self, call: Call, attempt: Attempt) -> bool:
        """Whether the attempt can have made the call, by its record."""
        return (
            not call.inbound
            and call.sid not in self._taken
            and _in_time(call, attempt)
            and not _over_before(call, attempt)
            and _from_us(call, attempt)
        )

    def _in_another_room(self, call: Call) -> bool:
        """Whether somebody answered long ago and is not in this room."""
        if call.status is not CallStatus.IN_PROGRESS or call.sid in self._listed:
            return False
        began_at = call.started_at or call.created_at
        return began_at is not None and self._now >= began_at + JOINING_SECONDS


def label_sent(attempt: Attempt) -> str:
    """The label that the create gave; the attempt may be another label's by now."""
    return str(dict(attempt.sent).get("label", attempt.label))


def is_named(attempt: Attempt, report: ReportedCall) -> bool:
    """Whether a report into its room can be of the attempt: label and phone are its."""
    label = report.label in {"", label_sent(attempt)}
    phone = not report.to or address(report.to) == attempt.address
    return label and phone and bool(report.label or report.to)


def _placed_calls(records: Iterable[Record]) -> set[str]:
    attempts = (attempt for record in records for attempt in record.attempts)
    return {attempt.call_sid for attempt in attempts if attempt.call_sid}


def _seated_calls(matching: Matching) -> set[str]:
    strangers = {leg.call_sid for leg in matching.strangers}
    return {leg.call_sid for leg in matching.present} - strangers


def _in_time(call: Call, attempt: Attempt) -> bool:
    """A call may wait for long in Twilio's queue before it is started."""
    first = attempt.created_at - LOOK_BACK_SECONDS
    last = max(attempt.send_by, attempt.created_at) + LOOK_BACK_SECONDS
    if call.created_at is None:
        return call.started_at is None or call.started_at >= first
    return first <= call.created_at <= last


def _over_before(call: Call, attempt: Attempt) -> bool:
    """Whether the call ended before the attempt was made; Twilio says whole seconds."""
    return call.ended_at is not None and call.ended_at < floor(attempt.created_at)


def _from_us(call: Call, attempt: Attempt) -> bool:
    """Whether the call shows a number that the create named, if it shows one."""
    sent = dict(attempt.sent)
    shown = {sent[name] for name in ("from", "caller_id") if name in sent}
    numbers = all(str(each).startswith("+") for each in (*shown, call.sender))
    return not shown or not numbers or call.sender in shown
