"""Table of all parameters of Twilio's create and update participant.

Validation, the JSON Schema, the wire, the plan, the simulator and the
documentation are all read off it. Twilio: conference participant resource.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct


class ValueKind(StrEnum):
    """The form of a value."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    TEXT = "text"
    WORD = "word"
    WORDS = "words"
    URL = "url"
    ENDPOINT = "endpoint"


class Class(StrEnum):
    """How a parameter converges.

    identity     says who the participant is; never compared as a field
    state        read back, compared, updated
    write-only   compared with what we last sent on this call
    create-only  a change needs a redial
    one-shot     done at most once a call
    """

    IDENTITY = "identity"
    STATE = "state"
    WRITE_ONLY = "write-only"
    CREATE_ONLY = "create-only"
    ONE_SHOT = "one-shot"


class Secrecy(StrEnum):
    """Whether a value may be seen; of a REFERENCE only the name is ever stored."""

    OPEN = "open"
    MASKED = "masked"
    REFERENCE = "reference"


class Parameter(Struct, frozen=True):
    """One parameter.

    ``name`` is ours, ``wire`` Twilio's. ``words`` are the values allowed of a
    WORD or in WORDS. ``least`` and ``most`` bound an INTEGER's value or a
    TEXT's length, None where Twilio names no bound. ``about`` is one sentence
    for schema and documentation.
    """

    name: str
    wire: str
    kind: ValueKind
    cls: Class
    create: bool
    update: bool
    about: str
    words: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    empty: bool = False
    secrecy: Secrecy = Secrecy.OPEN


_METHODS = ("GET", "POST")
_CONFERENCE_EVENTS = (
    "start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement",
)  # fmt: skip
_RECORDING_EVENTS = (
    "started", "in-progress", "paused", "resumed", "stopped", "completed", "failed",
    "absent",
)  # fmt: skip


def _create(
    wire: str,
    kind: ValueKind,
    about: str,
    *,
    words: tuple[str, ...] = (),
    least: int | None = None,
    most: int | None = None,
    secrecy: Secrecy = Secrecy.OPEN,
) -> Parameter:
    return Parameter(
        name=snake_case(wire),
        wire=wire,
        kind=kind,
        cls=Class.CREATE_ONLY,
        create=True,
        update=False,
        about=about,
        words=words,
        least=least,
        most=most,
        secrecy=secrecy,
    )


def _method(wire: str, url: str) -> Parameter:
    return _create(wire, ValueKind.WORD, f"HTTP method for {url}.", words=_METHODS)


def _update(
    wire: str,
    kind: ValueKind,
    cls: Class,
    about: str,
    *,
    create: bool = False,
    words: tuple[str, ...] = (),
    empty: bool = False,
) -> Parameter:
    return Parameter(
        name=snake_case(wire),
        wire=wire,
        kind=kind,
        cls=cls,
        create=create,
        update=True,
        about=about,
        words=words,
        empty=empty,
    )


