"""Diff of a leg against a member it may belong to."""

from reconciler.model.observation import Participant
from reconciler.model.roster import Member
from reconciler.planning.coach_safety import advice_for
from reconciler.planning.context import PlanningContext
from reconciler.planning.diff import MemberDiff
from reconciler.planning.listing_lag import exposed, unlisted_yet


def diff_leg(
    room: PlanningContext, member: Member, leg: Participant, away: frozenset[str]
) -> MemberDiff:
    """*leg* as *member*'s; *away* are calls that are, or are about to be, out."""
    advice = advice_for(room, member, leg, away)
    memory = room.memory(member, leg)
    ended = exposed(room.ledger, leg.call_sid, room.now)
    return MemberDiff(member, leg, memory, advice, _corrected(room, leg), ended)


def _corrected(room: PlanningContext, leg: Participant) -> frozenset[str]:
    """What was tried on this call; not what the listing may not show yet."""
    return frozenset(
        correction.field
        for correction in room.ledger.corrections
        if correction.call_sid == leg.call_sid
        and not unlisted_yet(correction, room.now)
    )
