"""Switches of conferences: which are listed, and how they end, as the SDK sees it."""

from collections.abc import Callable
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from reconciler.simulator.exchange.people import Subscriber
from tests.simulator.desk import ROOM, Desk, open_desk
from tests.simulator.sdk import with_sdk


def _attempt(call: Callable[[], object]) -> object:
    """What a call gives, or the status and code that it is refused with."""
    try:
        return call()
    except TwilioRestException as error:
        return error.status, error.code
    except TwilioException as error:
        return error.args[1].status_code


async def _complete(desk: Desk) -> object:
    sid = desk.room().sid

    def end(sdk: Client) -> object:
        return sdk.conferences(sid).update(status="completed").status

    return await with_sdk(desk, lambda sdk: _attempt(lambda: end(sdk)))


@pytest.mark.parametrize(
    ("value", "names"),
    [("in-progress", {"talking"}), ("all", {"talking", "waiting", "over"})],
)
async def test_a_listing_without_status_shows_what_is_in_progress_or_all(
    value: str, names: set[str]
) -> None:
    desk = open_desk(conferences_without_status=value)
    desk.seat("ann", "bob", room="talking")
    desk.seat("cat", room="waiting")
    desk.seat("dan", room="over")
    desk.exchange.end("over")

    def look(sdk: Client) -> list[set[str]]:
        return [
            {each.friendly_name for each in sdk.conferences.list(**status)}
            for status in ({}, {"status": "init"}, {"status": "completed"})
        ]

    assert await with_sdk(desk, look) == [names, {"waiting"}, {"over"}]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("served", (["init"], [], "init")),
        ("refused", (400, [], "init")),
        ("in-progress", ([], ["in-progress"], "in-progress")),
    ],
)
async def test_status_init_may_be_served_refused_or_read_in_progress(
    value: str, shown: object
) -> None:
    desk = open_desk(status_init=value)
    desk.seat("ann")
    sid = desk.room().sid

    def look(sdk: Client) -> object:
        def listed(status: str) -> object:
            found = sdk.conferences.list(friendly_name=ROOM, status=status)
            return [each.status for each in found]

        return (
            _attempt(lambda: listed("init")),
            _attempt(lambda: listed("in-progress")),
            sdk.conferences(sid).fetch().status,
        )

    assert await with_sdk(desk, look) == shown


@pytest.mark.parametrize("missing", [0, 5])
async def test_a_conference_that_has_just_ended_may_be_missing(missing: int) -> None:
    desk = open_desk(ended_conference_missing_seconds=missing)
    desk.seat("ann", "bob")
    desk.exchange.end(ROOM)
    sid = desk.room().sid

    def look(sdk: Client) -> object:
        listed = sdk.conferences.list(friendly_name=ROOM, status="completed")
        status = _attempt(lambda: sdk.conferences(sid).fetch().status)
        return status, len(listed), sdk.conferences(sid).participants.list()

    soon: object = ((404, 20404), 0, []) if missing else ("completed", 1, [])
    assert await with_sdk(desk, look) == soon
    desk.wait(5)
    assert await with_sdk(desk, look) == ("completed", 1, [])


@pytest.mark.parametrize("missing", [0, 5])
async def test_the_record_of_a_new_call_may_be_missing(missing: int) -> None:
    desk = open_desk(new_call_missing_seconds=missing)
    call = desk.exchange.dial_in(ROOM, "+15550001111").call_sid

    def look(sdk: Client) -> object:
        return _attempt(lambda: sdk.calls(call).fetch().status)

    soon = (404, 20404) if missing else "in-progress"
    assert await with_sdk(desk, look) == soon
    desk.wait(5)
    assert await with_sdk(desk, look) == "in-progress"


@pytest.mark.parametrize("value", ["works", "refused"])
@pytest.mark.parametrize("seconds", [0.05, 0.5])
async def test_ending_a_conference_may_be_refused_while_somebody_is_dialed(
    value: str, seconds: float
) -> None:
    desk = open_desk(complete_while_dialing=value, complete_refused_code=16099)
    desk.seat("bob", "cat")
    desk.ring("ann")
    desk.wait(seconds)
    refused = (400, 16099) if value == "refused" else "completed"
    assert await _complete(desk) == refused
    assert desk.room().live is (value == "refused")
    if value == "refused":
        desk.kick("ann")
        assert await _complete(desk) == "completed"


