"""Whose events a member's own callbacks keep away from the daemon.

Twilio tells one URL of a conference's events: that of the first create. A member
with a callback of their own who joins first takes joins, leaves, mutes and holds
of the whole room away; the daemon then learns of them by looks alone.
"""

from collections.abc import Iterable

from reconciler.model.observation import Observation, Unknown
from reconciler.model.roster import Member
from reconciler.planning.plan import Person

CONFERENCE_CALLBACK = "conference_status_callback"
CALL_CALLBACK = "status_callback"


def own_callbacks(member: Member) -> frozenset[str]:
    """The member's own callbacks of kinds by which the daemon hears of events."""
    names = frozenset(name for name, _ in member.create_only)
    return names & {CONFERENCE_CALLBACK, CALL_CALLBACK}


def uncovered(
    people: Iterable[Person], observation: Observation | Unknown | None
) -> bool | None:
    """Whether somebody coaches while the conference's events may go elsewhere.

    None if it is not known who is in the room.
    """
    if isinstance(observation, Unknown):
        return None
    if observation is None or not any(
        each.coaching and each.connected for each in observation.participants
    ):
        return False
    return any(CONFERENCE_CALLBACK in own_callbacks(each.member) for each in people)
