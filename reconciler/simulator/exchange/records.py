"""What the exchange keeps of conferences, participants and calls.

Twilio: conference resource, conference participant resource, call resource;
and beside their fields, those that Twilio never shows.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from reconciler.model.observation import (
    ENDED,
    ON_THE_WAY,
    CallStatus,
    ConferenceStatus,
    ParticipantStatus,
)
from reconciler.simulator.exchange.checked_form import Value


class Left(StrEnum):
    """ReasonParticipantLeft."""

    ENDED_VIA_API = "conference_ended_via_api"
    MODERATOR_ENDED = "moderator_ended_conference"
    UPDATED_VIA_API = "participant_updated_via_api"
    HUNG_UP = "participant_hung_up"
    ADD_FAILED = "participant_add_failed"


class Ended(StrEnum):
    """``reason_conference_ended``."""

    VIA_API = "conference-ended-via-api"
    END_ON_EXIT_LEFT = "participant-with-end-conference-on-exit-left"
    END_ON_EXIT_KICKED = "participant-with-end-conference-on-exit-kicked"
    LAST_KICKED = "last-participant-kicked"
    LAST_LEFT = "last-participant-left"


class Callback(Struct, frozen=True):
    """Who is told of events; an empty ``url`` is nobody."""

    url: str = ""
    method: str = "POST"
    events: tuple[str, ...] = ()


class CallRecord(Struct, frozen=True):
    """A call. Times are Unix seconds, None until they happen.

    ``caller`` is the address of somebody who withheld it from us; Twilio never
    shows it.
    """

    sid: str
    serial: int
    to: str
    sender: str
    direction: str
    status: CallStatus
    created_at: float
    updated_at: float
    queue_seconds: float = 0.0
    dialed_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    answered_by: str | None = None
    sip_code: int | None = None
    callback: Callback = Callback()
    caller: str = ""

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return self.status in ENDED

    @property
    def party(self) -> str:
        """The address of the person at the far end."""
        return self.sender if self.direction == "inbound" else self.to

    @property
    def phone(self) -> str:
        """The phone at the far end, whatever address is shown of it."""
        return self.caller or self.party


class ParticipantRecord(Struct, frozen=True):
    """One leg of a conference.

    ``sid`` is the CP that page tokens show. ``orphaned`` says that the target
    of this coach has left. ``coach_on_arrival`` is the call to coach once
    connected. ``adrift`` says that the conference ended while the phone was
    still ringing. ``sent`` holds what was sent and is never shown. ``ghost``
    says that the phone is dead and Twilio does not know it yet. Until
    ``listed_until`` listings show one who has left as connected.
    """

    call_sid: str
    sid: str
    serial: int
    conference_sid: str
    label: str | None
    status: ParticipantStatus
    created_at: float
    updated_at: float
    muted: bool = False
    hold: bool = False
    coaching: bool = False
    call_sid_to_coach: str | None = None
    end_conference_on_exit: bool = False
    start_conference_on_enter: bool = True
    early_media: bool = True
    timeout: int = 60
    time_limit: int | None = None
    coach_on_arrival: str | None = None
    orphaned: bool = False
    adrift: bool = False
    ghost: bool = False
    listed_until: float | None = None
    left_at: float | None = None
    sent: Mapping[str, Value] = field(default_factory=dict)
    announcements: tuple[str, ...] = ()

    @property
    def connected(self) -> bool:
        """Whether the person is in the room."""
        return self.status is ParticipantStatus.CONNECTED

    @property
    def on_the_way(self) -> bool:
        """Whether the phone is being called or about to be."""
        return self.status in ON_THE_WAY

    @property
    def gone(self) -> bool:
        """Whether this leg will never be in its conference again."""
        return self.left_at is not None


class ConferenceRecord(Struct, frozen=True):
    """One run of a room. ``opened`` says that somebody has connected to it.

    ``ending`` says that it was told to end and has not yet.
    """

    sid: str
    serial: int
    name: str
    status: ConferenceStatus
    created_at: float
    updated_at: float
    region: str
    max_participants: int
    callback: Callback
    opened: bool = False
    ending: bool = False
    reason_ended: Ended | None = None
    ended_by: str | None = None

    @property
    def live(self) -> bool:
        """Whether people can join."""
        return self.status is not ConferenceStatus.COMPLETED