async def test_a_refused_end_has_a_code_of_choice_and_always_status_400() -> None:
    desk = open_desk(complete_while_dialing="refused", error_status_16xxx="409")
    desk.ring("ann")
    assert await _complete(desk) == (400, 20001)
    desk.exchange.flip(complete_refused_code=16003)
    assert await _complete(desk) == (400, 16003)


@pytest.mark.parametrize("seconds", [0, 8])
async def test_a_conference_may_take_a_while_to_end(seconds: int) -> None:
    desk = open_desk(ending_seconds=seconds)
    desk.seat("ann", "bob")
    assert await _complete(desk) == ("in-progress" if seconds else "completed")
    assert await _complete(desk) == (400, 20001)
    assert bool(desk.listed()) is bool(seconds)
    desk.wait(8)
    assert desk.room().reason_ended == "conference-ended-via-api"
    assert not desk.listed()
    assert desk.call_status("ann") == "completed"


async def test_a_conference_that_ends_by_itself_first_ends_once() -> None:
    desk = open_desk(ending_seconds=8)
    desk.seat("ann", "bob")
    await _complete(desk)
    desk.exchange.hang_up("ann")
    desk.exchange.hang_up("bob")
    desk.wait(10)
    assert desk.room().reason_ended == "last-participant-left"
    assert desk.events().count("conference-end") == 1


async def test_legs_that_never_answer_keep_a_conference_and_the_last_one_ends_it() -> (
    None
):
    desk = open_desk({"ann": Subscriber(busy=1), "bob": Subscriber(no_answer=1)})
    desk.ring("ann")
    desk.ring("bob", Timeout="20")
    sid = desk.room().sid

    def look(sdk: Client) -> Any:
        return sdk.conferences(sid).fetch()

    desk.wait(10)
    assert desk.call_status("ann") == "busy"
    assert (await with_sdk(desk, look)).status == "init"
    desk.wait(30)
    ended = await with_sdk(desk, look)
    assert ended.status == "completed"
    assert ended.reason_conference_ended == "last-participant-left"
    assert ended.call_sid_ending_conference == desk.sids["bob"]


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_ringing_leg_may_keep_the_room_that_all_others_left(
    keeps: bool,
) -> None:
    desk = open_desk({"ann": Subscriber(no_answer=1)}, ringing_keeps_room=keeps)
    desk.seat("bob", "cat")
    desk.ring("ann", Timeout="20")
    desk.wait(2)
    for label in ("bob", "cat"):
        desk.exchange.hang_up(label)
    assert desk.room().live is keeps
    desk.wait(30)
    last = "ann" if keeps else "cat"

    def look(sdk: Client) -> Any:
        return sdk.conferences(desk.room().sid).fetch().call_sid_ending_conference

    assert await with_sdk(desk, look) == desk.sids[last]


async def test_a_room_that_nobody_starts_stays_init_and_nobody_hears_anybody() -> None:
    desk = open_desk()
    desk.seat("ann", "bob", StartConferenceOnEnter="false")
    sid = desk.room().sid

    def look(sdk: Client) -> Any:
        return sdk.conferences(sid).fetch().status

    desk.wait(3600)
    assert await with_sdk(desk, look) == "init"
    assert not desk.exchange.history.exposures
    desk.seat("cat")
    assert await with_sdk(desk, look) == "in-progress"
    assert {each.label for each in desk.exchange.history.exposures} == {
        "ann",
        "bob",
        "cat",
    }


async def test_a_full_room_is_refused_until_somebody_leaves() -> None:
    desk = open_desk()
    desk.seat("ann", "bob", MaxParticipants="2")

    def ring(sdk: Client) -> object:
        people = sdk.conferences(ROOM).participants
        make = lambda: people.create(from_="+15005550006", to="client:cat").status  # noqa: E731
        return _attempt(make)

    assert await with_sdk(desk, ring) == (400, 16020)
    desk.exchange.hang_up("ann")
    assert await with_sdk(desk, ring) == "queued"


@pytest.mark.parametrize("word", ["true", "True", "TRUE"])
async def test_booleans_are_read_without_case(word: str) -> None:
    desk = open_desk()
    desk.seat("ann", "bob", Muted=word, EndConferenceOnExit=word)
    room = desk.room().sid
    update = {"hold": word, "hold_url": "https://example.com/music"}

    def story(sdk: Client) -> None:
        people: Any = sdk.conferences(room).participants
        ann = people("ann").fetch()
        assert (ann.muted, ann.end_conference_on_exit) == (True, True)
        assert people("ann").update(**update).hold is True
        assert people("ann").update(muted="False").muted is False
        assert [each.label for each in people.list(hold=True)] == ["ann"]

    await with_sdk(desk, story)