def snake_case(wire: str) -> str:
    """Our name of a parameter of Twilio's: ``HoldUrl`` is ``hold_url``."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in wire).lstrip("_")


def _identity(
    wire: str, kind: ValueKind, about: str, most: int | None = None
) -> Parameter:
    return Parameter(
        name=snake_case(wire),
        wire=wire,
        kind=kind,
        cls=Class.IDENTITY,
        create=True,
        update=False,
        about=about,
        least=1 if most else None,
        most=most,
    )


TABLE: tuple[Parameter, ...] = (
    _identity("From", ValueKind.ENDPOINT, "Caller ID: a number of yours, or client:name."),
    _identity("To", ValueKind.ENDPOINT, "Address to call: +E.164, client:name, sip:user@host or app:AP…."),
    _identity("Label", ValueKind.TEXT, "The participant's label; the key in a roster.", 128),
    # Read back, compared, updated.
    _update("Muted", ValueKind.BOOLEAN, Class.STATE, "Hears everybody and is not heard.", create=True),
    _update("Hold", ValueKind.BOOLEAN, Class.STATE, "Hears music, and neither hears nor is heard by the room."),
    _update("Coaching", ValueKind.BOOLEAN, Class.STATE, "Is heard by one participant only.", create=True),
    _update("CallSidToCoach", ValueKind.TEXT, Class.STATE, "Call SID of the coached participant.", create=True),
    _update("EndConferenceOnExit", ValueKind.BOOLEAN, Class.STATE, "The conference ends when this person leaves.", create=True),
    # Sent, never shown: remembered by call.
    _update("HoldUrl", ValueKind.URL, Class.WRITE_ONLY, "Music or TwiML heard while on hold."),
    _update("HoldMethod", ValueKind.WORD, Class.WRITE_ONLY, "HTTP method for hold_url.", words=_METHODS),
    _update("WaitUrl", ValueKind.URL, Class.WRITE_ONLY, "Music or TwiML heard before the conference starts; '' is silence.", create=True, empty=True),
    _update("WaitMethod", ValueKind.WORD, Class.WRITE_ONLY, "HTTP method for wait_url.", create=True, words=_METHODS),
    _update("BeepOnExit", ValueKind.BOOLEAN, Class.WRITE_ONLY, "A beep is played when this person leaves."),
    # Played on every request: done once, by id.
    _update("AnnounceUrl", ValueKind.URL, Class.ONE_SHOT, "Audio or TwiML played to this person once per call."),
    _update("AnnounceMethod", ValueKind.WORD, Class.ONE_SHOT, "HTTP method for announce_url.", words=_METHODS),
    # Settled when the phone is rung.
    _create("AmdStatusCallback", ValueKind.URL, "URL notified of who or what answered."),
    _method("AmdStatusCallbackMethod", "amd_status_callback"),
    _create("Beep", ValueKind.WORD, "When the room hears a beep for this person.", words=("true", "false", "onEnter", "onExit")),
    _create("Byoc", ValueKind.TEXT, "SID of the BYOC trunk that carries the call.", least=1),
    _create("CallReason", ValueKind.TEXT, "Reason for the call, for branded calls.", least=1),
    _create("CallToken", ValueKind.TEXT, "Token of the inbound call whose caller id is passed on.", least=1, secrecy=Secrecy.MASKED),
    _create("CallerDisplayName", ValueKind.TEXT, "Display name in the SIP From header.", least=2, most=255),
    _create("CallerId", ValueKind.ENDPOINT, "Caller ID shown instead of from."),
    _create("ClientNotificationUrl", ValueKind.URL, "Delivers the push notification of a client call."),
    _create("ConferenceRecord", ValueKind.WORD, "Whether the conference is recorded.", words=("true", "false", "record-from-start", "do-not-record")),
    _create("ConferenceRecordingStatusCallback", ValueKind.URL, "URL notified when the conference's recording is available."),
    _create("ConferenceRecordingStatusCallbackEvent", ValueKind.WORDS, "Events sent to conference_recording_status_callback.", words=("in-progress", "completed", "failed", "absent")),
    _method("ConferenceRecordingStatusCallbackMethod", "conference_recording_status_callback"),
    _create("ConferenceStatusCallback", ValueKind.URL, "URL notified of conference events; the first to join decides."),
    _create("ConferenceStatusCallbackEvent", ValueKind.WORDS, "Events sent to conference_status_callback.", words=_CONFERENCE_EVENTS),
    _method("ConferenceStatusCallbackMethod", "conference_status_callback"),
    _create("ConferenceTrim", ValueKind.WORD, "Whether silence is trimmed from the conference's recording.", words=("trim-silence", "do-not-trim")),
    _create("EarlyMedia", ValueKind.BOOLEAN, "The room hears ringing and disconnect messages."),
    _create("EmergencyAddress", ValueKind.TEXT, "Street and number of an emergency caller.", least=1, most=60, secrecy=Secrecy.MASKED),
    _create("EmergencyCallerLocation", ValueKind.TEXT, "Where in the building an emergency caller is.", least=1, most=20, secrecy=Secrecy.MASKED),
    _create("EmergencyCallerPosition", ValueKind.TEXT, "Latitude and longitude of an emergency caller, in degrees.", least=1, most=150, secrecy=Secrecy.MASKED),
    _create("EmergencyCity", ValueKind.TEXT, "City of an emergency caller.", least=1, most=20, secrecy=Secrecy.MASKED),
    _create("EmergencyCountry", ValueKind.TEXT, "Country of an emergency caller: US or CA.", least=1, most=20),
    _create("EmergencyName", ValueKind.TEXT, "Organization of an emergency caller.", least=1, most=20, secrecy=Secrecy.MASKED),
    _create("EmergencyState", ValueKind.TEXT, "State or province of an emergency caller.", least=1, most=20),
    _create("EmergencyZipCode", ValueKind.TEXT, "Postal code of an emergency caller.", least=1, most=20, secrecy=Secrecy.MASKED),
    _create("JitterBufferSize", ValueKind.WORD, "Smoothing of this person's audio.", words=("off", "small", "medium", "large")),
    _create("MachineDetection", ValueKind.WORD, "Whether to tell a machine from a person.", words=("Enable", "DetectMessageEnd")),
    _create("MachineDetectionSilenceTimeout", ValueKind.INTEGER, "Milliseconds of silence that end detection.", least=2000, most=10000),
    _create("MachineDetectionSpeechEndThreshold", ValueKind.INTEGER, "Milliseconds of silence that end speech.", least=500, most=5000),
    _create("MachineDetectionSpeechThreshold", ValueKind.INTEGER, "Milliseconds of speech that mean a machine.", least=1000, most=6000),
    _create("MachineDetectionTimeout", ValueKind.INTEGER, "Seconds to try detection.", least=1),
    _create("MaxParticipants", ValueKind.INTEGER, "Maximum number of participants.", least=2, most=250),
    _create("Passports", ValueKind.TEXT, "STIR/SHAKEN passports of the call, base64, up to five, separated by commas.", least=1, secrecy=Secrecy.MASKED),
    _create("Record", ValueKind.BOOLEAN, "Record this person."),
    _create("RecordingChannels", ValueKind.WORD, "Channels of the recording.", words=("mono", "dual")),
    _create("RecordingConfigurationId", ValueKind.TEXT, "SID of the recording configuration.", least=1),
    _create("RecordingStatusCallback", ValueKind.URL, "URL notified when the recording's status changes."),
    _create("RecordingStatusCallbackEvent", ValueKind.WORDS, "Events sent to recording_status_callback.", words=_RECORDING_EVENTS),
    _method("RecordingStatusCallbackMethod", "recording_status_callback"),
    _create("RecordingTrack", ValueKind.WORD, "Which side is recorded.", words=("inbound", "outbound", "both")),
    _create("Region", ValueKind.WORD, "Where the audio is mixed; the first to join decides.", words=("us1", "us2", "ie1", "de1", "sg1", "br1", "au1", "jp1")),
    _create("SipAuthPassword", ValueKind.TEXT, "SIP password, as a ${NAME} reference.", least=1, secrecy=Secrecy.REFERENCE),
    _create("SipAuthUsername", ValueKind.TEXT, "SIP user name.", least=1),
    _create("StartConferenceOnEnter", ValueKind.BOOLEAN, "The conference starts when this person joins."),
    _create("StatusCallback", ValueKind.URL, "URL notified of the call's progress."),
    _create("StatusCallbackEvent", ValueKind.WORDS, "Events sent to status_callback.", words=("initiated", "ringing", "answered", "completed")),
    _method("StatusCallbackMethod", "status_callback"),
    _create("TimeLimit", ValueKind.INTEGER, "Maximum length of the call, in seconds.", least=1),
    _create("Timeout", ValueKind.INTEGER, "Seconds to ring before giving up; Twilio adds 5.", least=5, most=600),
    _create("Trim", ValueKind.WORD, "Whether silence is trimmed from this person's recording.", words=("trim-silence", "do-not-trim")),
)  # fmt: skip

BY_NAME: Mapping[str, Parameter] = MappingProxyType({each.name: each for each in TABLE})

SHOWN_FIELDS = frozenset(each.name for each in TABLE if each.cls is Class.STATE)
"""What Twilio shows of a participant after an update."""

BY_WIRE: Mapping[str, Parameter] = MappingProxyType({each.wire: each for each in TABLE})

REFERABLE = frozenset(
    {
        "url",
        *(
            each.name
            for each in TABLE
            if each.kind in {ValueKind.TEXT, ValueKind.URL}
            and each.cls is not Class.IDENTITY
        ),
    }
)
"""Parameters, and the URL of an announcement, whose references are kept as written."""
