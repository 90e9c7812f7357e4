"""Keyword arguments of create and update: the parameters of Twilio's requests.

Their meaning, limits and words are in docs/rosters.md, by the same names.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias, TypedDict

HttpMethod: TypeAlias = Literal["GET", "POST"]


class CreateParameters(TypedDict, total=False):
    """Parameters of a create beside ``to``, ``from_`` and ``label``."""

    muted: bool
    coaching: bool
    call_sid_to_coach: str
    end_conference_on_exit: bool
    wait_url: str
    wait_method: HttpMethod
    amd_status_callback: str
    amd_status_callback_method: HttpMethod
    beep: Literal["true", "false", "onEnter", "onExit"]
    byoc: str
    call_reason: str
    call_token: str
    caller_display_name: str
    caller_id: str
    client_notification_url: str
    conference_record: Literal["true", "false", "record-from-start", "do-not-record"]
    conference_recording_status_callback: str
    conference_recording_status_callback_event: Sequence[
        Literal["in-progress", "completed", "failed", "absent"]
    ]
    conference_recording_status_callback_method: HttpMethod
    conference_status_callback: str
    conference_status_callback_event: Sequence[
        Literal[
            "start",
            "end",
            "join",
            "leave",
            "mute",
            "hold",
            "modify",
            "speaker",
            "announcement",
        ]
    ]
    conference_status_callback_method: HttpMethod
    conference_trim: Literal["trim-silence", "do-not-trim"]
    early_media: bool
    emergency_address: str
    emergency_caller_location: str
    emergency_caller_position: str
    emergency_city: str
    emergency_country: str
    emergency_name: str
    emergency_state: str
    emergency_zip_code: str
    jitter_buffer_size: Literal["off", "small", "medium", "large"]
    machine_detection: Literal["Enable", "DetectMessageEnd"]
    machine_detection_silence_timeout: int
    machine_detection_speech_end_threshold: int
    machine_detection_speech_threshold: int
    machine_detection_timeout: int
    max_participants: int
    passports: str
    record: bool
    recording_channels: Literal["mono", "dual"]
    recording_configuration_id: str
    recording_status_callback: str
    recording_status_callback_event: Sequence[
        Literal[
            "started",
            "in-progress",
            "paused",
            "resumed",
            "stopped",
            "completed",
            "failed",
            "absent",
        ]
    ]
    recording_status_callback_method: HttpMethod
    recording_track: Literal["inbound", "outbound", "both"]
    region: Literal["us1", "us2", "ie1", "de1", "sg1", "br1", "au1", "jp1"]
    sip_auth_password: str
    sip_auth_username: str
    start_conference_on_enter: bool
    status_callback: str
    status_callback_event: Sequence[
        Literal["initiated", "ringing", "answered", "completed"]
    ]
    status_callback_method: HttpMethod
    time_limit: int
    timeout: int
    trim: Literal["trim-silence", "do-not-trim"]


class UpdateParameters(TypedDict, total=False):
    """Parameters of an update of a participant."""

    muted: bool
    hold: bool
    coaching: bool
    call_sid_to_coach: str
    end_conference_on_exit: bool
    hold_url: str
    hold_method: HttpMethod
    wait_url: str
    wait_method: HttpMethod
    beep_on_exit: bool
    announce_url: str
    announce_method: HttpMethod
