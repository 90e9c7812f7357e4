"""TwiML as far as this exchange follows it: join a conference, or reject the call.

As at Twilio, attributes that mean nothing are ignored, and a wrong boolean is false.
"""

import re
from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as ET

from msgspec import Struct

from reconciler.simulator.exchange.checked_form import CheckedForm, Value

_TEXTS: Final[Mapping[str, str]] = {
    "participantLabel": "label",
    "coach": "call_sid_to_coach",
    "beep": "beep",
    "waitUrl": "wait_url",
    "waitMethod": "wait_method",
    "region": "region",
    "statusCallback": "conference_status_callback",
    "statusCallbackMethod": "conference_status_callback_method",
}
_FLAGS: Final[Mapping[str, str]] = {
    "muted": "muted",
    "startConferenceOnEnter": "start_conference_on_enter",
    "endConferenceOnExit": "end_conference_on_exit",
}
_NUMBER: Final = re.compile(r"[0-9]{1,3}")


class JoinConference(Struct, frozen=True):
    """``<Dial><Conference>``: the caller joins ``room`` with what ``form`` says."""

    room: str
    form: CheckedForm


class RejectCall(Struct, frozen=True):
    """``<Reject>``, ``<Hangup>``, or nothing left to do."""

    busy: bool = False


def read_twiml(document: str) -> JoinConference | RejectCall:
    """The first verb of *document*; ValueError if it is none that is known."""
    try:
        root = ET.fromstring(document)  # noqa: S314 - of whoever set the voice URL
    except ET.ParseError as error:
        raise ValueError(f"not XML: {error}") from None
    verb = next(iter(root), None)
    if root.tag != "Response":
        raise ValueError(f"<{root.tag}> is no TwiML")
    if verb is None or verb.tag in {"Reject", "Hangup"}:
        return RejectCall(verb is not None and verb.get("reason") == "busy")
    noun = verb.find("Conference") if verb.tag == "Dial" else None
    if noun is None or not (noun.text or "").strip():
        raise ValueError(f"<{verb.tag}> does not dial into a conference")
    return JoinConference((noun.text or "").strip(), CheckedForm(_values(noun.attrib)))


def _values(attributes: Mapping[str, str]) -> Mapping[str, Value]:
    values: dict[str, Value] = {
        ours: attributes[name] for name, ours in _TEXTS.items() if name in attributes
    }
    values |= {
        ours: attributes[name].lower() == "true"
        for name, ours in _FLAGS.items()
        if name in attributes
    }
    if "statusCallbackEvent" in attributes:
        words = tuple(attributes["statusCallbackEvent"].split())
        values["conference_status_callback_event"] = words
    if _NUMBER.fullmatch(attributes.get("maxParticipants", "")):
        values["max_participants"] = int(attributes["maxParticipants"])
    return values
