"""Calls that a second source reports: evidence beside what the API lists."""

from enum import StrEnum

from msgspec import Struct


class ReportSource(StrEnum):
    """Who reports a call, as it is put on record."""

    EVENT_STREAMS = "Event Streams"
    VOICE_INSIGHTS = "Voice Insights"


class ReportedCall(Struct, frozen=True):
    """A call into a room that a create made, by what *source* says.

    Only the call's own record tells what became of it, and only the participants
    listing who is in the room. ``label`` and ``to`` are empty where they are not said;
    never both.
    """

    call_sid: str
    source: ReportSource
    label: str = ""
    to: str = ""


class LostCreate(Struct, frozen=True):
    """A create about which nobody could tell what became of it.

    ``attempt_id`` is that of its attempt, which was made at ``created_at`` and sent no
    later than ``send_by``, in Unix seconds.
    """

    attempt_id: int
    room: str
    label: str
    to: str
    created_at: float
    send_by: float
