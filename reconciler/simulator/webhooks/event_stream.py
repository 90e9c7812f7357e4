"""Event Streams: what a webhook sink is sent, in Twilio's form.

An event of a conference or call that has a status callback, the create that it comes
of, and the summary of whoever has left.
"""

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from reconciler.model.json_times import rfc3339
from reconciler.simulator.exchange.audit_log import LoggedEvent
from reconciler.simulator.exchange.date import rfc2822
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.http.insights_routes import participant_summary
from reconciler.simulator.http.json_body import (
    Body,
    account_path,
    participant_body,
)
from reconciler.simulator.webhooks.letter import (
    Letter,
    body_digest,
    signature,
    with_query,
)

STREAM = "event-stream"
"""What faults of delivery name it."""

_VOICE = "com.twilio.voice"
_SCHEMAS = "https://events-schemas.twilio.com"


def cloud_events(exchange: Exchange, occurrence: LoggedEvent) -> list[Body]:
    """The events of *occurrence*, the earliest first."""
    return list(_events(exchange, occurrence))


def write_batch(exchange: Exchange, sink: str, events: list[Body]) -> Letter:
    """A delivery to *sink*, signed with the account's auth token."""
    body = json.dumps(events).encode()
    url = with_query(sink, f"bodySHA256={body_digest(body)}")
    headers = {
        "X-Twilio-Signature": signature(exchange.account.token, url),
        "Content-Type": "application/json",
    }
    return Letter("POST", url, headers, body)


def _events(exchange: Exchange, occurrence: LoggedEvent) -> Iterator[Body]:
    form, sid = occurrence.form, occurrence.form.get("CallSid", "")
    about_participant = occurrence.name.startswith("participant-")
    if occurrence.stream == "conference" and about_participant and occurrence.url:
        kind = "status-callback.conference.participant.updated"
        yield _webhook(exchange, occurrence, kind, {"request": _request(occurrence)})
    if occurrence.stream == "call" and occurrence.url:
        if occurrence.name == "initiated" and sid in exchange.state.participants:
            kind = "api-request.conference-participant.created"
            yield _webhook(exchange, occurrence, kind, _create(exchange, sid))
        kind = f"status-callback.call.{occurrence.name}"
        yield _webhook(exchange, occurrence, kind, {"request": _request(occurrence)})
    if occurrence.name == "participant-leave" and sid in exchange.state.participants:
        summary = participant_summary(exchange, exchange.state.participant(sid))
        yield _envelope(
            exchange,
            occurrence,
            f"{_VOICE}.insights.conference-participant-summary.complete",
            "VoiceInsights.ConferenceParticipantSummary/2",
            {**summary, "processing_state": "complete"},
        ) | {"id": _identifier("EZ", f"summary {sid} {form.get('ConferenceSid')}")}


def _webhook(
    exchange: Exchange, occurrence: LoggedEvent, kind: str, data: Body
) -> dict[str, object]:
    about = {
        "sid": occurrence.form.get("CallSid"),
        "requestDateCreated": rfc2822(occurrence.at),
        "timestamp": rfc3339(occurrence.at),
    }
    schema = "Voice.WebhookEvent/2"
    return _envelope(exchange, occurrence, f"{_VOICE}.{kind}", schema, about | {**data})


def _envelope(
    exchange: Exchange, occurrence: LoggedEvent, kind: str, schema: str, data: Body
) -> dict[str, object]:
    form = occurrence.form
    place = form.get("CallSid") or form.get("ConferenceSid", "")
    number = f"{kind} {place} {form.get('SequenceNumber')} {occurrence.at}"
    return {
        "specversion": "1.0",
        "type": kind,
        "source": f"{account_path(exchange.state)}/{place}",
        "id": _identifier("VW", number),
        "dataschema": f"{_SCHEMAS}/{schema}",
        "datacontenttype": "application/json",
        "time": rfc3339(occurrence.at),
        "data": data,
    }


def _request(occurrence: LoggedEvent) -> Body:
    return {
        "method": occurrence.method,
        "url": occurrence.url,
        "parameters": dict(occurrence.form),
    }


def _create(exchange: Exchange, call_sid: str) -> Body:
    """The create of a call: its request, and its answer in base64."""
    leg = exchange.state.participants[call_sid].first
    call = exchange.state.call(call_sid)
    room = quote(exchange.state.conferences[leg.conference_sid].name, safe="")
    path = f"{account_path(exchange.state)}/Conferences/{room}/Participants.json"
    parameters = {"To": call.to, "From": call.sender, "Label": leg.label}
    answer = json.dumps(participant_body(exchange.state, leg)).encode()
    return {
        "request": {
            "method": "POST",
            "url": f"https://api.twilio.com{path}",
            "parameters": {k: v for k, v in parameters.items() if v is not None},
        },
        "response": {
            "responseCode": 201,
            "requestDuration": 140,
            "contentType": "application/json",
            "responseBody": base64.b64encode(answer).decode(),
            "dateCreated": rfc2822(call.created_at),
        },
    }


def _identifier(prefix: str, of: str) -> str:
    return f"{prefix}{uuid5(NAMESPACE_URL, of).hex}"
