"""Owner of a leg: by call, by label, or by number.

evidence of the leg                          the leg is
a call that we placed                        the label's that it was placed for
a call that was found and adopted, and
  no record of the call                      the label's, until the record is read
  a record that bears the label out          the label's
  any other record                           as if it had not been adopted
a label of the roster, and
  no record of the call                      the label's, until the record is read
  a record: it dialed in                    the label's
  a record: dialed to the member's address  the label's
  a record: dialed to another address       an impostor's: nobody's
no label of the roster, and
  the address of one member                  that member's
  the address of several                     nobody's: any of them may be it
  a withheld number, any other address       nobody's: a stranger
  no record of the call                      nobody's: any member may be it

A leg of a label that left the roster is the label's whose address it shows, or that
was called, whatever address the label had last.
"""

from collections import defaultdict
from collections.abc import Iterable

from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.caller import withheld
from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import Observation, Participant
from reconciler.model.phone import normal_address

_SAID = frozenset({CallOutcome.MOVED, CallOutcome.RUNG, CallOutcome.NOT_RUNG})


def address(endpoint: str) -> str:
    """The normal form of an address: what tells one phone from another."""
    return normal_address(endpoint)


class Owners:
    """Finds the label that a leg belongs to, by the table above."""

    def __init__(self, ledger: Ledger, observation: Observation) -> None:
        self._records = ledger.records
        self._calls = {**ledger.identities, **observation.calls}
        self._attempts = _attempts(ledger.records.values())
        self._placed = _placed(ledger.records.values())
        self._by_number = labels_by_address(
            (record.label, record.to)
            for record in ledger.records.values()
            if record.dismissed_at is None
        )
        self._ended = _ended(ledger.records.values())

    def of(self, leg: Participant) -> str | None:
        """The label that the leg belongs to, or None."""
        owner = self._placed_or_labeled(leg)
        if owner is not None and self._records[owner].dismissed_at is None:
            return owner
        listed = self._listed(leg)
        if owner is not None and not self.has_call_record(leg):
            listed = self._by_number.get(self._called(leg, owner), ())
        if len(listed) > 1:
            return None
        return listed[0] if listed else owner

    def _called(self, leg: Participant, owner: str) -> str:
        """The phone of a call without a record, which *owner* may have had before."""
        attempt = self._attempts.get(leg.call_sid)
        return attempt.address if attempt else address(self._records[owner].to)

    def sharers(self, leg: Participant) -> tuple[str, ...]:
        """The listed members whose number it is, if there are several."""
        listed = self._listed(leg)
        return listed if len(listed) > 1 else ()

    def over(self, leg: Participant) -> bool:
        """Whether the call has ended by its own record."""
        call = self._calls.get(leg.call_sid)
        return leg.call_sid in self._ended or (call is not None and call.ended)

    def ended_at(self, leg: Participant) -> float:
        """When the leg's call ended, in Unix seconds; 0 where nothing tells."""
        call, attempt = self._calls.get(leg.call_sid), self._attempts.get(leg.call_sid)
        ended_at = attempt.ended_at if attempt else None
        return (call.ended_at if call else None) or ended_at or 0.0

    def began_at(self, leg: Participant) -> float:
        """When the leg began, in Unix seconds; 0 where nothing tells."""
        call = self._calls.get(leg.call_sid)
        began_at = leg.created_at or (call.created_at if call else None)
        return began_at or self._attempted_at(leg)

    def _attempted_at(self, leg: Participant) -> float:
        attempt = self._attempts.get(leg.call_sid)
        return attempt.created_at if attempt else 0.0

    @property
    def listed(self) -> tuple[str, ...]:
        """The labels of the roster."""
        records = self._records.values()
        return tuple(record.label for record in records if record.dismissed_at is None)

    def has_call_record(self, leg: Participant) -> bool:
        """Whether the call's own record is known."""
        return leg.call_sid in self._calls

    def proven(self, leg: Participant) -> bool:
        """Whether more than a label tells whose the leg is."""
        return leg.call_sid in self._placed or self.has_call_record(leg)

    def _placed_or_labeled(self, leg: Participant) -> str | None:
        owner = self._attempted(leg)
        if owner is None and leg.label is not None and self._is_own(leg, leg.label):
            return leg.label
        return owner

    def _attempted(self, leg: Participant) -> str | None:
        """The label for which we placed the call, or to which we gave it."""
        attempt = self._attempts.get(leg.call_sid)
        if attempt is None:
            return None
        borne_out = leg.call_sid in self._placed or self._borne_out(attempt, leg)
        return attempt.label if borne_out else None

    def _borne_out(self, adopted: Attempt, leg: Participant) -> bool:
        """Whether nothing in the call's record speaks against an adoption."""
        call = self._calls.get(leg.call_sid)
        if call is None or (call.inbound and leg.label == adopted.label):
            return True
        return address(call.party) == address(adopted.to) and not withheld(call.party)

    def _is_own(self, leg: Participant, label: str) -> bool:
        call = self._calls.get(leg.call_sid)
        if label not in self._records:
            return False
        if call is None or call.inbound:
            return True
        return address(call.to) == address(self._records[label].to)

    def _listed(self, leg: Participant) -> tuple[str, ...]:
        call = self._calls.get(leg.call_sid)
        return self._by_number.get(address(call.party), ()) if call else ()


def _attempts(records: Iterable[Record]) -> dict[str, Attempt]:
    return {
        attempt.call_sid: attempt
        for record in records
        for attempt in record.attempts
        if attempt.call_sid
    }


def _placed(records: Iterable[Record]) -> frozenset[str]:
    """Calls that we placed, by whichever label."""
    return frozenset(
        attempt.call_sid
        for record in records
        for attempt in record.attempts
        if attempt.call_sid and attempt.number
    )


def labels_by_address(people: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Labels by address, of pairs of both; an address of several tells nobody apart.

    What Twilio shows of a caller who withholds their number is nobody's.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for label, to in people:
        if not withheld(to):
            found[address(to)].append(label)
    return {number: tuple(labels) for number, labels in found.items()}


def _ended(records: Iterable[Record]) -> frozenset[str]:
    """Calls that ended by the record of the call: no other word proves an end."""
    return frozenset(
        attempt.call_sid
        for record in records
        for attempt in record.attempts
        if attempt.call_sid
        and attempt.state is AttemptState.ENDED
        and attempt.outcome not in _SAID
    )
