"""A call that a probe placed, and the paths by which it is read."""

from msgspec import Struct

from reconciler.model.errors import UnknownOutcome
from reconciler.probe.api_line import ProbeReply


class Leg(Struct, frozen=True):
    """A call that a question placed; ``at`` is when the create was answered."""

    call_sid: str
    conference_sid: str
    to: str
    queue_seconds: float | None
    at: float

    @property
    def participant(self) -> tuple[str, ...]:
        """The segments of its path."""
        return "Conferences", self.conference_sid, "Participants", self.call_sid

    @property
    def conference(self) -> tuple[str, ...]:
        """The segments of its conference's path."""
        return "Conferences", self.conference_sid

    @property
    def call(self) -> tuple[str, ...]:
        """The segments of its call's path."""
        return "Calls", self.call_sid


def leg_of(reply: ProbeReply, to: str) -> Leg:
    waits = reply.text("queue_time")
    if not reply.text("call_sid"):
        raise UnknownOutcome("a create was answered without a call SID")
    return Leg(
        reply.text("call_sid"),
        reply.text("conference_sid"),
        to,
        float(waits) / 1000 if waits.isdecimal() else None,
        reply.at,
    )
