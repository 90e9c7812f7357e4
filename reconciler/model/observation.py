"""Observed state of a room: conference, participants, calls.

Twilio: conference resource, conference participant resource, call resource.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from reconciler.model.partly_compared import PartlyCompared
from reconciler.model.reported_call import LostCreate, ReportedCall


class ConferenceStatus(StrEnum):
    """A conference never comes back once completed."""

    INIT = "init"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"


RING = "ring"
"""In ``Observation.lacks``: the service calls nobody into a conference."""


class ParticipantStatus(StrEnum):
    """How far a participant has come; the first three are on the way in."""

    QUEUED = "queued"
    CONNECTING = "connecting"
    RINGING = "ringing"
    CONNECTED = "connected"
    COMPLETE = "complete"
    FAILED = "failed"


ON_THE_WAY = frozenset(
    {
        ParticipantStatus.QUEUED,
        ParticipantStatus.CONNECTING,
        ParticipantStatus.RINGING,
    }
)


class CallStatus(StrEnum):
    """The call's own record; the last five are final."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"


ENDED = frozenset(
    {
        CallStatus.COMPLETED,
        CallStatus.BUSY,
        CallStatus.FAILED,
        CallStatus.NO_ANSWER,
        CallStatus.CANCELED,
    }
)


class Conference(Struct, frozen=True):
    """A conference; ``reason_ended`` is Twilio's word once it is completed."""

    sid: str
    name: str
    status: ConferenceStatus
    reason_ended: str | None = None


class Participant(PartlyCompared, frozen=True):
    """One leg as a participants page shows it; it has no phone number.

    ``created_at`` is in Unix seconds, None where the page does not say.
    """

    not_compared = frozenset({"created_at"})

    call_sid: str
    conference_sid: str
    label: str | None
    status: ParticipantStatus
    muted: bool
    hold: bool
    coaching: bool
    call_sid_to_coach: str | None
    end_conference_on_exit: bool
    start_conference_on_enter: bool = True
    created_at: float | None = None

    @property
    def connected(self) -> bool:
        """Whether the person is in the room, able to hear or be heard."""
        return self.status is ParticipantStatus.CONNECTED

    @property
    def on_the_way(self) -> bool:
        """Whether the phone is being called or about to be."""
        return self.status in ON_THE_WAY


class Call(Struct, frozen=True):
    """A call's own record. Times are Unix seconds, None until they happen.

    ``answered_by`` is Twilio's word where machine detection was asked for:
    ``human``, ``unknown``, ``fax`` or ``machine_…``; None until it is known.
    """

    sid: str
    status: CallStatus
    to: str
    sender: str
    direction: str
    created_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    answered_by: str | None = None

    @property
    def inbound(self) -> bool:
        """Whether the person dialed in."""
        return self.direction == "inbound"

    @property
    def party(self) -> str:
        """The number or address of the person at the far end."""
        return self.sender if self.inbound else self.to

    @property
    def ended(self) -> bool:
        """Whether the call is over; Twilio never takes this back."""
        return self.status in ENDED

    @property
    def machine(self) -> bool:
        """Whether an answering machine or a fax took the call."""
        return (self.answered_by or "").startswith(("machine", "fax"))


class ListingToken:
    """What a provider compares a later listing with; only it looks inside."""

    __slots__ = ()

    @property
    def stored(self) -> str | None:
        """What another process compares a listing with, None where it cannot."""
        return None


class Observation(PartlyCompared, frozen=True):
    """A complete observation of a room.

    ``conference`` is None when no conference of the name is active.
    ``participants`` is the whole listing, every page of it. ``calls`` holds
    the records that were asked for, by call SID; a SID that was asked for and
    is missing here has no record. ``searched`` holds, by number or address,
    the calls to it that the calls list shows. ``last`` is the finished
    conference that was asked for. ``alone`` says that nothing beside the
    listings was asked for; then ``listing`` is what the provider compares a later
    listing with, None where only a whole observation can tell. ``lacks`` is what the
    service cannot do: ``RING``, and parameters of an update. ``reported`` are calls
    that a second source says lost creates made; ``calls`` has their records.
    ``listed_at`` is when the participants were so, in Unix seconds; None if just now.
    """

    not_compared = frozenset({"alone", "listing", "lacks", "listed_at"})

    room: str
    conference: Conference | None
    participants: tuple[Participant, ...] = ()
    calls: Mapping[str, Call] = field(default_factory=dict)
    searched: Mapping[str, tuple[Call, ...]] = field(default_factory=dict)
    last: Conference | None = None
    alone: bool = False
    listing: ListingToken | None = None
    lacks: frozenset[str] = frozenset()
    reported: tuple[ReportedCall, ...] = ()
    listed_at: float | None = None

    @property
    def live(self) -> bool:
        """Whether somebody is in the room: then the conference is active."""
        return any(leg.connected for leg in self.participants)


class Unknown(Struct, frozen=True):
    """An observation that failed, was partial or contradicts itself: never empty."""

    room: str
    reason: str


class ConferenceSurvey(Struct, frozen=True):
    """The active conferences of some names, by one survey.

    ``conferences`` has none of a name without a conference that is init or
    in progress, and Unknown for one that has several, or that shows what is not
    believed. ``unknown`` is why nothing is known of any name, None if that is not so.
    """

    conferences: Mapping[str, Conference | Unknown] = field(default_factory=dict)
    unknown: str | None = None

    def of(self, room: str) -> Conference | Unknown | None:
        """The conference of *room*, why it is unknown, or None without one."""
        if self.unknown is not None:
            return Unknown(room, self.unknown)
        return self.conferences.get(room)


class Questions(Struct, frozen=True):
    """What an observation must find out besides the listing itself.

    ``calls``: SIDs whose records are wanted when the listing does not show
    them connected. ``known``: SIDs whose calls need no fetching; the call of
    every other participant is fetched, since only it tells who that is. ``numbers``:
    addresses rung by an attempt whose outcome is unknown, each with the Unix
    time of the attempt. ``conference_sid``: the conference last seen, whose
    end is wanted if it is over. ``created``: the conference that Twilio's answer
    to our newest create names; it is believed before the list by name, which lags.
    ``answered``: SIDs whose records are wanted whatever the listing shows, until
    they say who answered. ``reported``: calls that lost creates may have made, whose
    records are wanted. ``undecided``: lost creates that wait for a person, of which
    another source is asked.
    """

    calls: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    numbers: tuple[tuple[str, float], ...] = ()
    conference_sid: str | None = None
    created: str | None = None
    answered: frozenset[str] = frozenset()
    reported: tuple[ReportedCall, ...] = ()
    undecided: tuple[LostCreate, ...] = ()
