"""Who is who: the participants of a room told apart by label, call and number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.model.attempt import AttemptState, Outcome
from reconciler.model.caller import withheld
from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import (
    Observation,
    Participant,
    ParticipantStatus,
)
from reconciler.model.phone import normal_address

_GONE = frozenset({ParticipantStatus.COMPLETE, ParticipantStatus.FAILED})
_SAID = frozenset({Outcome.MOVED, Outcome.RUNG, Outcome.NOT_RUNG})


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a label that has no leg must not be rung; *lasting* needs a person."""

    reason: str
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Seat:
    """The legs of one label. ``leg`` is the one that counts, None if absent.

    It is the newest that is connected, else the newest on its way: a phone that
    lost its network leaves a leg behind that nobody holds any more. ``extras``
    are the further legs: silenced as the roster declares, never exposed.
    """

    label: str
    leg: Participant | None = None
    extras: tuple[Participant, ...] = ()
    doubt: Doubt | None = None

    @property
    def legs(self) -> tuple[Participant, ...]:
        """Every leg of the label, the one that counts first."""
        return (self.leg, *self.extras) if self.leg else ()


@dataclass(frozen=True, slots=True)
class Seating:
    """All legs of a room: by label, and the strangers.

    ``present`` is everybody, in the listing's order. ``uncertain`` holds the
    strangers who may be members after all, by call SID, with the reason.
    """

    seats: Mapping[str, Seat]
    strangers: tuple[Participant, ...]
    present: tuple[Participant, ...] = ()
    uncertain: Mapping[str, Doubt] = field(default_factory=dict)

    def leg(self, label: str) -> Participant | None:
        """The leg of *label*, or None."""
        seat = self.seats.get(label)
        return seat.leg if seat else None

    def legs(self, label: str) -> tuple[Participant, ...]:
        """Every leg of *label*, the one that counts first."""
        seat = self.seats.get(label)
        return seat.legs if seat else ()

    def doubt(self, label: str) -> Doubt | None:
        """Why *label* must not be rung although no leg is theirs, or None."""
        seat = self.seats.get(label)
        return seat.doubt if seat else None


def address(endpoint: str) -> str:
    """The normal form of an address: what tells one phone from another."""
    return normal_address(endpoint)


def seat_people(observation: Observation, ledger: Ledger) -> Seating:
    """Give every leg of a complete listing to a label, or to the strangers.

    A leg is a label's by (in this order) a call that we placed or adopted,
    the label it carries, the number at its far end; a withheld number names
    nobody. A label on a call that
    was dialled out to another number than the member's is an impostor's. A
    leg whose call is over by its own record is nobody's: the listing lags.
    """
    return _Seats(ledger, observation).seating()


