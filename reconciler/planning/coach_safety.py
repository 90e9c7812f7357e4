"""Coaches in a room: whom each coaches, and who must be muted first."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from reconciler.model.action import Change, ChangeKind, Harm, Remove
from reconciler.model.observation import Participant
from reconciler.model.roster import Member, Unlisted
from reconciler.planning.absence import absence
from reconciler.planning.coaching import Advice, CoachedPerson, advise
from reconciler.planning.context import Item, PlanningContext
from reconciler.planning.listing_lag import exposed, heard
from reconciler.planning.machines import redial_of
from reconciler.planning.plan import Phase, Waiting, Withheld
from reconciler.planning.silence import silence


def advice_for(
    room: PlanningContext, member: Member, leg: Participant | None, away: frozenset[str]
) -> Advice:
    """What the coach's table says of *member*; *away* are calls about to go."""
    wanted = member.coaching
    if isinstance(wanted, str):
        target, name = room.leg(wanted) or room.by_call(wanted), wanted
    elif leg is not None and leg.coaching:
        target, name = room.by_call(leg.call_sid_to_coach), "the coached person"
    else:
        return advise(wanted, leg, None)
    if target is None:
        return advise(wanted, leg, CoachedPerson(name, None))
    ambiguity = room.unproven.get(target.call_sid)
    leaving = target.call_sid in away
    shown = CoachedPerson(name, target, leaving, ambiguity.reason if ambiguity else "")
    return advise(wanted, leg, shown)


def for_good(
    room: PlanningContext, wanted: str, seen: frozenset[str] = frozenset()
) -> bool:
    """Whether only people can make *wanted* ready to be coached.

    Coaches who wait for one another in a circle wait for good.
    """
    if wanted in seen or wanted in room.unrung:
        return True
    member = room.roster.member(wanted)
    leg = room.leg(wanted) or room.by_call(wanted)
    if member is not None and member.hold is True:
        return True
    if leg is not None:
        undeclared = member is None or member.hold is None
        return leg.connected and leg.hold and undeclared
    if member is None or (wanted in room.standby and not room.record(member).open):
        return True
    verdict = absence(
        room.record(member), redial_of(member), room.observation, room.now
    )
    if isinstance(verdict, Waiting):
        return verdict.settled or verdict.phase is Phase.STALLED
    waits_for = member.coaching
    return isinstance(waits_for, str) and for_good(room, waits_for, seen | {wanted})


def uncontrolled(room: PlanningContext) -> frozenset[str]:
    """Calls whose coach would be heard without them, and is not ours to mute.

    A stranger is left alone under ``unlisted: keep``, and nobody can be muted
    who has not answered.
    """
    others = _others(room)
    return frozenset(
        leg.call_sid_to_coach
        for leg in room.legs
        if leg.call_sid_to_coach
        and _audible(room, leg)
        and (leg.call_sid in others or not leg.connected)
    )


def _others(room: PlanningContext) -> frozenset[str]:
    """Calls of people whom the roster leaves alone."""
    kept = room.roster.unlisted is Unlisted.KEEP
    return frozenset(
        leg.call_sid
        for leg in room.matching.strangers
        if kept or leg.call_sid in room.matching.uncertain
    )


def spare_coached(actions: Iterable[Item], coached: frozenset[str]) -> Iterator[Item]:
    """*actions*, with what takes one of the calls *coached* away withheld."""
    reason = (
        "this person's coach cannot be muted and would be heard. Carried out once the "
        "coach is muted or gone: end the coach's call, or declare them"
    )
    for action in actions:
        if isinstance(action, Remove | Change) and _takes_away(action, coached):
            yield Withheld(action, "coached", reason)
        else:
            yield action


def _takes_away(action: Remove | Change, calls: frozenset[str]) -> bool:
    holds = isinstance(action, Change) and action.kind is ChangeKind.HOLD
    if isinstance(action, Remove) or (holds and action.harm is Harm.SILENCE):
        return action.call_sid in calls
    return False


def silences(
    room: PlanningContext, away: frozenset[str], compared: frozenset[str]
) -> Iterator[Change]:
    """Silence for everybody who coaches somebody that goes.

    Members who are *compared* are silenced by that.
    """
    labels = {
        leg.call_sid: label
        for label, seat in room.matching.matches.items()
        for leg in seat.legs
    }
    spared = compared | _others(room)
    for leg in room.legs:
        ours = leg.connected and leg.call_sid not in spared
        if ours and _audible(room, leg) and leg.call_sid_to_coach in away:
            yield _silenced(leg, labels.get(leg.call_sid) or room.alias(leg))


def _audible(room: PlanningContext, leg: Participant) -> bool:
    ended = exposed(room.ledger, leg.call_sid, room.now)
    return leg.coaching and heard(leg, ended)


def _silenced(leg: Participant, label: str) -> Change:
    reason = "a coach stays muted while the coached person leaves"
    memory = (("muted", True),)
    muted = silence(leg, label, ChangeKind.MUTE, reason, memory)
    return replace(muted, safety=True)
