"""Event Streams: what is signed and understood dates legs and reports calls."""

import hashlib
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from reconciler.engine.loop.work_queue import Priority
from reconciler.model.reported_call import ReportedCall, ReportSource
from reconciler.webhooks.cloud_event import MOST_BYTES, MOST_EVENTS, read_batch
from reconciler.webhooks.public_url import EVENT_STREAMS
from tests.webhooks.desk import PUBLIC, Desk, signature
from tests.webhooks.stream_bodies import (
    CALL_SID,
    CONFERENCE_SID,
    PHONE,
    ROOM,
    Event,
    call_status,
    cloud_event,
    participant_created,
    participant_summary,
    participant_updated,
    sink_test,
)
from tests.webhooks.vectors import JOIN, TOKEN, pairs

_MARK = (ROOM, Priority.WEBHOOK, "event-stream")
_SUMMARY = "com.twilio.voice.insights.participant-summary.complete"


def reported(label: str = "ann", to: str = PHONE) -> tuple[str, ReportedCall]:
    return ROOM, ReportedCall(CALL_SID, ReportSource.EVENT_STREAMS, label, to)


async def deliver(desk: Desk, *events: object, token: str = TOKEN) -> int:
    return await send(desk, json.dumps(events).encode(), token=token)


async def send(
    desk: Desk, body: bytes, *, token: str = TOKEN, kind: str = "application/json"
) -> int:
    path = f"{EVENT_STREAMS}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {
        "X-Twilio-Signature": signature(PUBLIC + path, (), token),
        "Content-Type": kind,
    }
    async with desk.client() as http:
        return (await http.post(path, content=body, headers=headers)).status_code


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (participant_created(), reported()),
        (participant_created(CONFERENCE_SID), reported()),
        (participant_updated(ParticipantLabel="ann"), reported(to="")),
        (call_status(), reported("")),
        (call_status("completed"), reported("")),
        (participant_summary(), reported()),
        (participant_summary() | {"type": _SUMMARY}, reported()),
    ],
)
async def test_an_event_reports_the_call_of_a_create_and_marks_its_room(
    event: Event, expected: tuple[str, ReportedCall]
) -> None:
    desk = Desk(calls={CONFERENCE_SID: ROOM})
    assert await deliver(desk, event) == 204
    assert desk.reports == [expected]
    assert desk.marks == [_MARK]
    assert desk.counts == [("event-stream", "marked", 1_776_158_819.0 - 1_776_158_818)]


async def test_a_call_that_a_look_has_shown_is_no_news() -> None:
    desk = Desk(calls={CALL_SID: ROOM})
    await deliver(desk, participant_created())
    assert (desk.reports, desk.marks, desk.results) == ([], [], ["unknown"])


async def test_an_events_data_may_be_a_text_that_holds_json() -> None:
    event = participant_created()
    desk = Desk()
    await deliver(desk, event | {"data": json.dumps(event["data"])})
    assert desk.reports == [reported()]


@pytest.mark.parametrize(
    ("event", "flags"),
    [
        ("participant-mute", {"Muted": "true"}),
        ("participant-hold", {"Hold": "true"}),
        ("participant-modify", {"Coaching": "true"}),
        ("participant-leave", {}),
        ("participant-join", {}),
    ],
)
async def test_a_participants_update_dates_its_leg_as_a_webhook_does(
    event: str, flags: dict[str, str]
) -> None:
    by_stream, by_webhook = Desk(), Desk()
    await deliver(by_stream, participant_updated(event, 7, **flags))
    form = dict(pairs(JOIN)) | {"SequenceNumber": "7", "StatusCallbackEvent": event}
    form.pop("ParticipantLabel")
    await by_webhook.send(tuple((form | flags).items()))
    assert by_stream.legs == by_webhook.legs
    assert len(by_stream.legs) == 1
    assert by_stream.heard == []


async def test_what_a_webhook_brought_before_marks_nothing_again() -> None:
    desk = Desk()
    app = desk.app()
    desk.app = lambda: app  # type: ignore[method-assign]
    await desk.send(pairs(JOIN))
    await deliver(desk, participant_updated("participant-join", 1))
    assert desk.results == ["marked", "repeated"]
    assert len(desk.marks) == len(desk.legs) == 1


