"""How far one candidate of a group has come.

the candidate                                       counts as
is connected by any leg, no machine                 in
is that, and one of the group takes over from them  leaving
is connected, who answered is not known yet         called
is being called, for less than ``each``             called
is being called for longer                          slow
is on the line of an answering machine              tried
is lost, moved, or was just taken out               tried
was busy, gave no answer, failed, was refused, left tried
cannot be called: another rule forbids it           barred
was never called, was not rung, was let go by us    ready
"""

from collections.abc import Collection, Iterator
from enum import StrEnum

from msgspec import Struct

from reconciler.model.attempt import Attempt, CallOutcome
from reconciler.model.observation import Participant
from reconciler.model.phone import normal_address
from reconciler.model.roster import Member
from reconciler.planning.absence import absence
from reconciler.planning.context import PlanningContext
from reconciler.planning.machines import Answerer, answerer, redial_of
from reconciler.planning.plan import Phase

_ON_THE_WAY = frozenset({Phase.DIALING, Phase.RINGING})
_READY = frozenset({CallOutcome.REMOVED, CallOutcome.NOT_RUNG})


class Progressed(StrEnum):
    """How far a candidate has come; see the table above."""

    IN = "in"
    LEAVING = "leaving"
    CALLED = "called"
    SLOW = "slow"
    TRIED = "tried"
    READY = "ready"
    BARRED = "barred"


class Candidate(Struct, frozen=True):
    """A member of a group; ``word`` says in a word what is so of them.

    ``since`` is the Unix time since when they are in, or are being called.
    """

    member: Member
    state: Progressed
    word: str = ""
    since: float = 0.0

    @property
    def label(self) -> str:
        """The member's label."""
        return self.member.label


def candidate(
    room: PlanningContext, member: Member, each_seconds: float, blocked: Collection[str]
) -> Candidate:
    """The table above; *blocked* are the labels that cannot be called."""
    leg, record = room.leg(member.label), room.record(member)
    if leg is not None and leg.connected:
        return _connected(room, member, leg)
    if leg is not None or record.open is not None:
        return _on_the_way(room, member, leg, each_seconds)
    if member.label in blocked or _exhausted(room, member):
        return Candidate(member, Progressed.BARRED, "cannot be called")
    return _absent(room, member, each_seconds)


def _connected(room: PlanningContext, member: Member, leg: Participant) -> Candidate:
    if room.leaving(leg.call_sid):
        noted = room.ledger.memory.get(leg.call_sid, {})
        redialed = f"redial:{member.label}" in noted
        state = Progressed.CALLED if redialed else Progressed.TRIED
        return Candidate(member, state, "taken out")
    attempt = room.record(member).open
    since = (attempt.connected_at if attempt else None) or room.now
    answered = answerer(room, member.label, leg)
    if answered is not Answerer.PERSON and _is_on_another_leg(room, member, leg):
        answered = Answerer.PERSON
    match answered:
        case Answerer.PERSON:
            return Candidate(member, Progressed.IN, "in", since)
        case Answerer.AWAITED:
            return Candidate(member, Progressed.CALLED, "answered", since)
        case Answerer.MACHINE:
            return Candidate(member, Progressed.TRIED, "machine")


def _is_on_another_leg(room: PlanningContext, member: Member, leg: Participant) -> bool:
    """Whether a person is in by another leg than the one that counts."""
    return any(
        other.connected
        and other.call_sid != leg.call_sid
        and not room.leaving(other.call_sid)
        and answerer(room, member.label, other) is Answerer.PERSON
        for other in room.legs_of(member.label)
    )


def _on_the_way(
    room: PlanningContext, member: Member, leg: Participant | None, each_seconds: float
) -> Candidate:
    record = room.record(member)
    since = record.open.created_at if record.open else room.now
    if leg is None:
        wait = absence(record, redial_of(member), room.observation, room.now)
        if getattr(wait, "phase", None) not in _ON_THE_WAY:
            return Candidate(member, Progressed.TRIED, "lost", since)
    if room.now >= since + each_seconds:
        return Candidate(member, Progressed.SLOW, "not answered yet", since)
    return Candidate(member, Progressed.CALLED, "ringing", since)


def _absent(room: PlanningContext, member: Member, each_seconds: float) -> Candidate:
    latest = room.record(member).latest
    if latest is None or latest.outcome in _READY:
        return Candidate(member, Progressed.READY)
    outcome = latest.outcome
    if outcome is CallOutcome.DELAYED:
        first, rang = _delays(room, member)
        if not rang and room.now < first + each_seconds:
            return Candidate(member, Progressed.READY)
    return Candidate(member, Progressed.TRIED, str(outcome))


def _delays(room: PlanningContext, member: Member) -> tuple[float, bool]:
    """When the first of the latest delays was, and whether a ring came before it."""
    rows = tuple(_newest_first(room, member))
    delays = [attempt for attempt in rows if attempt.outcome is CallOutcome.DELAYED]
    return delays[-1].created_at, len(delays) < len(rows)


def _newest_first(room: PlanningContext, member: Member) -> Iterator[Attempt]:
    record = room.record(member)
    for attempt in reversed(record.attempts):
        if attempt.intent == record.intent and attempt.outcome not in _READY:
            yield attempt


def _exhausted(room: PlanningContext, member: Member) -> bool:
    """Whether the policy lets nobody ring the phone now."""
    return normal_address(member.to) in room.ledger.exhausted
