"""Matches participants to members by label, call and number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from reconciler.model.ledger import Ledger, Record
from reconciler.model.observation import (
    Observation,
    Participant,
    ParticipantStatus,
)
from reconciler.planning.ownership import Owners

_GONE = frozenset({ParticipantStatus.COMPLETE, ParticipantStatus.FAILED})


class Ambiguity(Struct, frozen=True):
    """Why a label that has no leg must not be called; *lasting* needs a person.

    ``over`` is the call that has ended and is still listed, if that is why, and
    ``since`` when it ended, in Unix seconds.
    """

    reason: str
    lasting: bool = True
    over: str | None = None
    since: float = 0.0


class Match(Struct, frozen=True):
    """The legs of one label. ``leg`` is the one that counts, None if absent.

    It is the newest that is connected, else the newest on its way: a phone that
    lost its network leaves a leg behind that nobody holds any longer. ``extras``
    are the further legs: silenced as the roster declares, never exposed.
    """

    label: str
    leg: Participant | None = None
    extras: tuple[Participant, ...] = ()
    ambiguity: Ambiguity | None = None

    @property
    def legs(self) -> tuple[Participant, ...]:
        """Every leg of the label, the one that counts first."""
        return (self.leg, *self.extras) if self.leg else ()


class Matching(Struct, frozen=True):
    """All legs of a room: by label, and the strangers.

    ``present`` is everybody, in the listing's order. ``uncertain`` holds the
    strangers who may be members after all, by call SID, with the reason, and
    ``candidates`` the labels that they may have. ``unread`` are the calls of
    members of whom only the label tells: Twilio shows no record of them yet.
    """

    matches: Mapping[str, Match]
    strangers: tuple[Participant, ...]
    present: tuple[Participant, ...] = ()
    uncertain: Mapping[str, Ambiguity] = field(default_factory=dict)
    candidates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()

    def leg(self, label: str) -> Participant | None:
        seat = self.matches.get(label)
        return seat.leg if seat else None

    def legs(self, label: str) -> tuple[Participant, ...]:
        """Every leg of *label*, the one that counts first."""
        seat = self.matches.get(label)
        return seat.legs if seat else ()

    def ambiguity(self, label: str) -> Ambiguity | None:
        """Why *label* must not be called although no leg is theirs, or None."""
        seat = self.matches.get(label)
        return seat.ambiguity if seat else None


def match_participants(observation: Observation, ledger: Ledger) -> Matching:
    """Give every leg of a complete listing to a label, or to the strangers.

    A leg is a label's by (in this order) a call that we placed or adopted,
    the label it carries, the number at its far end; see ``ownership``. A leg
    whose call is over by its own record is nobody's: the listing lags.
    """
    return _Matches(ledger, observation).matching()


def _shared(leg: Participant, labels: Iterable[str]) -> str:
    names = ", ".join(labels)
    return (
        f"call {leg.call_sid} may be any of {names}, who share a number; declare the "
        "number for one of them only, or let the call join with one of these as its "
        "label (TwiML: participantLabel)"
    )


class _Matches:
    """Gives one leg after the other to its label."""

    def __init__(self, ledger: Ledger, observation: Observation) -> None:
        self._ledger = ledger
        self._listing = observation.participants
        self._owners = Owners(ledger, observation)
        self._legs: dict[str, list[Participant]] = defaultdict(list)
        self._doubts: dict[str, Ambiguity] = {}
        self._uncertain: dict[str, Ambiguity] = {}
        self._candidates: dict[str, tuple[str, ...]] = {}
        self._strangers: list[Participant] = []

    def matching(self) -> Matching:
        present = [leg for leg in self._listing if leg.status not in _GONE]
        present = [leg for leg in present if not self._over(leg)]
        for leg in present:
            label = self._owners.of(leg)
            if leg.label and leg.label != label and leg.label in self._ledger.records:
                reason = (
                    f"the label is used by {leg.call_sid}, a call to somebody else; "
                    "rename the member, or end that call"
                )
                self._doubts[leg.label] = Ambiguity(reason)
            if label is not None:
                self._legs[label].append(leg)
            else:
                self._strange(leg)
        return Matching(
            {
                label: self._match(record)
                for label, record in self._ledger.records.items()
            },
            tuple(self._strangers),
            tuple(present),
            self._uncertain,
            self._candidates,
            frozenset(
                leg.call_sid
                for legs in self._legs.values()
                for leg in legs
                if not self._owners.proven(leg)
            ),
        )

    def _over(self, leg: Participant) -> bool:
        if not self._owners.over(leg):
            return False
        label = self._owners.of(leg)
        if label is not None:
            reason = f"call {leg.call_sid} has ended, but the listing still shows it"
            since = self._owners.ended_at(leg)
            self._doubts[label] = Ambiguity(reason, False, leg.call_sid, since)
        return True

    def _strange(self, leg: Participant) -> None:
        self._strangers.append(leg)
        sharers = self._owners.sharers(leg)
        if sharers:
            reason = _shared(leg, sharers)
            self._ambiguity(leg, sharers, Ambiguity(reason))
            self._doubts |= dict.fromkeys(sharers, Ambiguity(reason))
        elif not self._owners.has_call_record(leg):
            reason = f"Twilio does not show the call {leg.call_sid} yet"
            self._ambiguity(leg, self._owners.listed, Ambiguity(reason, lasting=False))

    def _ambiguity(
        self, leg: Participant, candidates: tuple[str, ...], ambiguity: Ambiguity
    ) -> None:
        self._uncertain[leg.call_sid] = ambiguity
        self._candidates[leg.call_sid] = candidates

    def _match(self, record: Record) -> Match:
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
        ambiguity = None if leg else self._doubts.get(label)
        return Match(label, leg, tuple(ranked[1:]), ambiguity)