async def test_a_repeated_event_is_taken_once_and_order_does_not_matter() -> None:
    desk = Desk()
    app = desk.app()
    desk.app = lambda: app  # type: ignore[method-assign]
    later = participant_updated("participant-mute", 3, Muted="true", id="VW" + "b" * 32)
    earlier = participant_updated("participant-join", 2, id="VW" + "a" * 32)
    await deliver(desk, later, earlier, later)
    await deliver(desk, earlier)
    assert desk.results == ["marked", "marked", "repeated", "repeated"]
    assert sorted(leg.sequence for _, leg in desk.legs) == [2, 3]


async def test_events_are_told_apart_by_source_and_id_whatever_they_hold() -> None:
    desk = Desk()
    first = participant_updated("participant-join", 1)
    same = participant_updated("participant-mute", 2, Muted="true")
    elsewhere = participant_updated("participant-hold", 3, Hold="true", source="/other")
    await deliver(desk, first, same, elsewhere)
    assert desk.results == ["marked", "repeated", "marked"]
    assert [leg.sequence for _, leg in desk.legs] == [1, 3]


async def test_one_bad_event_does_not_take_the_others_along() -> None:
    desk = Desk()
    assert await deliver(desk, {}, 7, participant_created()) == 204
    assert desk.results == ["malformed", "malformed", "marked"]


@pytest.mark.parametrize("token", ["guess", ""])
async def test_a_wrong_signature_is_refused(token: str) -> None:
    desk = Desk()
    assert await deliver(desk, participant_created(), token=token) == 403
    assert (desk.reports, desk.marks, desk.results) == ([], [], ["forged"])


async def test_the_signature_covers_the_body() -> None:
    desk = Desk()
    body = json.dumps([participant_created()]).encode()
    path = f"{EVENT_STREAMS}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {
        "X-Twilio-Signature": signature(PUBLIC + path, ()),
        "Content-Type": "application/json",
    }
    async with desk.client() as http:
        answer = await http.post(path, content=body + b" ", headers=headers)
    assert answer.status_code == 403
    unhashed = {**headers, "X-Twilio-Signature": signature(PUBLIC + EVENT_STREAMS, ())}
    async with desk.client() as http:
        answer = await http.post(EVENT_STREAMS, content=body, headers=unhashed)
    assert answer.status_code == 403
    assert desk.reports == []


async def test_the_official_validator_takes_the_same_signature() -> None:
    body = json.dumps([participant_created()])
    url = (
        PUBLIC
        + f"{EVENT_STREAMS}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    )
    assert RequestValidator(TOKEN).validate(url, body, signature(url, ()))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 400),
        (b"", 400),
        (b"[", 400),
        (b"[" * 50_000, 400),
        (b"\xff\xfe[]", 400),
        (json.dumps([{}] * (MOST_EVENTS + 1)).encode(), 413),
        (b"[" + b" " * MOST_BYTES + b"]", 413),
    ],
)
async def test_a_body_that_is_no_bounded_array_is_refused(
    body: bytes, status: int
) -> None:
    desk = Desk()
    assert await send(desk, body) == status
    assert desk.marks == []


async def test_a_full_batch_is_taken() -> None:
    desk = Desk()
    batch = [
        participant_updated("participant-mute", n, id=f"VW{n:032d}")
        for n in range(MOST_EVENTS)
    ]
    assert await deliver(desk, *batch) == 204
    assert len(desk.legs) == MOST_EVENTS


async def test_another_media_type_is_refused_and_that_of_cloud_events_is_not() -> None:
    desk = Desk()
    body = json.dumps([participant_created()]).encode()
    assert await send(desk, body, kind="text/plain") == 415
    assert await send(desk, body, kind="application/cloudevents-batch+json") == 204


