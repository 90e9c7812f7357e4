"""Answering machine detection, and what happens to a machine's call.

``answered_by`` of the call                          the call is
human, unknown                                       a person's
machine_…, fax                                       a machine's
not known, detection asked for, time left to detect  awaited
not known, otherwise                                 a person's

a machine's call, ``machine``  becomes                    its end counts as
keep                           left as declared           left
hang-up                        ended: removes no person   machine, and no answer
hold                           put on hold                machine, and no answer

No group counts a machine's call, whatever ``machine`` says; see ``quorum``.
"""

from collections.abc import Iterator
from enum import Enum, auto

from msgspec.structs import replace

from reconciler.model.action import Remove
from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.ledger import Ledger
from reconciler.model.observation import Call, Participant
from reconciler.model.roster import Cause, Machine, Member, Redial
from reconciler.planning.call_facts import MACHINE
from reconciler.planning.context import PlanningContext
from reconciler.planning.plan import Phase, Waiting
from reconciler.planning.remove_action import remove

DETECTION = "machine_detection"
DETECTION_SECONDS = 30
"""Twilio: participant resource, the default of MachineDetectionTimeout."""

DETECTED_WITHIN_SECONDS = 15.0
"""Seconds after that timeout within which the call's record says who answered."""


class Answerer(Enum):
    """Who took a call; AWAITED until the call's record tells."""

    PERSON = auto()
    MACHINE = auto()
    AWAITED = auto()


def answerers_to_read(ledger: Ledger, now: float) -> frozenset[str]:
    """The calls of which Twilio is asked who answered them."""
    attempts = (record.open for record in ledger.records.values())
    return frozenset(
        attempt.call_sid
        for attempt in attempts
        if attempt is not None
        and attempt.call_sid
        and _awaited(attempt, ledger.identities.get(attempt.call_sid), now)
    )


def answerer(room: PlanningContext, label: str, leg: Participant) -> Answerer:
    """Who is on the line of *leg*, which is *label*'s."""
    call, record = room.call(leg.call_sid), room.records.get(label)
    if call is not None and call.machine:
        return Answerer.MACHINE
    attempt = record.open if record else None
    if attempt is None or attempt.call_sid != leg.call_sid:
        return Answerer.PERSON
    awaited = _awaited(attempt, call, room.now)
    return Answerer.AWAITED if awaited else Answerer.PERSON


def _awaited(attempt: Attempt, call: Call | None, now: float) -> bool:
    """Whether Twilio may still say who answered; bounded by detection's timeout."""
    sent = dict(attempt.sent)
    placed = attempt.state is AttemptState.PLACED and attempt.number > 0
    if not placed or not sent.get(DETECTION) or (call and call.answered_by):
        return False
    timeout = sent.get("machine_detection_timeout", DETECTION_SECONDS)
    seconds = timeout if isinstance(timeout, int) else DETECTION_SECONDS
    answered_at = attempt.connected_at
    return answered_at is None or now < answered_at + seconds + DETECTED_WITHIN_SECONDS


def redial_of(member: Member) -> Redial:
    """The member's policy, in which a machine is no answer unless it is kept."""
    policy = member.redial
    like = Cause.LEFT if member.machine is Machine.KEEP else Cause.NO_ANSWER
    if like not in policy.on or Cause.MACHINE in policy.on:
        return policy
    return replace(policy, on=(*policy.on, Cause.MACHINE))


def held_machines(room: PlanningContext) -> PlanningContext:
    """*room* with the members on hold whose call a machine took, if so declared."""
    members = tuple(_held(room, member) for member in room.roster.members)
    if members == room.roster.members:
        return room
    return replace(room, roster=replace(room.roster, members=members))


def _held(room: PlanningContext, member: Member) -> Member:
    leg = room.leg(member.label) if member.machine is Machine.HOLD else None
    if leg is None or answerer(room, member.label, leg) is not Answerer.MACHINE:
        return member
    return replace(member, hold=True)


def hung_up(room: PlanningContext) -> Iterator[Remove]:
    """The end of each call that a machine took, of members who say so."""
    for member in room.roster.members:
        if member.machine is not Machine.HANG_UP:
            continue
        for leg in room.legs_of(member.label):
            machine = answerer(room, member.label, leg) is Answerer.MACHINE
            if machine and leg.connected and not room.leaving(leg.call_sid):
                yield replace(
                    remove(member.label, leg, took_the_call(room, leg)),
                    memory=((MACHINE, int(room.now)),),
                    machine=True,
                )


def took_the_call(room: PlanningContext, leg: Participant) -> str:
    """That a machine answered, with Twilio's word for it."""
    call = room.call(leg.call_sid)
    word = call.answered_by if call else ""
    return f"an answering machine took the call ({word})"


def unless_person(
    room: PlanningContext, member: Member, leg: Participant
) -> Iterator[Waiting]:
    """What is to be said of a leg that no person holds, or may not hold."""
    who = answerer(room, member.label, leg)
    if who is Answerer.MACHINE and member.machine is not Machine.HANG_UP:
        does = "on hold" if member.machine is Machine.HOLD else "kept as declared"
        reason = f"{took_the_call(room, leg)}; {does}"
        yield Waiting(member.label, Phase.CONNECTED, reason, settled=True)
    if who is Answerer.AWAITED and _matters(room, member):
        reason = "answered; Twilio has not yet reported whether by a machine"
        yield Waiting(member.label, Phase.CONNECTED, reason)


def _matters(room: PlanningContext, member: Member) -> bool:
    """Whether anything follows from who answered."""
    return member.machine is not Machine.KEEP or member.label in room.grouped
