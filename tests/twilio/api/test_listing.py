"""Listings come whole or not at all."""

import itertools
from collections.abc import Callable

import pytest

from reconciler.model.errors import TransientError
from reconciler.model.observation import CallStatus, ConferenceStatus
from tests.twilio.samples import (
    ANN,
    BASE,
    BOB,
    COACH,
    CONFERENCE,
    call,
    conference,
    page,
    participant,
)
from tests.twilio.wire_server import Reply, Request, client, reply, serving

PATH = f"{BASE}/Conferences/{CONFERENCE}/Participants.json"
SECOND = f"{PATH}?Muted=true&PageSize=2&Page=1&PageToken=PACP5d41"


def two_pages(link: str) -> Callable[[Request], Reply]:
    first = page("participants", participant(COACH), participant(BOB), following=link)
    last = page("participants", participant(ANN))
    return lambda request: reply(200, last if "PageToken" in request.target else first)


async def test_all_pages_are_read_in_order_by_relative_links() -> None:
    async with serving(two_pages(SECOND)) as server, server.client() as twilio:
        found = await twilio.participants.list(CONFERENCE)
    assert [each.call_sid for each in found] == [COACH, BOB, ANN]
    assert [each.target for each in server.requests] == [
        f"{PATH}?PageSize=1000",
        SECOND,
    ]


async def test_all_pages_are_read_by_absolute_links_on_the_same_host() -> None:
    holder: list[str] = []

    def script(request: Request) -> Reply:
        return two_pages(holder[0] + SECOND)(request)

    async with serving(script) as server, server.client() as twilio:
        holder.append(server.url)
        assert len(await twilio.participants.list(CONFERENCE)) == 3
        assert server.requests[1].target == SECOND


async def test_a_link_to_another_host_gets_no_request_and_no_credentials() -> None:
    async with serving(reply(200, page("participants"))) as other:
        link = f"{other.url}{SECOND}"
        async with serving(two_pages(link)) as server, server.client() as twilio:
            with pytest.raises(TransientError, match="not followed"):
                await twilio.participants.list(CONFERENCE)
        assert other.connections == 0


async def test_pages_that_lead_back_are_an_error() -> None:
    looping = page("participants", participant(), following=SECOND)
    async with serving(reply(200, looping)) as server, server.client() as twilio:
        with pytest.raises(TransientError, match="end"):
            await twilio.participants.list(CONFERENCE)
        assert len(server.requests) == 2


async def test_pages_without_end_are_an_error() -> None:
    count = itertools.count()

    def script(_: Request) -> Reply:
        return reply(
            200, page("participants", following=f"{PATH}?PageToken={next(count)}")
        )

    async with serving(script) as server, server.client() as twilio:
        with pytest.raises(TransientError, match="end"):
            await twilio.participants.list(CONFERENCE)
        assert len(server.requests) < 1000


@pytest.mark.parametrize(
    "last",
    [
        reply(503, b""),
        reply(400, {"code": 20001, "message": "Invalid PageToken", "status": 400}),
    ],
    ids=["lost", "refused"],
)
async def test_a_missing_last_page_loses_the_listing(last: Reply) -> None:
    def script(request: Request) -> Reply:
        if "PageToken" in request.target:
            return last
        return two_pages(SECOND)(request)

    async with serving(script) as server, server.client() as twilio:
        with pytest.raises(TransientError):
            await twilio.participants.list(CONFERENCE)


async def test_filters_are_sent_by_their_wire_names() -> None:
    def script(request: Request) -> Reply:
        key = request.path.rpartition("/")[2].removesuffix(".json").lower()
        item = {"participants": participant, "conferences": conference, "calls": call}
        return reply(200, page(key, item[key]()))

    async with serving(script) as server, server.client() as twilio:
        await twilio.conferences.list("a b&c", ConferenceStatus.INIT)
        await twilio.calls.list(
            to="+15551230001",
            status=CallStatus.NO_ANSWER,
            start_time_after=1776158803.0,
        )
    size = ("PageSize", "1000")
    assert [each.query for each in server.requests] == [
        [("FriendlyName", "a b&c"), ("Status", "init"), size],
        [
            ("To", "+15551230001"),
            ("Status", "no-answer"),
            ("StartTime>", "2026-04-14"),
            size,
        ],
    ]
    assert "%2B15551230001" in server.requests[1].target


@pytest.mark.parametrize("sid", [CONFERENCE, "CFx", "", "CF/../x", "CFä", "CF x", "٣"])
async def test_a_listing_is_read_again_where_its_conference_is(sid: str) -> None:
    async with client("http://127.0.0.1:9") as twilio:
        participants = twilio.participants
        url = participants._session.account.url("Conferences", sid, "Participants")
        source = participants._session.source(f"{url}?PageSize=1000")
        assert participants.known_listing(sid, "00ff").source == source
