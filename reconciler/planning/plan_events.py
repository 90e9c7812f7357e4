"""Webhook events that a member's own callbacks divert from the daemon.

Twilio tells one URL of a conference's events: that of the first create. A member
with a callback of their own who joins first takes joins, leaves, mutes and holds
of the whole room away; the daemon then learns of them by observations alone.
"""

from collections.abc import Iterable

from reconciler.model.observation import Observation
from reconciler.model.roster import Member
from reconciler.planning.plan import Person

CONFERENCE_CALLBACK = "conference_status_callback"
CALL_CALLBACK = "status_callback"


def own_callbacks(member: Member) -> frozenset[str]:
    """The member's own callbacks of kinds by which the daemon hears of events."""
    names = frozenset(name for name, _ in member.create_only)
    return names & {CONFERENCE_CALLBACK, CALL_CALLBACK}


def coached(people: Iterable[Person], observation: Observation) -> bool:
    """Whether somebody coaches in the room, or is to and may speak there already.

    Such a person may have to be silenced at once, by an event that we may not get.
    """
    return any(
        each.coaching and each.connected for each in observation.participants
    ) or any(
        leg.connected and not leg.muted
        for person in people
        if person.member.coaching
        for leg in person.legs
    )
