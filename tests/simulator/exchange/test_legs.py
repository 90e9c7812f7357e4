"""Second legs, dead phones, legs that are only listed, and withheld callers."""

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from reconciler.model.recorded_observation import Audience
from reconciler.simulator.exchange.people import WITHHELD, DialIn, Subscriber
from reconciler.simulator.http.app import app
from reconciler.simulator.script import read_person
from tests.simulator.desk import ROOM, Desk, number_of, open_desk
from tests.simulator.sdk import with_sdk

if TYPE_CHECKING:
    from collections.abc import Callable

ANN = number_of("ann")


async def _order(desk: Desk, path: str, **given: object) -> tuple[int, Any]:
    """A call of the control API."""
    transport = httpx.ASGITransport(app(desk.exchange))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as http:
        answer = await http.post(f"/simulator/{path}", json=given)
    return answer.status_code, answer.json()


def _party(sdk: Client, call_sid: str) -> str:
    """The number at the far end of a call, as its own record has it."""
    call = sdk.calls(call_sid).fetch()
    return str(vars(call)["_from"] if call.direction == "inbound" else call.to)


async def test_one_number_may_be_in_a_room_twice() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    for _ in range(2):
        assert (await _order(desk, "dial-in", room=ROOM, **{"from": ANN}))[0] == 200

    def look(sdk: Client) -> list[tuple[str | None, str]]:
        people = sdk.conferences(desk.room().sid).participants.list()
        return [(each.label, _party(sdk, each.call_sid)) for each in people]

    legs = await with_sdk(desk, look)
    assert legs[:2] == [(None, ANN), (None, ANN)]
    assert ("ann", ANN) in legs


async def test_a_dead_phone_is_connected_until_twilio_notices() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    sid = desk.sids["ann"]
    assert desk.audience("ann") is Audience.ROOM
    assert (await _order(desk, "hang-up", who="ann", ghost_seconds="30s"))[0] == 200
    assert desk.audience("ann") is Audience.NOBODY
    back = desk.exchange.dial_in(ROOM, ANN).call_sid
    desk.wait(29)

    def look(sdk: Client) -> dict[str, tuple[str, str]]:
        people = sdk.conferences(desk.room().sid).participants.list()
        return {
            each.call_sid: (each.status, sdk.calls(each.call_sid).fetch().status)
            for each in people
        }

    legs = await with_sdk(desk, look)
    assert legs[sid] == legs[back] == ("connected", "in-progress")
    desk.wait(1.1)
    legs = await with_sdk(desk, look)
    assert sid not in legs
    assert desk.call_status("ann") == "completed"


def test_a_ghost_that_is_muted_and_unmuted_is_heard_by_nobody() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    desk.exchange.hang_up("ann", ghost_seconds=30)
    desk.update("ann", Muted="true")
    desk.update("ann", Muted="false")
    assert desk.audience("ann") is Audience.NOBODY


def test_a_ghost_can_be_removed() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    desk.exchange.hang_up("ann", ghost_seconds=30)
    desk.kick("ann")
    assert list(desk.listed()) == ["bob"]
    desk.wait(40)
    assert desk.call_status("ann") == "completed"


def test_a_phone_that_is_not_answered_leaves_no_ghost() -> None:
    desk = open_desk()
    desk.seat("bob")
    desk.ring("ann")
    desk.wait(0.5)
    desk.exchange.hang_up("ann", ghost_seconds=30)
    assert desk.call_status("ann") == "busy"


@pytest.mark.parametrize("ghost", [0, 10])
def test_a_described_phone_may_die_and_stay_listed(ghost: int) -> None:
    desk = open_desk(
        {"ann": Subscriber(hangs_up_after=20, ghost_seconds=ghost, listed_seconds=5)}
    )
    desk.seat("bob", "ann")
    desk.wait(18)
    assert desk.audience("ann") is Audience.ROOM
    desk.wait(2)
    assert desk.audience("ann") is Audience.NOBODY
    desk.wait(ghost)
    assert desk.call_status("ann") == "completed"
    assert desk.listed()["ann"].connected
    desk.wait(5)
    assert "ann" not in desk.listed()


