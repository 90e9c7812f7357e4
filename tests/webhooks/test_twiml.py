"""TwiML: read back as XML, and beside what the official SDK writes."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml.voice_response import Dial, VoiceResponse

from reconciler.model.parameter import BY_NAME, ValueKind
from reconciler.webhooks import twiml
from tests.webhooks.desk import parsed

EXAMPLES = {
    ValueKind.BOOLEAN: True,
    ValueKind.INTEGER: 7,
    ValueKind.TEXT: "one & two",
    ValueKind.URL: "https://example.com/?a=1&b=<2>",
}
SDK_NAMES = {"label": "participant_label", "call_sid_to_coach": "coach"}


def noun(document: bytes) -> ET.Element:
    root = parsed(document)
    (dial,) = root
    (conference,) = dial
    assert (root.tag, dial.tag, conference.tag) == ("Response", "Dial", "Conference")
    assert dial.attrib == {}
    return conference


def example(name: str) -> Any:
    parameter = BY_NAME[name]
    if parameter.kind is ValueKind.WORD:
        return parameter.words[-1]
    if parameter.kind is ValueKind.WORDS:
        return parameter.words[:2]
    return EXAMPLES[parameter.kind]


def sdk_name(name: str) -> str:
    return SDK_NAMES.get(name) or name.removeprefix("conference_")


@pytest.mark.parametrize("name", sorted(twiml.ATTRIBUTES))
def test_every_attribute_is_one_that_the_sdk_names_and_writes_alike(name: str) -> None:
    value = example(name)
    ours = noun(twiml.conference("line", ((name, value),)))
    said = " ".join(value) if isinstance(value, tuple) else value
    dial = Dial()
    code = Dial.conference.__code__
    assert sdk_name(name) in code.co_varnames[: code.co_argcount]
    dial.conference("line", **{sdk_name(name): said})
    response = VoiceResponse()
    response.append(dial)
    theirs = noun(str(response).encode())
    assert (ours.text, ours.attrib) == (theirs.text, theirs.attrib)


def test_the_noun_has_no_more_attributes_than_ours_and_two_of_recordings() -> None:
    code = Dial.conference.__code__
    names = set(code.co_varnames[2 : code.co_argcount])
    assert names - {sdk_name(each) for each in twiml.ATTRIBUTES} == {
        "event_callback_url",
        "recording_configuration_id",
    }


def test_parameters_that_only_a_create_has_are_left_out() -> None:
    fields = (("from", "+15550100001"), ("timeout", 30), ("coaching", True))
    assert noun(twiml.conference("line", fields)).attrib == {}


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("true", "record-from-start"),
        ("false", "do-not-record"),
        ("record-from-start", "record-from-start"),
    ],
)
def test_a_record_is_written_in_the_noun_s_words(word: str, written: str) -> None:
    fields = (("conference_record", word),)
    assert noun(twiml.conference("line", fields)).attrib == {"record": written}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("muted", "True"),
        ("muted", 1),
        ("end_conference_on_exit", "true"),
        ("beep", "loud"),
        ("beep", ""),
        ("max_participants", 9999),
        ("max_participants", True),
        ("conference_status_callback_event", ("start", "finish")),
        ("conference_status_callback_event", "start end"),
        ("wait_method", "PUT"),
        ("label", 7),
    ],
)
def test_a_value_that_twilio_would_take_for_another_is_not_sent(
    name: str, value: Any
) -> None:
    with pytest.raises(twiml.TwimlError, match=name):
        twiml.conference("line", ((name, value),))


@given(st.text(st.characters(), min_size=1), st.text(st.characters()))
def test_any_name_and_label_make_a_document_that_reads_back(
    room: str, label: str
) -> None:
    try:
        document = twiml.conference(f"r{room}", (("label", label),))
    except twiml.TwimlError:
        pytest.fail("every text can be written")
    conference = noun(document)
    assert conference.text is not None
    assert conference.text.startswith("r")
    written = "".join((conference.text, conference.attrib["participantLabel"]))
    assert not any(ord(each) < 0x20 for each in written)


def test_a_room_of_control_characters_alone_is_not_dialed() -> None:
    with pytest.raises(twiml.TwimlError):
        twiml.conference("\x00\x1f", ())


def test_a_rejection_is_as_the_sdk_writes_it() -> None:
    response = VoiceResponse()
    response.reject(reason="rejected")
    ours, theirs = parsed(twiml.reject()), parsed(str(response).encode())
    assert ET.tostring(ours) == ET.tostring(theirs)
