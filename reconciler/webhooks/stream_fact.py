"""What an event of Event Streams tells of a room.

type, after com.twilio.voice.                          tells
status-callback.conference.participant.updated         a leg's state, and its label
api-request.conference-participant.created             the call that a create made
status-callback.call.initiated, ringing, answered,     the call of a create with our
  completed                                              call webhook
insights.conference-participant-summary.complete       the call that a create made, once
                                                         it has left

Twilio: Event Streams, event types of voice and of conference insights. The parameters
of participant.updated are from production code.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct, field

from reconciler.model.reported_call import ReportedCall, ReportSource
from reconciler.webhooks import public_url
from reconciler.webhooks.cloud_event import LONGEST_TEXT, CloudEvent

TEST_EVENT: Final = "com.twilio.eventstreams.test-event"
"""Sent on request; its ``test_id`` validates the sink."""

VOICE: Final = "com.twilio.voice."
PARTICIPANT_UPDATED: Final = f"{VOICE}status-callback.conference.participant.updated"
PARTICIPANT_CREATED: Final = f"{VOICE}api-request.conference-participant.created"
PARTICIPANT_SUMMARY: Final = f"{VOICE}insights.conference-participant-summary.complete"

VERSIONS: Final[Mapping[str, frozenset[int]]] = {
    "Voice.WebhookEvent": frozenset({1, 2}),
    "VoiceInsights.ConferenceParticipantSummary": frozenset({1, 2}),
    "EventStreams.TestSink": frozenset({1}),
}
"""Versions of schemas that are read; by Twilio, 2 changes nothing but descriptions."""

LONGEST_LABEL: Final = 128
LONGEST_ADDRESS: Final = 256
"""Characters of what a call is reported with; it goes from daemon to daemon."""

_CALL: Final = re.compile(r"CA[0-9a-fA-F]{32}")
_PARTICIPANTS: Final = re.compile(
    r".*/Accounts/(AC[0-9a-fA-F]{32})/Conferences/([^/]+)/Participants(\.json)?"
)
_CREATED: Final = 201


class UnreadableFact(ValueError):  # noqa: N818 - a fact of the event
    """The data is not as Twilio documents it."""


class StreamFact(Struct, frozen=True):
    """What an event tells, of a room by name or of a conference by SID.

    ``fields`` are those of the conference webhook that it repeats, empty for none.
    """

    account_sid: str
    room: str = ""
    conference_sid: str = ""
    call: ReportedCall | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def fact_of(event: CloudEvent) -> StreamFact | None:
    """What *event* tells, None for a type that is not read; UnreadableFact."""
    read = _READ.get(event.type)
    return None if read is None else read(event.data)


def _updated(data: Mapping[str, Any]) -> StreamFact:
    form = _form(data)
    return StreamFact(
        form.get("AccountSid", ""),
        form.get("FriendlyName", ""),
        form.get("ConferenceSid", ""),
        _report(form.get("CallSid"), form.get("ParticipantLabel"), None),
        form,
    )


def _created(data: Mapping[str, Any]) -> StreamFact:
    """A create that worked: its answer names the call."""
    request, response = _part(data, "request"), _part(data, "response")
    url = request.get("url")
    place = (
        _PARTICIPANTS.fullmatch(urlsplit(url).path) if isinstance(url, str) else None
    )
    if place is None:
        raise UnreadableFact("a create without its URL")
    if response.get("responseCode") != _CREATED:
        return StreamFact(place[1])
    answer = _answer(response.get("responseBody"))
    if answer.get("account_sid") != place[1]:
        raise UnreadableFact("a create's answer is of another account")
    return StreamFact(
        place[1],
        unquote(place[2]),
        _text(answer.get("conference_sid")),
        _report(answer.get("call_sid"), answer.get("label"), _form(data).get("To")),
    )


def _call_status(data: Mapping[str, Any]) -> StreamFact:
    """A status callback to us: its URL names the room, as we wrote it."""
    form, url = _form(data), _part(data, "request").get("url")
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or not parts.path.endswith(public_url.CALL):
        return StreamFact(form.get("AccountSid", ""))
    named = parse_qs(parts.query).get("room", [""])[0]
    return StreamFact(
        form.get("AccountSid", ""),
        named,
        named,
        _report(form.get("CallSid"), None, form.get("To")),
    )


def _summary(data: Mapping[str, Any]) -> StreamFact:
    outbound = data.get("call_direction") == "outbound"
    report = _report(data.get("call_sid"), data.get("label"), data.get("to"))
    return StreamFact(
        _text(data.get("account_sid")),
        conference_sid=_text(data.get("conference_sid")),
        call=report if outbound else None,
    )


_READ: Final[Mapping[str, Callable[[Mapping[str, Any]], StreamFact]]] = {
    PARTICIPANT_UPDATED: _updated,
    PARTICIPANT_CREATED: _created,
    PARTICIPANT_SUMMARY: _summary,
    f"{VOICE}insights.participant-summary.complete": _summary,
    **{
        f"{VOICE}status-callback.call.{status}": _call_status
        for status in ("initiated", "ringing", "answered", "completed")
    },
}


def _report(call_sid: object, label: object, to: object) -> ReportedCall | None:
    """The call, None where nothing tells whose it is."""
    if not isinstance(call_sid, str) or not _CALL.fullmatch(call_sid):
        raise UnreadableFact("no SID of a call")
    name, phone = _text(label, LONGEST_LABEL), _text(to, LONGEST_ADDRESS)
    if not (name + phone).isprintable() or not phone.isascii():
        raise UnreadableFact("invalid label or address")
    if not name and not phone:
        return None
    return ReportedCall(call_sid, ReportSource.EVENT_STREAMS, name, phone)


def _form(data: Mapping[str, Any]) -> Mapping[str, str]:
    """The parameters of the request that the event tells of."""
    form = _part(_part(data, "request"), "parameters")
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _answer(encoded: object) -> Mapping[str, Any]:
    """A JSON object in base64."""
    try:
        found = json.loads(base64.b64decode(_text(encoded, most=None), validate=True))
    except (ValueError, RecursionError):
        raise UnreadableFact("an answer that is not JSON in base64") from None
    if not isinstance(found, dict):
        raise UnreadableFact("an answer that is no object")
    return found


def _part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = data.get(name)
    if not isinstance(part, dict):
        raise UnreadableFact(f"no {name}")
    return part


def _text(value: object, most: int | None = LONGEST_TEXT) -> str:
    """A text, "" for null; UnreadableFact for anything else."""
    if value is None:
        return ""
    if not isinstance(value, str) or (most is not None and len(value) > most):
        raise UnreadableFact("not a text")
    return value
