"""Calls to numbers with a voice URL: what its TwiML says is so from the first moment."""

import pytest

from reconciler.model.observation import CallStatus
from reconciler.simulator.exchange.call_instructions import (
    JoinConference,
    RejectCall,
    read_twiml,
)
from tests.simulator.desk import FROM, ROOM, Desk, number_of, open_desk

URL = "https://hooks.example/voice/line"


def joining(attributes: str = "", room: str = ROOM) -> str:
    noun = f"<Conference {attributes}>{room}</Conference>"
    return f"<Response><Dial>{noun}</Dial></Response>"


@pytest.fixture
def desk() -> Desk:
    opened = open_desk()
    opened.exchange.set_voice_url(FROM, URL)
    return opened


def calling(desk: Desk, name: str = "ann", document: str | None = None) -> str:
    """Somebody calls, and the voice URL answers; the call's SID."""
    call = desk.exchange.call_number(FROM, number_of(name))
    desk.exchange.follow(call.sid, document)
    return call.sid


def test_a_call_rings_until_its_voice_url_has_answered(desk: Desk) -> None:
    call = desk.exchange.call_number(FROM, number_of("ann"))
    assert (call.status, call.direction) == (CallStatus.RINGING, "inbound")
    (asked,) = desk.exchange.history.events
    assert (asked.stream, asked.url, asked.method) == ("voice", URL, "POST")
    assert asked.form["From"] == number_of("ann")
    assert (asked.form["To"], asked.form["CallSid"]) == (FROM, call.sid)
    desk.exchange.follow(call.sid, joining())
    assert desk.exchange.fetch_call(call.sid).status is CallStatus.IN_PROGRESS


def test_a_caller_is_as_the_attributes_say(desk: Desk) -> None:
    flags = 'participantLabel="ann" muted="true" endConferenceOnExit="true"'
    events = 'statusCallback="https://a/b" statusCallbackEvent="join leave"'
    sid = calling(desk, document=joining(f"{flags} {events}"))
    shown = desk.exchange.state.participant(sid)
    assert (shown.label, shown.muted, shown.end_conference_on_exit) == (
        "ann",
        True,
        True,
    )
    callback = desk.exchange.state.conferences[shown.conference_sid].callback
    assert (callback.url, callback.events) == ("https://a/b", ("join", "leave"))


def test_a_coach_is_heard_by_the_target_alone_from_the_first_moment(desk: Desk) -> None:
    target = calling(desk, "bob", joining())
    coach = calling(desk, document=joining(f'coach="{target}"'))
    shown = desk.exchange.state.participant(coach)
    assert (shown.coaching, shown.call_sid_to_coach) == (True, target)


def test_who_does_not_start_the_conference_waits_in_it(desk: Desk) -> None:
    waiting = joining('startConferenceOnEnter="false"')
    calling(desk, "ann", waiting)
    calling(desk, "bob", waiting)
    (conference,) = desk.exchange.state.conferences.values()
    assert conference.status == "init"


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ('<Response><Reject reason="busy"/></Response>', CallStatus.BUSY),
        ('<Response><Reject reason="rejected"/></Response>', CallStatus.NO_ANSWER),
        ("<Response/>", CallStatus.NO_ANSWER),
        (None, CallStatus.FAILED),
        ("no XML", CallStatus.FAILED),
        ("<Response><Say>Hello</Say></Response>", CallStatus.FAILED),
    ],
)
def test_whoever_is_not_let_in_is_in_no_room(
    desk: Desk, document: str | None, status: CallStatus
) -> None:
    sid = calling(desk, document=document)
    assert desk.exchange.fetch_call(sid).status is status
    assert sid not in desk.exchange.state.participants


def test_a_label_that_is_taken_lets_nobody_in(desk: Desk) -> None:
    calling(desk, "ann", joining('participantLabel="ann"'))
    second = calling(desk, "bob", joining('participantLabel="ann"'))
    assert desk.exchange.fetch_call(second).status is CallStatus.FAILED


def test_an_answer_that_comes_after_the_caller_has_gone_changes_nothing(
    desk: Desk,
) -> None:
    call = desk.exchange.call_number(FROM, number_of("ann"))
    desk.exchange.hang_up(call.sid)
    desk.exchange.follow(call.sid, joining())
    assert desk.exchange.fetch_call(call.sid).ended
    assert call.sid not in desk.exchange.state.participants


def test_a_number_without_a_voice_url_is_said_to_have_none(desk: Desk) -> None:
    with pytest.raises(LookupError, match="no voice URL"):
        desk.exchange.call_number("+15550009999", number_of("ann"))


def test_attributes_are_read_as_twilio_reads_them() -> None:
    read = read_twiml(joining('muted="True" hold="true" label="x" beep="loud"', " a "))
    assert isinstance(read, JoinConference)
    assert read.room == "a"
    assert read.form.values == {"muted": True, "beep": "loud"}
    assert read_twiml("<Response><Hangup/></Response>") == RejectCall()