class _Seats:
    """Gives one leg after the other to its label."""

    def __init__(self, ledger: Ledger, observation: Observation) -> None:
        self._ledger = ledger
        self._listing = observation.participants
        self._owners = _Owners(ledger, observation)
        self._legs: dict[str, list[Participant]] = defaultdict(list)
        self._doubts: dict[str, Doubt] = {}
        self._uncertain: dict[str, Doubt] = {}
        self._strangers: list[Participant] = []

    def seating(self) -> Seating:
        present = [leg for leg in self._listing if leg.status not in _GONE]
        present = [leg for leg in present if not self._over(leg)]
        for leg in present:
            label = self._owners.of(leg)
            if leg.label and leg.label != label and leg.label in self._ledger.records:
                reason = f"the label is held by {leg.call_sid}, a call to somebody else"
                self._doubts[leg.label] = Doubt(reason)
            if label is not None:
                self._legs[label].append(leg)
            else:
                self._strange(leg)
        return Seating(
            {
                label: self._seat(record)
                for label, record in self._ledger.records.items()
            },
            tuple(self._strangers),
            tuple(present),
            self._uncertain,
        )

    def _over(self, leg: Participant) -> bool:
        if not self._owners.over(leg):
            return False
        label = self._owners.of(leg)
        if label is not None:
            reason = f"call {leg.call_sid} is over, the listing still shows it"
            self._doubts[label] = Doubt(reason, lasting=False)
        return True

    def _strange(self, leg: Participant) -> None:
        self._strangers.append(leg)
        sharers = self._owners.sharers(leg)
        if sharers:
            names = ", ".join(sharers)
            reason = f"call {leg.call_sid} may be any of {names}, who share a number"
            self._uncertain[leg.call_sid] = Doubt(reason)
            self._doubts |= dict.fromkeys(sharers, Doubt(reason))
        elif not self._owners.told_apart(leg):
            reason = f"Twilio does not show the call {leg.call_sid} yet"
            self._uncertain[leg.call_sid] = Doubt(reason, lasting=False)

    def _seat(self, record: Record) -> Seat:
        label, attempt = record.label, record.open
        own = attempt.call_sid if attempt else None
        ranked = sorted(
            self._legs[label],
            key=lambda leg: (
                not leg.connected,
                -self._owners.began_at(leg),
                leg.call_sid != own,
                leg.label != label,
            ),
        )
        leg = ranked[0] if ranked else None
        doubt = None if leg else self._doubts.get(label)
        return Seat(label, leg, tuple(ranked[1:]), doubt)


class _Owners:
    """Finds the label that a leg belongs to."""

    def __init__(self, ledger: Ledger, observation: Observation) -> None:
        self._records = ledger.records
        self._calls = {**ledger.identities, **observation.calls}
        self._by_call = _by_call(ledger.records.values())
        self._placed_at = _placed_at(ledger.records.values())
        self._by_number = _by_number(ledger.records.values())
        self._ended = _ended(ledger.records.values())

    def of(self, leg: Participant) -> str | None:
        owner = self._placed_or_labelled(leg)
        if owner is not None and self._records[owner].dismissed_at is None:
            return owner
        listed = self._listed(leg)
        if owner is not None and not self.told_apart(leg):
            listed = self._by_number.get(address(self._records[owner].to), ())
        if len(listed) > 1:
            return None
        return listed[0] if listed else owner

    def sharers(self, leg: Participant) -> tuple[str, ...]:
        """The listed members whose number it is, if there are several."""
        listed = self._listed(leg)
        return listed if len(listed) > 1 else ()

    def over(self, leg: Participant) -> bool:
        """Whether the call has ended by its own record."""
        call = self._calls.get(leg.call_sid)
        return leg.call_sid in self._ended or (call is not None and call.ended)

    def began_at(self, leg: Participant) -> float:
        """When the leg began, in Unix seconds; 0 where nothing tells."""
        call = self._calls.get(leg.call_sid)
        began_at = leg.created_at or (call.created_at if call else None)
        return began_at or self._placed_at.get(leg.call_sid, 0.0)

    def told_apart(self, leg: Participant) -> bool:
        return leg.call_sid in self._calls

    def _placed_or_labelled(self, leg: Participant) -> str | None:
        owner = self._by_call.get(leg.call_sid)
        if owner is None and leg.label is not None and self._is_own(leg, leg.label):
            return leg.label
        return owner

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


def _by_call(records: Iterable[Record]) -> dict[str, str]:
    return {
        attempt.call_sid: record.label
        for record in records
        for attempt in record.attempts
        if attempt.call_sid
    }


def _placed_at(records: Iterable[Record]) -> dict[str, float]:
    return {
        attempt.call_sid: attempt.created_at
        for record in records
        for attempt in record.attempts
        if attempt.call_sid
    }


def _by_number(records: Iterable[Record]) -> dict[str, tuple[str, ...]]:
    """Listed members by address; an address of several tells nobody apart.

    What Twilio shows of a caller who withholds their number is nobody's.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for record in records:
        if record.dismissed_at is None and not withheld(record.to):
            found[address(record.to)].append(record.label)
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
