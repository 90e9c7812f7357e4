"""Twilio's JSON as observations."""

import json

import pytest

from reconciler.model.observation import (
    Call,
    CallStatus,
    Conference,
    ConferenceStatus,
    Participant,
    ParticipantStatus,
)
from reconciler.twilio.api import decode
from tests.twilio import samples


def test_a_participant_is_read_as_documented() -> None:
    found = decode.participant(
        samples.participant(
            label="coach",
            muted=True,
            status="ringing",
            coaching=True,
            call_sid_to_coach=samples.BOB,
            start_conference_on_enter=False,
        )
    )
    assert found == Participant(
        call_sid=samples.ANN,
        conference_sid=samples.CONFERENCE,
        label="coach",
        status=ParticipantStatus.RINGING,
        muted=True,
        hold=False,
        coaching=True,
        call_sid_to_coach=samples.BOB,
        end_conference_on_exit=False,
        start_conference_on_enter=False,
    )


def test_a_participant_without_a_status_is_connected() -> None:
    assert decode.participant(samples.participant(status=None)).connected


def test_null_flags_are_what_twilio_assumes() -> None:
    flags = ("muted", "hold", "coaching", "end_conference_on_exit")
    found = decode.participant(
        samples.participant(**dict.fromkeys(flags), start_conference_on_enter=None)
    )
    assert (found.muted, found.hold, found.coaching) == (False, False, False)
    assert found.start_conference_on_enter


def test_keys_that_twilio_adds_are_ignored() -> None:
    plain = decode.participant(samples.participant())
    assert decode.participant(samples.participant(mood={"a": [1]})) == plain


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("call_sid", None),
        ("call_sid", ""),
        ("call_sid", 7),
        ("conference_sid", None),
        ("label", 7),
        ("status", "dancing"),
        ("status", True),
        ("muted", "true"),
        ("hold", 1),
        ("call_sid_to_coach", []),
    ],
)
def test_a_participant_of_another_shape_is_malformed(name: str, value: object) -> None:
    with pytest.raises(decode.Malformed, match=name):
        decode.participant(samples.participant(**{name: value}))


@pytest.mark.parametrize(
    "name", ["call_sid", "conference_sid", "status", "muted", "hold"]
)
def test_a_participant_without_what_matters_is_malformed(name: str) -> None:
    body = samples.participant()
    del body[name]
    with pytest.raises(decode.Malformed, match=name):
        decode.participant(body)


def test_only_a_conference_that_is_over_may_have_no_name() -> None:
    over = samples.conference(status="completed", friendly_name=None)
    live = samples.conference(friendly_name=None)

    assert decode.conference(over).name == ""
    with pytest.raises(decode.Malformed, match="friendly_name"):
        decode.conference(live)


def test_a_conference_is_read_as_documented() -> None:
    ended = samples.conference(
        status="completed", reason_conference_ended="last-participant-left"
    )
    assert decode.conference(ended) == Conference(
        samples.CONFERENCE,
        "standup",
        ConferenceStatus.COMPLETED,
        "last-participant-left",
    )
    with pytest.raises(decode.Malformed):
        decode.conference(samples.conference(status="paused"))


def test_a_call_is_read_as_documented() -> None:
    assert decode.call(samples.call()) == Call(
        sid=samples.ANN,
        status=CallStatus.BUSY,
        to="+15558675310",
        sender="+15017122661",
        direction="outbound-api",
        created_at=1776158803.0,
        started_at=1776158804.0,
        ended_at=1776158809.0,
    )


@pytest.mark.parametrize("date", [None, "", "soon", 7, "Tue, 99 Foo 2026", [], "0"])
def test_a_date_that_cannot_be_read_is_no_date(date: object) -> None:
    assert decode.unix_time(date) is None


@pytest.mark.parametrize(
    "date",
    [
        "Tue, 14 Apr 2026 09:26:43 +0000",
        "Tue, 14 Apr 2026 11:26:43 +0200",
        "Tue, 14 Apr 2026 09:26:43 GMT",
        "Tue, 14 Apr 2026 09:26:43 -0000",
    ],
)
def test_dates_are_unix_seconds_whatever_their_zone(date: str) -> None:
    assert decode.unix_time(date) == 1776158803.0


def test_a_page_holds_its_items_and_the_way_on() -> None:
    body = samples.page("participants", samples.participant(), following="/next")
    found = decode.page(body, "participants")
    assert len(found.items) == 1
    assert found.next == "/next"
    assert decode.page(samples.page("calls"), "calls") == decode.ListingPage((), None)


@pytest.mark.parametrize(
    "changes",
    [
        {"participants": None},
        {"participants": {}},
        {"participants": [1]},
        {"next_page_uri": 5},
        {"start": 0, "end": 5},
    ],
)
def test_a_page_that_cannot_be_true_is_malformed(changes: dict[str, object]) -> None:
    with pytest.raises(decode.Malformed):
        decode.page(
            samples.page("participants", samples.participant()) | changes,
            "participants",
        )


def test_a_page_that_does_not_say_whether_it_is_the_last_is_malformed() -> None:
    body = samples.page("participants")
    del body["next_page_uri"]
    with pytest.raises(decode.Malformed, match="last"):
        decode.page(body, "participants")


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b"null", b"1", b"\xff\xfe", b'{"a": ', b"[" * 200_000],
)
def test_a_body_that_is_no_object_is_malformed(content: bytes) -> None:
    with pytest.raises(decode.Malformed):
        decode.body(content)


def test_every_cut_of_a_page_is_malformed() -> None:
    content = json.dumps(samples.page("participants", samples.participant())).encode()
    for length in range(len(content)):
        with pytest.raises(decode.Malformed):
            decode.page(decode.body(content[:length]), "participants")


def test_a_created_participant_needs_its_call_and_nothing_else() -> None:
    assert decode.created({"call_sid": "CA1"}) == decode.Created("CA1", None)
    with pytest.raises(decode.Malformed):
        decode.created({"conference_sid": "CF1"})


def test_a_day_is_utc() -> None:
    assert decode.day(1776158803.0) == "2026-04-14"
