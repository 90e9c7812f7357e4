"""TwiML that puts a caller into a conference, or rejects the call.

Twilio: TwiML ``<Dial><Conference>``, ``<Reject>``. The attributes are a fixed set, and
each value is checked here: Twilio ignores what it does not know, and takes a wrong
value for the default, so that a misspelled mute would expose somebody.
"""

import re
from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as ET

from reconciler.model.parameter import BY_NAME, Parameter, ValueKind
from reconciler.model.roster import Fields, Value

CONTENT_TYPE: Final = "text/xml"

ATTRIBUTES: Final[Mapping[str, str]] = {
    "label": "participantLabel",
    "muted": "muted",
    "call_sid_to_coach": "coach",
    "start_conference_on_enter": "startConferenceOnEnter",
    "end_conference_on_exit": "endConferenceOnExit",
    "beep": "beep",
    "wait_url": "waitUrl",
    "wait_method": "waitMethod",
    "max_participants": "maxParticipants",
    "region": "region",
    "jitter_buffer_size": "jitterBufferSize",
    "conference_record": "record",
    "conference_trim": "trim",
    "conference_status_callback": "statusCallback",
    "conference_status_callback_event": "statusCallbackEvent",
    "conference_status_callback_method": "statusCallbackMethod",
    "conference_recording_status_callback": "recordingStatusCallback",
    "conference_recording_status_callback_event": "recordingStatusCallbackEvent",
    "conference_recording_status_callback_method": "recordingStatusCallbackMethod",
}
"""What of a create's parameters the noun has, by our names."""


_RECORD: Final = {"true": "record-from-start", "false": "do-not-record"}
"""A create's short words for what the noun has long ones for."""


_UNWRITABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class TwimlError(ValueError):
    """A value that must not be sent; ``name`` is the parameter's."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has a value that TwiML does not take")
        self.name = name


def conference(room: str, fields: Fields) -> bytes:
    """A document that dials into the conference *room* with *fields*.

    Fields that the noun has not are left out. TwimlError for a value of another
    type, or that is none of the words allowed.
    """
    response = ET.Element("Response")
    dial = ET.SubElement(response, "Dial")
    said = {
        ATTRIBUTES[name]: _checked(name, value)
        for name, value in fields
        if name in ATTRIBUTES
    }
    noun = ET.SubElement(dial, "Conference", dict(sorted(said.items())))
    noun.text = _printable(room)
    if not noun.text:
        raise TwimlError("conference")
    return _document(response)


def reject() -> bytes:
    """A document that lets the caller hear that the call is not taken."""
    response = ET.Element("Response")
    ET.SubElement(response, "Reject", {"reason": "rejected"})
    return _document(response)


def _document(response: ET.Element) -> bytes:
    written: bytes = ET.tostring(response, encoding="utf-8", xml_declaration=True)
    return written


def _checked(name: str, value: Value) -> str:
    parameter = BY_NAME[name]
    text = _text(parameter, value)
    allowed = parameter.words
    if allowed and not set(text.split() or [""]) <= set(allowed):
        raise TwimlError(name)
    return _RECORD.get(text, text) if name == "conference_record" else text


def _text(parameter: Parameter, value: Value) -> str:
    kind = parameter.kind
    if kind is ValueKind.BOOLEAN and isinstance(value, bool):
        return "true" if value else "false"
    if kind is ValueKind.INTEGER and type(value) is int and _within(parameter, value):
        return str(value)
    if kind is ValueKind.WORDS and isinstance(value, tuple):
        return " ".join(value)
    textual = kind not in {ValueKind.BOOLEAN, ValueKind.INTEGER, ValueKind.WORDS}
    if textual and isinstance(value, str):
        return _printable(value)
    raise TwimlError(parameter.name)


def _within(parameter: Parameter, value: int) -> bool:
    least, most = parameter.least, parameter.most
    return (least is None or least <= value) and (most is None or value <= most)


def _printable(text: str) -> str:
    """*text* without control characters and what else XML has no way to write."""
    return _UNWRITABLE.sub("", text)