async def test_somebody_may_be_listed_for_good_after_leaving() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    status, _ = await _order(desk, "hang-up", who="ann", listed_seconds=True)
    assert status == 200
    desk.wait(7200)
    room = desk.room().sid

    def story(sdk: Client) -> list[tuple[int, int]]:
        people: Any = sdk.conferences(room).participants
        assert {each.label: each.status for each in people.list()} == {
            "ann": "connected",
            "bob": "connected",
        }
        by_label, by_call = people("ann"), people(desk.sids["ann"])
        attempts: list[Callable[[], object]] = [
            lambda: by_label.update(muted=True),
            by_call.delete,
            by_label.fetch,
        ]
        outcomes = []
        for attempt in attempts:
            with pytest.raises(TwilioRestException) as raised:
                attempt()
            outcomes.append((raised.value.status, raised.value.code))
        return outcomes

    assert await with_sdk(desk, story) == [(404, 20404)] * 3
    desk.exchange.end(ROOM)
    assert not desk.listed()


@pytest.mark.parametrize("shown", ["number", "word"])
@pytest.mark.parametrize("word", WITHHELD)
async def test_a_withheld_caller_shows_no_number_of_theirs(
    word: str, shown: str
) -> None:
    desk = open_desk(withheld_caller=shown)
    given = {"room": ROOM, "from": ANN, "withheld": word}
    status, caller = await _order(desk, "dial-in", **given)
    assert status == 200
    call = desk.exchange.fetch_call(caller["call_sid"])
    assert call.sender == (WITHHELD[word] if shown == "number" else word)
    desk.exchange.hang_up(ANN)
    assert desk.exchange.fetch_call(call.sid).ended


async def test_the_sdk_sees_two_withheld_callers_as_one_number() -> None:
    desk = open_desk()
    for sender in (ANN, number_of("bob")):
        desk.exchange.dial_in(ROOM, sender, withheld="anonymous")

    def look(sdk: Client) -> list[str]:
        people = sdk.conferences(desk.room().sid).participants.list()
        return [_party(sdk, each.call_sid) for each in people]

    assert await with_sdk(desk, look) == ["+266696687", "+266696687"]


def test_a_described_person_may_withhold_their_number() -> None:
    raw = {"dials_in": [{"room": ROOM, "at": "5s", "withheld": "Unavailable"}]}
    person = read_person(raw)
    assert person.dials_in == (DialIn(ROOM, 5, withheld="unavailable"),)
    desk = open_desk({"ann": person})
    desk.wait(6)
    (call,) = desk.exchange.list_calls({})
    assert (call.sender, call.caller) == ("+86282452253", ANN)
    with pytest.raises(ValueError, match=r"withheld: 'secret' is none of anonymous"):
        read_person({"dials_in": [{"room": ROOM, "withheld": "secret"}]})


async def test_a_wrong_word_for_withheld_is_refused() -> None:
    given = {"room": ROOM, "from": ANN, "withheld": "secret"}
    assert (await _order(open_desk(), "dial-in", **given))[0] == 400


async def test_many_requests_at_once_see_one_past() -> None:
    """Looking back for one answer leaves the others alone."""
    desk = open_desk()
    desk.seat("ann")
    fault = {"kind": "stale", "seconds": 60, "method": "GET"}
    await _order(desk, "faults", **fault)
    account = desk.exchange.account
    base = f"http://sim/2010-04-01/Accounts/{account.sid}"
    transport = httpx.ASGITransport(app(desk.exchange))
    auth = (account.sid, account.token)
    async with httpx.AsyncClient(transport=transport, base_url=base, auth=auth) as http:
        path = f"/Conferences/{desk.room().sid}/Participants.json"
        answers = await asyncio.gather(*(http.get(path) for _ in range(3)))
    shown = sorted(len(each.json()["participants"]) for each in answers)
    assert shown == [0, 1, 1]
    assert desk.exchange.switches.list_lag == 0
