"""Voice Insights is asked seldom, within bounds, and a refusal harms nothing."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from reconciler.model.reported_call import LostCreate, ReportedCall, ReportSource
from reconciler.play.world.virtual_loop import VirtualLoop
from reconciler.twilio.api.account import Account, Credentials
from reconciler.twilio.api.client import ignored
from reconciler.twilio.api.insights import Insights, insights_url
from reconciler.twilio.lost_create_lookup import (
    ASK_AGAIN_SECONDS,
    FAILED_SECONDS,
    MOST_CONFERENCES,
    MOST_CREATES,
    REFUSED_SECONDS,
    LostCreateLookup,
)
from tests.webhooks.stream_bodies import (
    CALL_SID,
    CONFERENCE_SID,
    PHONE,
    participant_summary,
)
from tests.webhooks.vectors import ACCOUNT_SID

ROOM = "standup-42"
AT = 1_776_158_818.0


def lost(number: int = 1, **fields: Any) -> LostCreate:
    plain = {
        "attempt_id": number,
        "room": ROOM,
        "label": "ann",
        "to": PHONE,
        "created_at": AT,
        "send_by": AT + 2,
    }
    return LostCreate(**{**plain, **fields})


def conference(sid: str = CONFERENCE_SID, **fields: Any) -> dict[str, Any]:
    """As Twilio's reference shows a conference summary, with values of our own."""
    return {
        "conference_sid": sid,
        "account_sid": ACCOUNT_SID,
        "friendly_name": ROOM,
        "create_time": "2026-04-14T09:20:00Z",
        "start_time": "2026-04-14T09:20:03Z",
        "end_time": "2026-04-14T09:40:00Z",
        "duration_seconds": 1200,
        "status": "completed",
        "processing_state": "complete",
        "tags": None,
    } | fields


def participant(**fields: Any) -> dict[str, Any]:
    return dict(participant_summary(**fields)["data"])


def page(key: str, *rows: object) -> dict[str, Any]:
    meta = {"page": 0, "page_size": 50, "key": key, "next_page_url": None}
    return {"meta": meta, key: list(rows)}


class Answers(httpx.AsyncBaseTransport):
    """Voice Insights as it is told to answer."""

    def __init__(self, *conferences: object, people: tuple[object, ...] = ()) -> None:
        self.conferences = page("conferences", *conferences)
        self.people: object = page("participants", *people)
        self.refusal: httpx.Response | None = None
        self.asked: list[httpx.URL] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "GET"
        self.asked.append(request.url)
        if self.refusal is not None:
            said = self.refusal
            return httpx.Response(
                said.status_code, headers=said.headers, content=said.content
            )
        body = self.people if "Participants" in request.url.path else self.conferences
        return httpx.Response(200, content=json.dumps(body).encode())


class Desk:
    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.warnings: list[str] = []
        account = Account(
            ACCOUNT_SID, Credentials(ACCOUNT_SID, "secret"), "https://api.twilio.com"
        )
        insights = Insights(account, on_request=ignored, transport=answers)
        self.lookup = LostCreateLookup(insights, self.warnings.append)

    async def ask(self, *creates: LostCreate) -> tuple[ReportedCall, ...]:
        return await self.lookup.reported(creates or (lost(),))


def live(story: Callable[[], Awaitable[None]]) -> None:
    loop = VirtualLoop(seed=0, start=AT)

    async def lived() -> None:
        await story()

    try:
        loop.run_until_complete(lived())
    finally:
        loop.end()


async def pass_by(seconds: float) -> None:

    await asyncio.sleep(seconds)


FOUND = (ReportedCall(CALL_SID, ReportSource.VOICE_INSIGHTS, "ann", PHONE),)


def test_a_complete_summary_reports_the_call_of_a_lost_create() -> None:
    async def story() -> None:
        desk = Desk(Answers(conference(), people=(participant(),)))
        assert await desk.ask() == FOUND
        first, second = desk.answers.asked
        assert first.host == "insights.twilio.com"
        assert dict(first.params) == {
            "FriendlyName": ROOM,
            "CreatedAfter": "2026-04-13T09:25:58Z",
            "CreatedBefore": "2026-04-14T09:28:00Z",
            "PageSize": "50",
        }
        assert second.path == f"/v1/Conferences/{CONFERENCE_SID}/Participants"
        assert dict(second.params) == {"Label": "ann", "PageSize": "50"}
        assert desk.warnings == []

    live(story)


@pytest.mark.parametrize(
    "row",
    [
        participant(processing_state="in_progress"),
        participant(processing_state="timeout"),
        participant(processing_state=None),
        participant(label="bob"),
        participant(label=None),
        participant(call_direction="inbound"),
        participant(account_sid="AC" + "9" * 32),
        participant(call_sid=None),
    ],
)
def test_a_summary_that_is_partial_or_of_somebody_else_says_nothing(
    row: dict[str, Any],
) -> None:
    async def story() -> None:
        desk = Desk(Answers(conference(), people=(row,)))
        assert await desk.ask() == ()
        assert desk.warnings == []

    live(story)


