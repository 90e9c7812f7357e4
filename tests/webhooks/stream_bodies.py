"""Bodies of Event Streams in the shape that Twilio documents, with values of our own.

Twilio: Event Streams, event types "Conference Participant API Request" (created),
"Conference Participant Status Callback", "Call Progress Event", "Conference Participant
Summary" and the sink's test event.
"""

import base64
import json
from typing import Any

from tests.webhooks.vectors import ACCOUNT_SID

CALL_SID = "CA386025c9bf5d6052a1d1ea42b4d16662"
CONFERENCE_SID = "CFbbe4632a3c49700934481addd5ce1659"
ROOM = "standup-42"
PHONE = "+15558675310"
SENDER = "+15017122661"
_SCHEMAS = "https://events-schemas.twilio.com"
_VOICE = "com.twilio.voice"
_AT = "2026-04-14T09:26:58.000Z"

Event = dict[str, Any]


def cloud_event(kind: str, schema: str, data: object, **more: Any) -> Event:
    plain = {
        "specversion": "1.0",
        "type": kind,
        "source": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls/{CALL_SID}.json",
        "id": "VW" + "1" * 32,
        "dataschema": f"{_SCHEMAS}/{schema}",
        "datacontenttype": "application/json",
        "time": _AT,
        "data": data,
    }
    return plain | more


def _webhook(kind: str, data: Event, **more: Any) -> Event:
    whole = {
        "sid": CALL_SID,
        "requestDateCreated": "Tue, 14 Apr 2026 09:26:58 +0000",
        "timestamp": _AT,
        "eventSid": "VW" + "1" * 32,
    }
    return cloud_event(f"{_VOICE}.{kind}", "Voice.WebhookEvent/2", whole | data, **more)


def participant_updated(
    event: str = "participant-join", sequence: int = 1, **more: Any
) -> Event:
    parameters = {
        "AccountSid": ACCOUNT_SID,
        "ConferenceSid": CONFERENCE_SID,
        "FriendlyName": ROOM,
        "CallSid": CALL_SID,
        "StatusCallbackEvent": event,
        "SequenceNumber": str(sequence),
        "Timestamp": "Tue, 14 Apr 2026 09:26:58 +0000",
        "Muted": "false",
        "Hold": "false",
        "Coaching": "false",
        "EndConferenceOnExit": "false",
        "StartConferenceOnEnter": "true",
    } | {name: value for name, value in more.items() if name[0].isupper()}
    envelope = {name: value for name, value in more.items() if not name[0].isupper()}
    request = {
        "method": "POST",
        "url": "https://roster.example.com/twilio/hooks/conference",
        "parameters": parameters,
    }
    return _webhook(
        "status-callback.conference.participant.updated",
        {"request": request},
        **envelope,
    )


def participant_created(
    room: str = ROOM,
    *,
    code: int = 201,
    account: str = ACCOUNT_SID,
    answer: dict[str, object] | None = None,
    **more: Any,
) -> Event:
    participant = {
        "account_sid": account,
        "call_sid": CALL_SID,
        "conference_sid": CONFERENCE_SID,
        "label": "ann",
        "status": "queued",
        "muted": False,
    } | (answer or {})
    data = {
        "request": {
            "method": "POST",
            "url": f"https://api.twilio.com/2010-04-01/Accounts/{account}/Conferences/"
            f"{room}/Participants.json",
            "parameters": {"To": PHONE, "From": SENDER, "Label": "ann"},
        },
        "response": {
            "responseCode": code,
            "requestDuration": 140,
            "contentType": "application/json",
            "responseBody": base64.b64encode(json.dumps(participant).encode()).decode(),
            "dateCreated": "Tue, 14 Apr 2026 09:26:58 +0000",
        },
    }
    return _webhook("api-request.conference-participant.created", data, **more)


def call_status(status: str = "initiated", url: str = "", **more: Any) -> Event:
    request = {
        "method": "POST",
        "url": url or f"https://roster.example.com/twilio/hooks/call?room={ROOM}",
        "parameters": {
            "AccountSid": ACCOUNT_SID,
            "CallSid": CALL_SID,
            "CallStatus": status,
            "Direction": "outbound-api",
            "From": SENDER,
            "To": PHONE,
        },
    }
    return _webhook(f"status-callback.call.{status}", {"request": request}, **more)


def participant_summary(**more: Any) -> Event:
    data = {
        "participant_sid": "CP" + "2" * 32,
        "label": "ann",
        "conference_sid": CONFERENCE_SID,
        "call_sid": CALL_SID,
        "account_sid": ACCOUNT_SID,
        "call_direction": "outbound",
        "from": SENDER,
        "to": PHONE,
        "call_status": "completed",
        "country_code": "US",
        "is_moderator": True,
        "join_time": "2026-04-14T09:26:58Z",
        "leave_time": "2026-04-14T09:27:30Z",
        "duration_seconds": 32,
        "outbound_queue_length": 0,
        "outbound_time_in_queue": 965,
        "is_coach": False,
        "coached_participants": None,
        "processing_state": "complete",
        "properties": {"enter_muted": False},
        "events": {"mute": [1776158820000]},
        "metrics": {"inbound": {"mos": 4.4}},
    } | more
    return cloud_event(
        f"{_VOICE}.insights.conference-participant-summary.complete",
        "VoiceInsights.ConferenceParticipantSummary/2",
        data,
        id="EZ" + "3" * 32,
    )


def sink_test() -> Event:
    return cloud_event(
        "com.twilio.eventstreams.test-event",
        "EventStreams.TestSink/1.json",
        {"test_id": "0f3c9f8e-1e3b-4a4e-9f4f-6a1f6f0d3c55"},
        source="Sink",
        id=ACCOUNT_SID,
    )
