"""Switches that only bodies and headers show, both ways over HTTP."""

from typing import Any

import pytest
from twilio.rest import Client

from tests.simulator.desk import ROOM, client, number_of, open_desk
from tests.simulator.sdk import with_sdk


@pytest.mark.parametrize("value", [True, False])
async def test_muted_may_read_true_for_those_who_wait(value: bool) -> None:
    desk = open_desk(muted_while_waiting=value)
    desk.seat("ann", StartConferenceOnEnter="false")
    async with client(desk.exchange) as http:
        path = f"/Conferences/{desk.room().sid}/Participants/ann.json"
        assert (await http.get(path)).json()["muted"] is value


@pytest.mark.parametrize(("value", "status"), [(True, None), (False, "connected")])
async def test_status_may_be_null(value: bool, status: str | None) -> None:
    desk = open_desk(status_null=value)
    desk.seat("ann")
    async with client(desk.exchange) as http:
        path = f"/Conferences/{desk.room().sid}/Participants.json"
        page = (await http.get(path)).json()
    assert page["participants"][0]["status"] == status


@pytest.mark.parametrize("value", ["400", "404", "409"])
async def test_errors_of_conferences_may_have_another_status(value: str) -> None:
    desk = open_desk(error_status_16xxx=value)
    desk.seat("ann")
    form = {"From": "+15005550006", "To": "client:ann", "Label": "ann"}
    async with client(desk.exchange) as http:
        answer = await http.post(f"/Conferences/{ROOM}/Participants.json", data=form)
    assert answer.status_code == answer.json()["status"] == int(value)
    assert answer.json()["code"] == 16026


@pytest.mark.parametrize(("value", "calls"), [("ignored", 2), ("honoured", 1)])
async def test_an_idempotency_token_may_mean_something(value: str, calls: int) -> None:
    desk = open_desk(idempotency_token=value)
    form = {"From": "+15005550006", "To": "client:ann"}
    async with client(desk.exchange) as http:
        http.headers["I-Twilio-Idempotency-Token"] = "one"
        for _ in range(2):
            await http.post(f"/Conferences/{ROOM}/Participants.json", data=form)
    assert len(desk.exchange.state.calls) == calls


@pytest.mark.parametrize("value", [True, False])
async def test_the_same_listing_may_be_other_bytes(value: bool) -> None:
    desk = open_desk(equal_bytes=value)
    desk.seat("ann")
    async with client(desk.exchange) as http:
        path = f"/Conferences/{desk.room().sid}/Participants.json"
        first, second = await http.get(path), await http.get(path)
    assert first.json() == second.json()
    assert (first.content == second.content) is value


@pytest.mark.parametrize(("value", "start"), [(True, "http://"), (False, "/2010")])
async def test_the_next_page_may_be_an_absolute_address(
    value: bool, start: str
) -> None:
    desk = open_desk(next_page_absolute=value)
    desk.seat("ann", "bob")
    async with client(desk.exchange) as http:
        path = f"/Conferences/{desk.room().sid}/Participants.json?PageSize=1"
        page = (await http.get(path)).json()
        assert page["next_page_uri"].startswith(start)
        rest = await http.get(str(http.base_url.join(page["next_page_uri"])))
    assert rest.json()["participants"][0]["label"] == "ann"


@pytest.mark.parametrize(("value", "waited"), [("create", 0), ("dialing", 3)])
async def test_a_queued_call_may_be_dated_by_its_create_or_its_dialing(
    value: str, waited: int
) -> None:
    desk = open_desk(queued_call_dated=value)
    began = int(desk.clock.now)
    for label in ("a", "b", "c", "ann"):
        desk.ring(label)
    sid = desk.sids["ann"]

    def look(sdk: Client) -> tuple[Any, Any, Any]:
        call = sdk.calls(sid).fetch()
        return call.queue_time, call.start_time, call.date_created

    queued = await with_sdk(desk, look)
    desk.wait(5)
    queue_time, start_time, date_created = await with_sdk(desk, look)
    assert queued[:2] == (queue_time, None) == ("3000", None)
    assert start_time == date_created
    assert int(date_created.timestamp()) == began + waited


async def test_a_call_has_twilios_empty_words_and_a_duration_of_nothing() -> None:
    desk = open_desk()
    desk.ring("ann")
    desk.wait(0.5)
    caller = desk.exchange.dial_in("other", number_of("bob")).call_sid
    async with client(desk.exchange) as http:
        ringing = (await http.get(f"/Calls/{desk.sids['ann']}.json")).json()
        inbound = (await http.get(f"/Calls/{caller}.json")).json()
    assert ringing["status"] == "ringing"
    assert (ringing["caller_name"], ringing["trunk_sid"]) == ("", "")
    assert (ringing["duration"], ringing["annotation"]) == ("0", None)
    assert ringing["phone_number_sid"].startswith("PN")
    assert set(ringing["subresource_uris"]) == {
        *("notifications", "recordings", "events", "streams", "payments", "siprec"),
        *("user_defined_messages", "user_defined_message_subscriptions"),
    }
    assert ringing["subresource_uris"]["user_defined_messages"].endswith(
        "/UserDefinedMessages.json"
    )
    assert inbound["caller_name"] is None


async def test_a_listed_participant_has_no_queue_time() -> None:
    desk = open_desk()
    desk.seat("ann")
    path = f"/Conferences/{desk.room().sid}/Participants"
    async with client(desk.exchange) as http:
        (listed,) = (await http.get(f"{path}.json")).json()["participants"]
        fetched = (await http.get(f"{path}/ann.json")).json()
    assert "queue_time" not in listed
    assert {**listed, "queue_time": None} == fetched


async def test_too_many_requests_have_a_detail() -> None:
    desk = open_desk(concurrency=0.5)
    async with client(desk.exchange) as http:
        answer = (await http.get("/Conferences.json")).json()
    assert answer["code"] == 20429
    assert answer["detail"].startswith("Too many requests for the associated account")
