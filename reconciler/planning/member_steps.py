"""Plans each member: call, correct or wait."""

from collections.abc import Iterator

from msgspec.structs import replace

from reconciler.model.action import Change, Harm
from reconciler.model.caller import withheld
from reconciler.model.ledger import Record
from reconciler.model.masking import mask
from reconciler.model.observation import Participant
from reconciler.model.roster import Member
from reconciler.planning.absence import absence, on_the_way
from reconciler.planning.admission import ARRIVAL_SECONDS, admitted_at
from reconciler.planning.call_facts import MEMBER, assumed
from reconciler.planning.coach_safety import advice_for, for_good
from reconciler.planning.conference_capacity import when_free
from reconciler.planning.context import Item, PlanningContext
from reconciler.planning.create_parameters import ring
from reconciler.planning.describe import quoted, redialing
from reconciler.planning.diff import MemberDiff
from reconciler.planning.end_flag import END_FLAG, VOID_END_FLAG
from reconciler.planning.identity import Ambiguity
from reconciler.planning.leg_diff import diff_leg
from reconciler.planning.listing_lag import LISTED_WITHIN_SECONDS, unlisted_yet
from reconciler.planning.machines import redial_of, unless_person
from reconciler.planning.plan import Phase, Waiting
from reconciler.planning.redial import RingAllowed
from reconciler.planning.removal import still_listed

CONTRADICTED_SECONDS = 60.0
"""Seconds after which a listing that shows a call that is over needs a person."""

_NOBODY = (
    "not called: Twilio shows {} for callers who withhold their number; "
    "write the person's own address as 'to' in the roster"
)

_DIALED_IN = "not called: dialed in a moment ago, and is not listed yet"

_STAYS_MUTED = (
    "the coaching or hold for which they were muted is no longer declared; they stay "
    "muted. To unmute, declare 'muted: false'"
)

_STILL_PAIRED = (
    "muted: {0}; {1} is still paired with {2} meanwhile. Paired as declared once that is "
    "over. To keep the pairing: reconciler set {3} {4} coaching={5}"
)

_REPLACES_COACHED = (
    "not called: {0} coaches {1} and also replaces {1}, who is not in the room; "
    "declare one of the two only"
)


def arrive(
    room: PlanningContext, member: Member, away: frozenset[str]
) -> Iterator[Item]:
    """What a member needs who is not in the room, or not yet."""
    leg = room.leg(member.label)
    if leg is None:
        yield _absent(room, member, away)
    elif room.leaving(leg.call_sid):
        yield still_listed(member.label)
    elif not leg.connected:
        yield on_the_way(leg, room.record(member))


def compare(
    room: PlanningContext, member: Member, leg: Participant, away: frozenset[str]
) -> Iterator[Item]:
    """What puts one leg of a member right, and what that waits for.

    leg of the member                    silences  exposures and the rest
    the one that counts                  yes       yes
    the one that counts, not proven yet  yes       once it is, see ``evidence``
    any other                            yes       no
    taken out, and listed as connected   yes       no
    on its way                           no        no

    A phone that is called off may be answered at that moment.
    """
    if not leg.connected:
        return
    ambiguity = room.unproven.get(leg.call_sid)
    shown = diff_leg(room, member, leg, away)
    if leg is not room.leg(member.label) or room.leaving(leg.call_sid):
        yield from shown.silences()
        return
    changes = tuple(shown.changes())
    if ambiguity is None:
        yield from changes
    else:
        yield from _proven_later(room, shown, changes, ambiguity)
    yield from unless_person(room, member, leg)
    if shown.void_end_flag:
        yield _void_end_flag(room, member, leg)
    if shown.advice.wait:
        yield _muted_coach(room, member, leg, shown.advice.wait)
    elif shown.left_muted:
        yield Waiting(member.label, Phase.CONNECTED, _STAYS_MUTED, settled=True)


def _muted_coach(
    room: PlanningContext, member: Member, leg: Participant, why: str
) -> Waiting:
    """The wait of a coach in the room; for a person who is paired with another."""
    settled = _for_good(room, member)
    other = _paired_with_another(room, member, leg)
    if settled and other is not None:
        words = quoted(room.roster.room), quoted(member.label), quoted(other)
        reason = _STILL_PAIRED.format(why, member.label, other, *words)
        return Waiting(member.label, Phase.STALLED, reason)
    return Waiting(member.label, Phase.CONNECTED, f"muted: {why}", settled=settled)


def _paired_with_another(
    room: PlanningContext, member: Member, leg: Participant
) -> str | None:
    """The label of the other member whom the coach still coaches, None for nobody."""
    if not (leg.coaching and isinstance(member.coaching, str)):
        return None
    for label, seat in room.matching.matches.items():
        sids = {each.call_sid for each in seat.legs}
        if leg.call_sid_to_coach in sids and room.roster.member(label):
            return None if member.coaching in {label, *sids} else label
    return None


