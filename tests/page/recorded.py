"""What another node has put on record of a room."""

from reconciler.engine.ports import Notes
from reconciler.model.observation import (
    Conference,
    ConferenceStatus,
    Participant,
    ParticipantStatus,
)
from reconciler.model.recorded_observation import Audience, ObservedLeg, ObservedRoom
from tests.page.page_desk import ROOM, START, PageDesk

CONFERENCE = Conference("CF1", ROOM, ConferenceStatus.IN_PROGRESS)


async def record(desk: PageDesk, room: ObservedRoom) -> None:
    """Put on record what a pass of another node observed, at that time."""
    lease = await desk.store.acquire(room.room, "another", room.seen_at, 60.0)
    await desk.store.note(lease, Notes(observed=room), room.seen_at)
    await desk.store.release(lease)


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
