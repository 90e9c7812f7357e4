"""Webhooks: each good one marks a room, and no other does anything."""

import hashlib
import json
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from reconciler.engine.loop.work_queue import Priority
from reconciler.webhooks.receiver import WARN_SECONDS
from reconciler.webhooks.recent_messages import REMEMBERED, RecentMessages
from reconciler.webhooks.request_fields import MOST_BYTES
from tests.webhooks.desk import CALL, CONFERENCE, FORM, PUBLIC, Desk, signature
from tests.webhooks.vectors import BUSY, JOIN, LEAVE, START, TOKEN, pairs

_MARK = ("standup-42", Priority.WEBHOOK)


async def test_a_conference_event_marks_the_room_of_its_name() -> None:
    desk = Desk()
    assert await desk.send(pairs(JOIN)) == 204
    assert desk.marks == [(*_MARK, "participant-join")]
    assert desk.counts == [("participant-join", "marked", 1.0)]


async def test_a_call_event_marks_the_room_of_its_signed_url() -> None:
    desk = Desk(rooms={"café / 42"})
    path = f"{CALL}?{urlencode({'room': 'café / 42'})}"
    assert await desk.send(pairs(BUSY), path) == 204
    assert desk.marks == [("café / 42", Priority.WEBHOOK, "call-busy")]


async def test_a_call_that_was_seen_in_a_room_needs_no_room_in_its_url() -> None:
    desk = Desk(calls={"CA42ed11f93dc08b952027ffbc406d0868": "standup-42"})
    assert await desk.send(pairs(BUSY), CALL) == 204
    assert desk.marks == [(*_MARK, "call-busy")]


async def test_what_the_official_sdk_signs_is_taken() -> None:
    desk = Desk()
    form = dict(pairs(START))
    headers = {
        "X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(
            PUBLIC + CONFERENCE, form, "HMAC_SHA256"
        ),
        "X-Twilio-Webhooks-Signature-Settings": "key=k1,algorithm=HMAC_SHA256",
    }
    async with desk.client() as http:
        answer = await http.post("/twilio" + CONFERENCE, data=form, headers=headers)
    assert answer.status_code == 204
    assert desk.marks == [(*_MARK, "conference-start")]


async def test_a_json_body_is_taken_when_its_hash_is_signed() -> None:
    desk = Desk()
    body = json.dumps(dict(pairs(START)) | {"More": {"nested": 1}}).encode()
    path = f"{CONFERENCE}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {
        "X-Twilio-Signature": signature(PUBLIC + path, ()),
        "Content-Type": "application/json",
    }
    async with desk.client() as http:
        good = await http.post(path, content=body, headers=headers)
        bad = await http.post(path, content=body + b" ", headers=headers)
    assert (good.status_code, bad.status_code) == (204, 403)
    assert desk.marks == [(*_MARK, "conference-start")]


@pytest.mark.parametrize("prefix", ["", "/twilio"])
async def test_a_proxy_may_strip_the_prefix_or_leave_it(prefix: str) -> None:
    desk, form = Desk(), pairs(JOIN)
    headers = {"X-Twilio-Signature": signature(PUBLIC + CONFERENCE, form)}
    async with desk.client() as http:
        answer = await http.post(prefix + CONFERENCE, data=dict(form), headers=headers)
    assert answer.status_code == 204


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Twilio-Signature": ""},
        {"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
        {"X-Twilio-Signature": signature(PUBLIC + CONFERENCE, pairs(JOIN), "guess")},
        {"X-Twilio-Signature": signature(PUBLIC + CALL, pairs(JOIN))},
        {
            "X-Twilio-Signature": signature(
                "https://evil.example" + CONFERENCE, pairs(JOIN)
            ),
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "https",
        },
        {
            "X-Twilio-Signature": signature(PUBLIC + CONFERENCE, pairs(JOIN)),
            "X-Twilio-Webhooks-Signature-Settings": "algorithm=none",
        },
    ],
)
async def test_the_forged_is_refused_and_marks_nothing(headers: dict[str, str]) -> None:
    desk = Desk()
    async with desk.client() as http:
        answer = await http.post(CONFERENCE, data=dict(pairs(JOIN)), headers=headers)
    assert answer.status_code == 403
    assert desk.marks == []
    assert desk.counts == [("unread", "forged", None)]


async def test_refusals_are_one_log_line_in_minutes_with_the_url_that_was_checked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk()
    app = desk.app()
    desk.app = lambda: app  # type: ignore[method-assign]
    for _ in range(3):
        assert await desk.send(pairs(JOIN), token="of-another-account") == 403
    async with desk.client() as http:
        await http.post(CALL + "?room=" + "x" * 1000, data={"a": "b"})
        desk.now += WARN_SECONDS
        await http.post(CALL + "?room=" + "x" * 1000, data={"a": "b"})
    first, second = caplog.records
    assert {first.levelname, second.levelname} == {"WARNING"}
    assert first.__dict__["url"] == PUBLIC + CONFERENCE
    assert "--public-url" in first.__dict__["reason"]
    assert first.__dict__["refused"] == 1
    assert second.__dict__["url"].startswith(f"{PUBLIC}{CALL}?room=xxx")
    assert len(second.__dict__["url"]) <= 300
    assert second.__dict__["reason"] == "no X-Twilio-Signature"
    assert second.__dict__["refused"] == 4


async def test_a_call_event_finds_its_room_by_the_conference_in_its_url() -> None:
    desk = Desk(calls={"CF1": "standup-42"})
    assert await desk.send(pairs(BUSY), f"{CALL}?room=CF1") == 204
    assert await desk.send(pairs(BUSY), f"{CALL}?room=CF2") == 204
    assert desk.results == ["marked", "unknown"]


