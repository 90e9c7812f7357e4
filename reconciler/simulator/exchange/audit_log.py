"""Append-only log of requests and calls, for assertions."""

from collections.abc import Mapping

from msgspec import Struct, field

from reconciler.model.recorded_observation import Audience
from reconciler.simulator.exchange.checked_form import Fields


class PhoneRing(Struct, frozen=True):
    """A phone rang at a human."""

    at: float
    to: str
    call_sid: str
    label: str | None
    conference: str
    conference_sid: str


class Exposure(Struct, frozen=True):
    """From ``at`` on somebody is heard by ``audience``; their next entry ends it.

    ``target`` is the call SID of the one who hears a coach, else None. Before
    the first entry nobody hears them.
    """

    at: float
    conference_sid: str
    call_sid: str
    label: str | None
    audience: Audience
    target: str | None = None


class Write(Struct, frozen=True):
    """A POST or DELETE that arrived. ``status`` is 0 where no answer was sent.

    ``effect`` is the status it would have been answered with, None where it
    was not processed; ``ignored`` are parameters that mean nothing to Twilio.
    """

    at: float
    method: str
    path: str
    form: Fields
    status: int
    request_id: str
    effect: int | None = None
    ignored: tuple[str, ...] = ()
    fault: str | None = None


class Read(Struct, frozen=True):
    """A GET that arrived. ``status`` is 0 where no answer was sent."""

    at: float
    path: str
    query: tuple[tuple[str, str], ...]
    status: int
    request_id: str
    fault: str | None = None


class LoggedEvent(Struct, frozen=True):
    """An event as a webhook would tell it.

    ``stream`` is ``conference``, ``call`` or ``voice``. ``url`` is where it would be
    sent, None when nobody asked for it; ``form`` holds Twilio's fields.
    """

    at: float
    stream: str
    name: str
    form: Mapping[str, str]
    url: str | None
    method: str


class AuditLog(Struct):
    """All of it, each list in order of time."""

    rings: list[PhoneRing] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    events: list[LoggedEvent] = field(default_factory=list)

    def clear(self) -> None:
        """Forget all of it."""
        for log in (self.rings, self.exposures, self.writes, self.reads, self.events):
            log.clear()
