"""Searches the calls list for the call that a lost create made.

A call may be an attempt's if we dialed it to the number, from the number the
create named, about when it was sent, and it is nobody else's: neither another
attempt's, of any room and intent, nor over before this one, nor answered long ago
elsewhere.
"""

from collections import Counter
from collections.abc import Iterable

from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import Call, CallStatus, Observation
from reconciler.planning.absence import JOINING_SECONDS
from reconciler.planning.identity import Matching

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
        self._now = now
        self._listed = {each.call_sid for each in observation.participants}
        records = ledger.records.values()
        self._taken = ledger.claimed | _placed_calls(records) | _seated_calls(matching)
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
            if not call.inbound
            and call.sid not in self._taken
            and _in_time(call, attempt)
            and _from_us(call, attempt)
            and not _over_before(call, attempt)
            and not self._in_another_room(call)
        ]

    def _in_another_room(self, call: Call) -> bool:
        """Whether somebody answered long ago and is not in this room."""
        if call.status is not CallStatus.IN_PROGRESS or call.sid in self._listed:
            return False
        began_at = call.started_at or call.created_at
        return began_at is not None and self._now >= began_at + JOINING_SECONDS


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
    """Whether the call ended before the attempt was made."""
    return call.ended_at is not None and call.ended_at < attempt.created_at


def _from_us(call: Call, attempt: Attempt) -> bool:
    """Whether the call shows a number that the create named, if it shows one."""
    sent = dict(attempt.sent)
    shown = {sent[name] for name in ("from", "caller_id") if name in sent}
    numbers = all(str(each).startswith("+") for each in (*shown, call.sender))
    return not shown or not numbers or call.sender in shown
