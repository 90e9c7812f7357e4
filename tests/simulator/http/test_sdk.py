"""Twilio's own SDK drives the local Twilio over HTTP, unchanged."""

from collections.abc import Callable
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.simulator.desk import FROM, ROOM, open_desk
from tests.simulator.sdk import with_sdk


async def test_participants_are_created_listed_changed_and_removed() -> None:
    desk = open_desk()

    def story(sdk: Client) -> None:
        room = sdk.conferences(ROOM)
        ann = room.participants.create(
            from_=FROM, to="+15551230001", label="ann", early_media=True
        )
        assert (ann.status, ann.queue_time) == ("queued", "0")
        bob = room.participants.create(
            from_=FROM,
            to="client:bob",
            label="bob smith",
            status_callback="https://example.com/call",
            status_callback_event=["initiated", "answered"],
        )
        desk.clock.advance(5)
        room = sdk.conferences(ann.conference_sid)
        assert room.fetch().status == "in-progress"
        assert {p.label for p in room.participants.list()} == {"ann", "bob smith"}
        assert room.participants("ann").update(muted=True).muted is True
        assert [p.label for p in room.participants.list(muted=True)] == ["ann"]
        assert room.participants("bob%20smith").fetch().call_sid == bob.call_sid
        coach = room.participants("ann").update(
            coaching=True, call_sid_to_coach=bob.call_sid
        )
        assert coach.call_sid_to_coach == bob.call_sid
        assert room.participants(ann.call_sid).delete() is True
        assert [p.label for p in room.participants.list()] == ["bob smith"]

    await with_sdk(desk, story)


async def test_long_listings_stream_page_by_page() -> None:
    desk = open_desk()
    labels = [f"p{number:02}" for number in range(23)]
    desk.seat(*labels)

    def story(sdk: Client) -> None:
        room = sdk.conferences(desk.room().sid)
        streamed = [p.label for p in room.participants.stream(page_size=5)]
        assert streamed == labels[::-1]
        first = room.participants.page(page_size=10)
        assert [p.label for p in first] == labels[:12:-1]
        second = first.next_page()
        assert [p.label for p in second] == labels[12:2:-1]
        assert [p.label for p in second.previous_page()] == labels[:12:-1]
        assert len(room.participants.list(limit=7, page_size=3)) == 7

    await with_sdk(desk, story)
    reads = [r for r in desk.exchange.history.reads if "Participants" in r.path]
    assert len(reads) >= 5


async def test_conferences_are_found_read_and_ended() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    day = desk.exchange.fetch_conference(desk.room().sid).created_at

    def story(sdk: Client) -> None:
        found = sdk.conferences.list(friendly_name=ROOM, status="in-progress")
        assert [each.sid for each in found] == [desk.room().sid]
        created = found[0].date_created
        assert created.timestamp() == int(day)
        assert sdk.conferences.list(date_created_after=created.date())
        assert not sdk.conferences.list(date_created_before="2026-01-01")
        ended = sdk.conferences(found[0].sid).update(status="completed")
        assert ended.reason_conference_ended == "conference-ended-via-api"

    await with_sdk(desk, story)


async def test_calls_are_fetched_looked_for_and_ended() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    sid = desk.sids["ann"]

    def story(sdk: Client) -> None:
        call = sdk.calls(sid).fetch()
        assert (call.status, call.direction) == ("in-progress", "outbound-api")
        same = sdk.calls.list(to=call.to, start_time_after=call.start_time)
        assert [each.sid for each in same] == [sid]
        assert sdk.calls(sid).update(status="completed").status == "completed"
        assert sdk.calls(sid).fetch().end_time is not None

    await with_sdk(desk, story)


_ATTEMPTS: dict[str, tuple[Callable[[Any], object], int, int]] = {
    "fetch": (lambda room: room.participants("nobody").fetch(), 404, 20404),
    "delete": (lambda room: room.participants("nobody").delete(), 404, 20404),
    "coach": (lambda room: room.participants("ann").update(coaching=True), 400, 20001),
    "create": (
        lambda room: room.participants.create(from_=FROM, to="client:x", label="ann"),
        400,
        16026,
    ),
    "list": (lambda room: room.participants("/").fetch(), 404, 20404),
}


@pytest.mark.parametrize("name", _ATTEMPTS)
async def test_errors_arrive_as_the_sdk_knows_them(
    name: str,
) -> None:
    attempt, status, code = _ATTEMPTS[name]
    desk = open_desk()
    desk.seat("ann", "bob")

    def story(sdk: Client) -> TwilioRestException:
        with pytest.raises(TwilioRestException) as raised:
            attempt(sdk.conferences(desk.room().sid))
        return raised.value

    error = await with_sdk(desk, story)
    assert (error.status, error.code) == (status, code)
