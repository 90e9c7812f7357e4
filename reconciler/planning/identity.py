"""Who is who: the participants of a room told apart by label, call and number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import Call, Observation, Participant

_GONE = frozenset({"complete", "failed"})


@dataclass(frozen=True, slots=True)
class Seat:
    """The legs of one label. ``leg`` is the one that counts, None if absent.

    ``extras`` are further legs of the same person; ``impostor`` is a call of
    somebody else's that carries the label.
    """

    label: str
    leg: Participant | None = None
    extras: tuple[Participant, ...] = ()
    impostor: Participant | None = None


@dataclass(frozen=True, slots=True)
class Seating:
    """All legs of a room: by label, and the strangers."""

    seats: Mapping[str, Seat]
    strangers: tuple[Participant, ...]

    def leg(self, label: str) -> Participant | None:
        """The leg of *label*, or None."""
        seat = self.seats.get(label)
        return seat.leg if seat else None


def address(endpoint: str) -> str:
    """An address without its custom parameters: what a call's record shows."""
    return endpoint.partition("?")[0] if endpoint[:1] != "+" else endpoint


def seat_people(observation: Observation, ledger: Ledger) -> Seating:
    """Give every leg of a complete listing to a label, or to the strangers.

    A leg is a label's by (in this order) a call that we placed or adopted,
    the label it carries, the number at its far end. A label on a call that
    was dialled out to another number than the member's is an impostor.
    """
    owners = _Owners(ledger, observation)
    legs: dict[str, list[Participant]] = defaultdict(list)
    impostors: dict[str, Participant] = {}
    strangers: list[Participant] = []
    for leg in observation.participants:
        if leg.status in _GONE:
            continue
        label = owners.of(leg)
        if label is not None:
            legs[label].append(leg)
            continue
        strangers.append(leg)
        if leg.label is not None and leg.label in ledger.records:
            impostors[leg.label] = leg
    seats = {
        label: _seat(label, legs[label], impostors.get(label))
        for label in ledger.records
    }
    return Seating(seats, tuple(strangers))


def _seat(label: str, legs: list[Participant], impostor: Participant | None) -> Seat:
    ranked = sorted(legs, key=lambda leg: (not leg.connected, leg.label != label))
    return Seat(
        label,
        ranked[0] if ranked else None,
        tuple(ranked[1:]),
        impostor,
    )


class _Owners:
    """Finds the label that a leg belongs to."""

    def __init__(self, ledger: Ledger, observation: Observation) -> None:
        self._records = ledger.records
        self._calls = {**ledger.identities, **observation.calls}
        self._by_call = _by_call(ledger.records.values())
        self._by_number = _by_number(ledger.records.values())

    def of(self, leg: Participant) -> str | None:
        call = self._calls.get(leg.call_sid)
        owner = self._by_call.get(leg.call_sid)
        if owner is None and leg.label is not None and self._is_own(leg.label, call):
            owner = leg.label
        if owner is not None and self._records[owner].dismissed_at is None:
            return owner
        listed = self._by_number.get(address(call.party)) if call else None
        return listed or owner

    def _is_own(self, label: str, call: Call | None) -> bool:
        if label not in self._records:
            return False
        if call is None or call.inbound:
            return True
        return address(call.to) == address(self._records[label].to)


def _by_call(records: Iterable[Record]) -> dict[str, str]:
    return {
        attempt.call_sid: record.label
        for record in records
        for attempt in record.attempts
        if attempt.call_sid
    }


def _by_number(records: Iterable[Record]) -> dict[str, str]:
    """Listed members by address; an address of two members tells nobody apart."""
    found: dict[str, list[str]] = defaultdict(list)
    for record in records:
        if record.dismissed_at is None:
            found[address(record.to)].append(record.label)
    return {number: labels[0] for number, labels in found.items() if len(labels) == 1}