def _proven_later(
    room: PlanningContext,
    shown: MemberDiff,
    changes: tuple[Change, ...],
    ambiguity: Ambiguity,
) -> Iterator[Item]:
    """The silences of *changes*; the rest waits until the leg is proven."""
    silences = [change for change in changes if change.harm is Harm.SILENCE]
    assumes = shown.leg.call_sid in room.matching.unread
    yield from map(_assuming, silences) if assumes else silences
    if len(silences) < len(changes):
        reason = f"waits: {ambiguity.reason}"
        label, settled = shown.member.label, ambiguity.lasting
        yield Waiting(label, Phase.CONNECTED, reason, settled=settled)


def _assuming(change: Change) -> Change:
    """*change*, remembered as given to somebody taken for a member."""
    (field,) = {field_change.name for field_change in change.field_changes} & {
        "muted",
        "hold",
    }
    return replace(change, memory=(*change.memory, (assumed(field), MEMBER)))


def _void_end_flag(room: PlanningContext, member: Member, leg: Participant) -> Waiting:
    """What Twilio did not take, once no listing can be too old to show it."""
    flag = f"{END_FLAG}={member.end_conference_on_exit}"
    for correction in room.ledger.corrections:
        sent = (correction.call_sid, correction.field) == (leg.call_sid, flag)
        if sent and unlisted_yet(correction, room.now):
            reason = f"{END_FLAG} was sent, but is not listed yet"
            until = correction.at + LISTED_WITHIN_SECONDS
            return Waiting(member.label, Phase.CONNECTED, reason, until=until)
    return Waiting(member.label, Phase.STALLED, VOID_END_FLAG)


def _for_good(room: PlanningContext, member: Member) -> bool:
    """Nobody is waited for on behalf of a coach whom no roster made one."""
    wanted = member.coaching
    return not isinstance(wanted, str) or for_good(room, wanted)


def _in_doubt(room: PlanningContext, label: str, ambiguity: Ambiguity) -> Waiting:
    """The wait for evidence; for a person where a listing contradicts for long."""
    reason = f"not called: {ambiguity.reason}"
    if ambiguity.over is None or room.now - ambiguity.since < CONTRADICTED_SECONDS:
        return Waiting(
            label, Phase.STALLED if ambiguity.lasting else Phase.WAITING, reason
        )
    again = redialing(room.roster.room, label)
    ask = f"{reason} for more than a minute. To call all the same: {again}"
    return Waiting(label, Phase.STALLED, ask)


def _asked_since(ambiguity: Ambiguity, record: Record, now: float) -> bool:
    """Whether a call that is over is of an earlier intent, and its leg a remnant."""
    mine = {attempt.call_sid for attempt in record.attempts}
    if ambiguity.over is None or now - ambiguity.since < CONTRADICTED_SECONDS:
        return False
    return ambiguity.over not in mine


def _unless_admitted(
    room: PlanningContext, label: str, found: RingAllowed | Waiting
) -> RingAllowed | Waiting:
    """*found*, but nobody is called who dialed in and is not listed yet."""
    at = admitted_at(room.ledger, label, room.now)
    if at is None or isinstance(found, Waiting):
        return found
    return Waiting(label, Phase.WAITING, _DIALED_IN, until=at + ARRIVAL_SECONDS)


def _takes_over_from_coached(room: PlanningContext, member: Member) -> bool:
    """Whether *member* waits for somebody who is not called because of *member*."""
    wanted = str(member.coaching)
    takeover = room.replaced.get(wanted)
    return bool(takeover and member.label in takeover.heirs and not room.leg(wanted))


def _not_called_yet(room: PlanningContext, member: Member, why: str) -> Waiting:
    """The wait of a coach who is not called; for a person where it has no end."""
    if _takes_over_from_coached(room, member):
        reason = _REPLACES_COACHED.format(member.label, member.coaching)
        return Waiting(member.label, Phase.STALLED, reason)
    settled = _for_good(room, member)
    reason = f"not called yet: {why}"
    return Waiting(member.label, Phase.WAITING, reason, settled=settled)


def _absent(room: PlanningContext, member: Member, away: frozenset[str]) -> Item:
    label, record = member.label, room.record(member)
    verdict = absence(record, redial_of(member), room.observation, room.now)
    idle = room.standby.get(label) if record.open is None else None
    if idle and not (isinstance(verdict, Waiting) and verdict.phase is Phase.LEFT):
        return Waiting(label, Phase.STANDBY, f"standby: {idle}", settled=True)
    verdict = _unless_admitted(room, label, when_free(room, member, record, verdict))
    if isinstance(verdict, Waiting):
        return verdict
    if withheld(member.to):
        return Waiting(label, Phase.STALLED, _NOBODY.format(mask(member.to)))
    ambiguity = room.matching.ambiguity(label)
    if ambiguity is not None and not _asked_since(ambiguity, record, room.now):
        return _in_doubt(room, label, ambiguity)
    advice = advice_for(room, member, None, away)
    if advice.wait:
        return _not_called_yet(room, member, advice.wait)
    conference = room.observation.conference
    name = conference.sid if conference else room.roster.room
    return ring(name, member, advice, verdict, record.intent)
