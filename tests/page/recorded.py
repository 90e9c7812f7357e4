"""Legs as the record of a room has them."""

from reconciler.model.observation import (
    Conference,
    ConferenceStatus,
    Participant,
    ParticipantStatus,
)
from reconciler.model.observed import Audience, ObservedLeg
from tests.page.page_desk import ROOM, START

CONFERENCE = Conference("CF1", ROOM, ConferenceStatus.IN_PROGRESS)


def leg(label: str, *, muted: bool = False, listed: bool = True) -> ObservedLeg:
    """A connected leg, heard by the room unless muted, which the roster allows."""
    shown = Participant(
        call_sid=f"CA-{label}",
        conference_sid=CONFERENCE.sid,
        label=label,
        status=ParticipantStatus.CONNECTED,
        muted=muted,
        hold=False,
        coaching=False,
        call_sid_to_coach=None,
        end_conference_on_exit=False,
    )
    audience = Audience.NOBODY if muted else Audience.ROOM
    member = label if listed else None
    return ObservedLeg(shown, member, audience, None, Audience.ROOM, START)