async def test_a_room_put_into_the_url_afterwards_is_a_forgery() -> None:
    desk, form = Desk(), pairs(BUSY)
    headers = {"X-Twilio-Signature": signature(PUBLIC + CALL + "?room=mine", form)}
    async with desk.client() as http:
        for query in ("?room=standup-42", "?room=mine&other=9", ""):
            answer = await http.post(CALL + query, data=dict(form), headers=headers)
            assert answer.status_code == 403
    assert desk.marks == []


async def _pieces(total: int) -> AsyncIterator[bytes]:
    for _ in range(total // 1000):
        yield b"a" * 1000


@pytest.mark.parametrize("announced", [True, False])
async def test_the_oversized_is_refused_whether_it_says_so_or_not(
    announced: bool,
) -> None:
    desk = Desk()
    body = b"a=" + b"b" * MOST_BYTES if announced else _pieces(2 * MOST_BYTES)
    async with desk.client() as http:
        answer = await http.post(
            CONFERENCE, content=body, headers={"Content-Type": FORM}
        )
    assert answer.status_code == 413
    assert desk.counts == [("unread", "oversized", None)]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (FORM, b"no equals sign", 400),
        (FORM, b"a=%ff", 400),
        (FORM, b"a=\xc3\xa9", 400),
        (FORM, b"&".join(b"a%d=b" % each for each in range(300)), 400),
        ("application/json", b"[1]", 400),
        ("application/json", b"{", 400),
        ("application/json", b"[" * 60_000, 400),
        ("text/plain", b"a=b", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("", b"a=b", 415),
    ],
)
async def test_the_malformed_is_refused_before_anything_else(
    kind: str, body: bytes, status: int
) -> None:
    desk = Desk()
    async with desk.client() as http:
        answer = await http.post(
            CONFERENCE, content=body, headers={"Content-Type": kind}
        )
    assert answer.status_code == status
    assert desk.marks == []
    assert desk.results == ["malformed" if status == 400 else "unsupported"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", CONFERENCE, 405),
        ("PUT", CALL, 405),
        ("POST", "/hooks", 404),
        ("POST", CONFERENCE + "/", 404),
        ("POST", "/metrics", 404),
    ],
)
async def test_there_is_nothing_else_at_this_port(
    method: str, path: str, status: int
) -> None:
    desk = Desk()
    async with desk.client() as http:
        assert (await http.request(method, path)).status_code == status
    assert desk.marks == []


async def test_rooms_that_are_not_ours_are_counted_and_left_alone() -> None:
    desk = Desk(rooms={"other"})
    assert await desk.send(pairs(JOIN)) == 204
    assert await desk.send((("StatusCallbackEvent", "participant-join"),)) == 204
    assert await desk.send(pairs(BUSY), CALL) == 204
    assert desk.marks == []
    assert desk.results == ["unknown"] * 3


async def test_the_replayed_marks_once_and_the_disordered_marks_all_the_same() -> None:
    desk = Desk()
    app = desk.app()
    desk.app = lambda: app  # type: ignore[method-assign]
    for body in (LEAVE, JOIN, START, JOIN, LEAVE, JOIN):
        assert await desk.send(pairs(body)) == 204
    assert [event for *_, event in desk.marks] == [
        "participant-leave",
        "participant-join",
        "conference-start",
    ]
    assert desk.results == ["marked"] * 3 + ["repeated"] * 3


async def test_what_came_for_a_room_not_yet_ours_marks_it_once_it_is() -> None:
    desk = Desk(rooms=set())
    app = desk.app()
    desk.app = lambda: app  # type: ignore[method-assign]
    await desk.send(pairs(JOIN))
    desk.rooms.add("standup-42")
    await desk.send(pairs(JOIN))
    assert desk.results == ["unknown", "marked"]


def test_a_flood_of_events_does_not_grow_what_is_remembered() -> None:
    recent = RecentMessages()
    for number in range(REMEMBERED + 5):
        assert not recent.known(str(number))
    assert len(recent._keys) == REMEMBERED
    assert recent.known(str(REMEMBERED + 4))
    assert not recent.known("0")


@pytest.mark.parametrize(
    ("changed", "count"),
    [
        ({"StatusCallbackEvent": "+15551230001"}, ("other", "marked", 1.0)),
        ({"Timestamp": "yesterday"}, ("participant-join", "marked", None)),
        (
            {"Timestamp": "Tue, 14 Apr 2099 09:26:58 +0000"},
            ("participant-join", "marked", 0.0),
        ),
        (
            {"Timestamp": "Tue, 31 Feb 2026 09:26:58 +0000"},
            ("participant-join", "marked", None),
        ),
    ],
)
async def test_odd_contents_are_counted_by_known_words_only(
    changed: dict[str, str], count: tuple[str, str, float | None]
) -> None:
    desk = Desk()
    assert await desk.send(tuple((dict(pairs(JOIN)) | changed).items())) == 204
    assert desk.counts == [count]


_names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@given(st.lists(st.tuples(_names, _names), max_size=8), _names)
async def test_any_room_and_form_survive_the_way_through_url_and_signature(
    form: list[tuple[str, str]], room: str
) -> None:
    desk = Desk(rooms={room})
    path = f"{CALL}?{urlencode({'room': room})}"
    assert await desk.send(form, path) == 204
    assert [mark[0] for mark in desk.marks] == [room]
