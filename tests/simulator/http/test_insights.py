"""Voice Insights of the local Twilio, as the official SDK and the client ask it."""

from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from reconciler.simulator.exchange.second_sources import SecondSources
from reconciler.simulator.http.app import app
from tests.simulator.desk import ROOM, Desk, number_of, open_desk
from tests.simulator.sdk import with_sdk


async def ask(desk: Desk, path: str, **query: str) -> httpx.Response:
    account = desk.exchange.account
    transport = httpx.ASGITransport(app(desk.exchange))
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://sim",
        auth=(account.sid, account.token),
    ) as http:
        return await http.get(f"/v1/Conferences{path}", params=query)


async def rows(desk: Desk, path: str, key: str, **query: str) -> list[dict[str, Any]]:
    answer = await ask(desk, path, **query)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()[key]
    return found


def insightful(seconds: float | None = 60.0) -> Desk:
    desk = open_desk()
    desk.exchange.second_sources = SecondSources(None, seconds)
    return desk


async def test_without_the_feature_every_question_is_refused() -> None:
    answer = await ask(insightful(None), "")
    assert (answer.status_code, answer.json()["code"]) == (403, 20003)


async def test_the_credentials_are_those_of_the_api() -> None:
    transport = httpx.ASGITransport(app(insightful().exchange))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as http:
        for auth in (None, ("AC" + "0" * 32, "guess")):
            answer = await http.get("/v1/Conferences", auth=auth)
            assert answer.status_code == 401


async def test_a_summary_is_there_once_somebody_has_left_and_complete_later() -> None:
    desk = insightful()
    desk.seat("ann", "bob")
    path = f"/{desk.room().sid}/Participants"
    assert await rows(desk, path, "participants") == []
    desk.exchange.hang_up("ann")
    (ann,) = await rows(desk, path, "participants", Label="ann")
    assert (ann["call_sid"], ann["to"]) == (desk.sids["ann"], number_of("ann"))
    assert (ann["call_direction"], ann["processing_state"]) == (
        "outbound",
        "in_progress",
    )
    desk.wait(61)
    (ann,) = await rows(desk, path, "participants", Label="ann")
    assert ann["processing_state"] == "complete"
    assert await rows(desk, path, "participants", Label="bob") == []


async def test_conferences_are_found_by_name_and_time_newest_first() -> None:
    desk = insightful()
    desk.seat("ann")
    first = desk.room().sid
    desk.exchange.end(ROOM)
    desk.wait(120)
    desk.seat("ann")
    found = await rows(desk, "", "conferences", FriendlyName=ROOM)
    assert [x["conference_sid"] for x in found] == [desk.room().sid, first]
    assert [x["end_time"] is None for x in found] == [True, False]
    before = {"FriendlyName": ROOM, "CreatedBefore": found[1]["create_time"]}
    late = await rows(desk, "", "conferences", **before)
    assert [x["conference_sid"] for x in late] in ([first], [])
    assert await rows(desk, "", "conferences", FriendlyName="other") == []
    (page,) = [(await ask(desk, "", PageSize="1")).json()]
    assert len(page["conferences"]) == 1
    assert page["meta"]["next_page_url"] is not None


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/CF00000000000000000000000000000000/Participants", {}, 404),
        ("/nothing", {}, 404),
        ("", {"PageSize": "many"}, 400),
        ("", {"CreatedAfter": "soon"}, 400),
    ],
)
async def test_wrong_questions_are_refused(
    path: str, query: dict[str, str], status: int
) -> None:
    assert (await ask(insightful(), path, **query)).status_code == status


async def test_second_sources_are_switched_by_the_control_api() -> None:
    desk = open_desk()
    transport = httpx.ASGITransport(app(desk.exchange))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as http:
        path = "/simulator/second-sources"
        off = {"event_sink": None, "insights_seconds": None}
        assert (await http.get(path)).json() == off
        sink = {"event_sink": "http://127.0.0.1:1/hooks/event-streams"}
        assert (await http.post(path, json=sink)).json() == off | sink
        more = {"insights_seconds": "10m"}
        assert (await http.post(path, json=more)).json() == {
            **sink,
            "insights_seconds": 600.0,
        }
        assert (await http.post(path, json=off)).json() == off
        for wrong in ({"sink": "x"}, {"event_sink": 7}, {"insights_seconds": "soon"}):
            assert (await http.post(path, json=wrong)).status_code == 400


def left_alone(client: Client) -> tuple[str | None, str | None]:
    """Who was in the room's only conference, by the official SDK."""
    (held,) = client.insights.v1.conferences.list(friendly_name=ROOM)
    held_by = client.insights.v1.conferences(held.conference_sid or "")
    (ann,) = held_by.conference_participants.list(label="ann")
    with pytest.raises(TwilioException):
        client.insights.v1.conferences("CF" + "0" * 32).conference_participants.list()
    return ann.call_sid, ann.processing_state


async def test_the_official_sdk_reads_the_summaries() -> None:
    desk = insightful(0.0)
    desk.seat("ann")
    desk.exchange.hang_up("ann")
    assert await with_sdk(desk, left_alone) == (desk.sids["ann"], "complete")