async def test_the_test_event_of_a_sink_is_logged_with_the_id_that_validates_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk()
    with caplog.at_level(logging.INFO, "reconciler.webhooks"):
        assert await deliver(desk, sink_test()) == 204
    (line,) = caplog.records
    assert line.__dict__["test_id"] == sink_test()["data"]["test_id"]
    assert (desk.marks, desk.results) == ([], ["unknown"])


async def test_another_schema_is_passed_over_and_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk()
    newer = participant_created() | {
        "dataschema": "https://events-schemas.twilio.com/Voice.WebhookEvent/3"
    }
    assert await deliver(desk, newer, newer) == 204
    assert desk.results == ["unsupported", "unsupported"]
    assert [x.__dict__["schema"] for x in caplog.records] == ["Voice.WebhookEvent/3"]
    assert desk.reports == []


_ELSEWHERE = participant_created()["data"]


@pytest.mark.parametrize(
    ("event", "result"),
    [
        (cloud_event("com.twilio.voice.x", "Voice.WebhookEvent/2", {}), "unknown"),
        (
            participant_created("other", answer={"conference_sid": "CF" + "9" * 32}),
            "unknown",
        ),
        (participant_created(account="AC" + "9" * 32), "unknown"),
        (participant_updated(AccountSid="AC" + "9" * 32), "unknown"),
        (participant_summary(account_sid="AC" + "9" * 32), "unknown"),
        (participant_summary(conference_sid="CF" + "9" * 32), "unknown"),
        (participant_summary(call_direction="inbound"), "unknown"),
        (participant_created(code=400), "unknown"),
        (
            call_status(url="https://roster.example.com/other?room=standup-42"),
            "unknown",
        ),
        (participant_created(answer={"account_sid": "AC" + "9" * 32}), "malformed"),
        (participant_created(answer={"call_sid": "CA1"}), "malformed"),
        (participant_created(answer={"label": 7}), "malformed"),
        (participant_created(answer={"label": "a" * 129}), "malformed"),
        (participant_created(answer={"label": "a\nb"}), "malformed"),
        (participant_summary(to="sip:" + "a" * 260), "malformed"),
        (participant_summary(to="client:\u00e4"), "malformed"),
        (participant_updated(CallSid="CA../Calls"), "malformed"),
        (participant_created() | {"data": {}}, "malformed"),
        (participant_created() | {"data": "[]"}, "malformed"),
        (participant_created() | {"specversion": "0.3"}, "malformed"),
        (participant_created() | {"id": ""}, "malformed"),
        (participant_created() | {"source": None}, "malformed"),
        (participant_created() | {"dataschema": "https://evil.example/1"}, "malformed"),
        (
            participant_created()
            | {"data": {**_ELSEWHERE, "response": {"responseCode": 201}}},
            "malformed",
        ),
        (
            participant_created()
            | {
                "data": {
                    **_ELSEWHERE,
                    "response": {"responseCode": 201, "responseBody": "e30="},
                }
            },
            "malformed",
        ),
    ],
)
async def test_what_is_not_understood_or_of_no_room_of_ours_does_nothing(
    event: Event, result: str
) -> None:
    desk = Desk(calls={CONFERENCE_SID: ROOM})
    assert await deliver(desk, event) == 204
    assert desk.results == [result]
    assert (desk.reports, desk.marks, desk.legs) == ([], [], [])


async def test_an_event_of_an_account_that_did_not_sign_is_not_believed() -> None:
    """Each account's signature is good for its own events."""
    desk = Desk(account_sid="AC" + "7" * 32)
    await deliver(desk, participant_created(), participant_updated())
    assert desk.results == ["unknown", "unknown"]
    assert (desk.reports, desk.legs) == ([], [])


async def test_without_the_setting_nobody_listens() -> None:
    desk = Desk(event_streams=False)
    assert await deliver(desk, participant_created()) == 404


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["specversion", "id", "type", "source", "data", "dataschema"]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_breaks_the_reader(document: Any) -> None:
    body = json.dumps(document).encode()
    try:
        events = read_batch(body)
    except ValueError:
        assert not isinstance(document, list)
    else:
        assert len(events) == len(document)
