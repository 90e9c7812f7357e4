"""A leg of the room beside the declaration of a member it may belong to."""

from reconciler.model.observation import Participant
from reconciler.model.roster import Member
from reconciler.planning.coaches import advice_for
from reconciler.planning.diff import Beside
from reconciler.planning.flapping import unlisted_yet
from reconciler.planning.room import Room


def beside(
    room: Room, member: Member, leg: Participant, away: frozenset[str]
) -> Beside:
    """*leg* as *member*'s; *away* are calls that are, or are about to be, out."""
    advice = advice_for(room, member, leg, away)
    memory = room.memory(member, leg)
    return Beside(member, leg, memory, advice, _corrected(room, leg))


def _corrected(room: Room, leg: Participant) -> frozenset[str]:
    """What was tried on this call; not what the listing may not show yet."""
    return frozenset(
        each.field
        for each in room.ledger.corrections
        if each.call_sid == leg.call_sid and not unlisted_yet(each, room.now)
    )