@pytest.mark.parametrize(
    "held",
    [
        conference(friendly_name="another"),
        conference(end_time="2026-04-14T09:25:00Z"),
        conference(create_time="2026-04-14T09:30:00Z"),
    ],
)
def test_a_conference_that_the_create_cannot_have_been_for_is_not_asked_about(
    held: dict[str, Any],
) -> None:
    async def story() -> None:
        desk = Desk(Answers(held, people=(participant(),)))
        assert await desk.ask() == ()
        assert len(desk.answers.asked) == 1

    live(story)


def test_a_conference_that_lasts_is_asked_about_and_the_newest_come_first() -> None:
    async def story() -> None:
        times = [f"2026-04-14T09:{20 + n}:00Z" for n in range(5)]
        held = [
            conference(f"CF{n:032x}", create_time=at, end_time=None)
            for n, at in enumerate(times)
        ]
        desk = Desk(Answers(*held))
        assert await desk.ask() == ()
        asked = [x.path.split("/")[3] for x in desk.answers.asked[1:]]
        assert asked == [f"CF{n:032x}" for n in (4, 3, 2)]
        assert len(asked) == MOST_CONFERENCES

    live(story)


def test_a_create_is_asked_about_again_after_minutes_and_few_in_a_look() -> None:
    async def story() -> None:
        desk = Desk(Answers())
        creates = [lost(number) for number in range(1, MOST_CREATES + 2)]
        await desk.ask(*creates)
        assert len(desk.answers.asked) == MOST_CREATES
        await desk.ask(*creates)
        assert len(desk.answers.asked) == MOST_CREATES + 1
        await pass_by(ASK_AGAIN_SECONDS - 1)
        await desk.ask(*creates)
        assert len(desk.answers.asked) == MOST_CREATES + 1
        await pass_by(1)
        await desk.ask(creates[0])
        assert len(desk.answers.asked) == MOST_CREATES + 2

    live(story)


def refusing(status: int, code: int = 0, **headers: str) -> httpx.Response:
    body = {"code": code or status, "message": "no", "status": status}
    return httpx.Response(status, json=body, headers=headers)


@pytest.mark.parametrize("refusal", [refusing(401, 20003), refusing(403, 20403)])
def test_a_refused_feature_is_told_once_and_not_asked_for_an_hour(
    refusal: httpx.Response,
) -> None:
    async def story() -> None:
        desk = Desk(Answers(conference(), people=(participant(),)))
        desk.answers.refusal = refusal
        assert await desk.ask() == ()
        (told,) = desk.warnings
        assert "Voice Insights Advanced Features" in told
        assert "RECONCILER_VOICE_INSIGHTS" in told
        asked = len(desk.answers.asked)
        await pass_by(REFUSED_SECONDS - 10)
        assert await desk.ask(lost(2)) == ()
        assert len(desk.answers.asked) == asked
        await pass_by(10)
        desk.answers.refusal = None
        assert await desk.ask(lost(2)) == FOUND

    live(story)


@pytest.mark.parametrize(
    ("refusal", "seconds"),
    [
        (refusing(500), FAILED_SECONDS),
        (refusing(503), FAILED_SECONDS),
        (refusing(429, 20429), FAILED_SECONDS),
        (refusing(429, 20429, **{"Retry-After": "120"}), 120.0),
        (httpx.Response(200, content=b"<html>"), FAILED_SECONDS),
        (httpx.Response(200, content=b'{"conferences": 7}'), FAILED_SECONDS),
        (
            httpx.Response(200, content=b'{"conferences": [{"create_time": "soon"}]}'),
            FAILED_SECONDS,
        ),
        (
            httpx.Response(200, content=b'{"conferences": [{"friendly_name": 7}]}'),
            FAILED_SECONDS,
        ),
    ],
)
def test_a_failure_says_nothing_and_waits(
    refusal: httpx.Response, seconds: float
) -> None:
    async def story() -> None:
        desk = Desk(Answers(conference(), people=(participant(),)))
        desk.answers.refusal = refusal
        assert await desk.ask() == ()
        assert len(desk.answers.asked) == 1
        assert desk.warnings == []
        desk.answers.refusal = None
        await pass_by(seconds - 1)
        assert await desk.ask(lost(2)) == ()
        await pass_by(1)
        assert await desk.ask(lost(2)) == FOUND

    live(story)


def test_a_conference_without_summaries_yet_says_nothing_and_nobody_waits() -> None:
    class Missing(Answers):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if "Participants" in request.url.path:
                self.asked.append(request.url)
                return refusing(404, 20404)
            return await super().handle_async_request(request)

    async def story() -> None:
        desk = Desk(Missing(conference()))
        assert await desk.ask(lost(1), lost(2)) == ()
        assert len(desk.answers.asked) == 4
        assert desk.warnings == []

    live(story)


@pytest.mark.parametrize(
    ("base", "there"),
    [
        ("https://api.twilio.com", "https://insights.twilio.com"),
        ("https://api.dublin.ie1.twilio.com", "https://insights.dublin.ie1.twilio.com"),
        ("http://127.0.0.1:8700", "http://127.0.0.1:8700"),
        ("https://api.example.com", "https://api.example.com"),
    ],
)
def test_insights_have_a_host_of_their_own_at_twilio(base: str, there: str) -> None:
    assert insights_url(base).rstrip("/") == there
