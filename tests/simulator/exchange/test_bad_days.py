"""What Twilio does on its bad days, as its own SDK and plain HTTP see it."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from reconciler.simulator.exchange.fault import Fault, FaultKind, Source, read_fault
from reconciler.simulator.exchange.people import ALWAYS, Subscriber
from reconciler.simulator.http.app import app
from tests.simulator.desk import FROM, ROOM, Desk, client, number_of, open_desk
from tests.simulator.sdk import with_sdk

_CREATE = {"From": FROM, "To": "client:ann", "Label": "ann"}
_PATH = f"/Conferences/{ROOM}/Participants.json"
_Call = Callable[[Client], object]


def _list(sdk: Client) -> object:
    return sdk.conferences.list(friendly_name=ROOM, status="in-progress")


def _create(sdk: Client) -> object:
    people = sdk.conferences(ROOM).participants
    return people.create(from_=FROM, to="client:ann", label="ann")


def _outcome(call: _Call, sdk: Client) -> object:
    try:
        call(sdk)
    except TwilioRestException as error:
        return error.status, error.code
    except TwilioException as error:
        page = error.args[1]
        return page.status_code, json.loads(page.text)["code"]
    return "done"


async def _outcomes(desk: Desk, call: _Call, times: int) -> list[object]:
    return await with_sdk(desk, lambda sdk: [_outcome(call, sdk) for _ in range(times)])


@pytest.mark.parametrize("call", [_list, _create])
async def test_a_stray_401_passes_and_nothing_came_of_it(call: _Call) -> None:
    desk = open_desk()
    desk.exchange.faults.add(Fault(FaultKind.UNAUTHORIZED, after=True))
    assert await _outcomes(desk, call, 2) == [(401, 20003), "done"]
    assert len(desk.exchange.state.calls) == (call is _create)


async def test_each_third_request_may_fail_for_ever() -> None:
    desk = open_desk()
    fault = {"kind": "401", "every": 3, "skip": 2, "times": True}
    desk.exchange.faults.add(read_fault(fault))
    outcomes = await _outcomes(desk, _list, 9)
    assert outcomes == ["done", "done", (401, 20003)] * 3


async def test_a_fault_may_last_for_seconds_from_its_first_strike() -> None:
    desk = open_desk()
    desk.exchange.faults.add(read_fault({"kind": "404", "lasts": "10s", "code": 16001}))
    desk.wait(60)
    first = await _outcomes(desk, _list, 2)
    desk.wait(9)
    assert [*first, *await _outcomes(desk, _list, 1)] == [(404, 16001)] * 3
    desk.wait(1.1)
    assert await _outcomes(desk, _list, 1) == ["done"]
    assert not desk.exchange.faults.queued


async def test_only_some_requests_may_fail_while_a_fault_lasts() -> None:
    desk = open_desk()
    desk.exchange.faults.add(read_fault({"kind": "401", "lasts": "10s", "every": 2}))
    outcomes = await _outcomes(desk, _list, 4)
    desk.wait(11)
    outcomes += await _outcomes(desk, _list, 2)
    assert outcomes == [(401, 20003), "done"] * 2 + ["done", "done"]


@pytest.mark.parametrize("kind", ["401", "403", "404", "502"])
@pytest.mark.parametrize("after", [False, True])
async def test_a_page_of_the_cdn_is_html_without_a_word_of_twilios(
    kind: str, after: bool
) -> None:
    desk = open_desk()
    fault = {"kind": kind, "body": "cdn", "method": "POST", "after": after}
    desk.exchange.faults.add(read_fault(fault))
    async with client(desk.exchange) as http:
        answer = await http.post(_PATH, data=_CREATE)
    assert answer.status_code == int(kind)
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["server"] == "CloudFront"
    assert answer.headers["x-cache"].endswith("from cloudfront")
    assert not [name for name in answer.headers if name.startswith("twilio-")]
    assert kind in answer.text
    assert len(desk.exchange.state.calls) == after


async def test_an_answer_of_twilios_has_passed_the_cdn() -> None:
    desk = open_desk()
    async with client(desk.exchange) as http:
        answer = await http.get("/Conferences.json")
    assert answer.headers["x-cache"] == "Miss from cloudfront"
    assert answer.headers["twilio-request-id"].startswith("RQ")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", ["400", "500"])
async def test_an_internal_error_may_have_added_somebody(
    kind: str, after: bool
) -> None:
    desk = open_desk()
    fault = {"kind": kind, "code": 16030, "method": "POST", "after": after}
    desk.exchange.faults.add(read_fault(fault))
    assert await _outcomes(desk, _create, 1) == [(int(kind), 16030)]
    assert len(desk.exchange.state.calls) == after


@pytest.mark.parametrize(
    ("refused", "status", "code"),
    [
        ({"refused": 12400}, 403, 12400),
        ({"refused": 20999, "refused_status": 403}, 403, 20999),
        ({"refused": 16030, "refused_status": 500}, 500, 16030),
        ({"refused": 21216}, 400, 21216),
    ],
)
async def test_one_number_may_be_refused_in_any_way(
    refused: dict[str, int], status: int, code: int
) -> None:
    desk = open_desk()
    desk.exchange.describe("client:ann", Subscriber(**refused))  # type: ignore[arg-type]
    desk.seat("bob")
    assert await _outcomes(desk, _create, 2) == [(status, code)] * 2
    assert list(desk.listed()) == ["bob"]


def _advancing(desk: Desk) -> httpx.AsyncClient:
    """A client of an exchange where waiting moves the clock."""

    async def sleep(seconds: float) -> None:
        desk.wait(seconds)

    account = desk.exchange.account
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app(desk.exchange, sleep)),
        base_url=f"http://simulator/2010-04-01/Accounts/{account.sid}",
        auth=(account.sid, account.token),
    )


@pytest.mark.parametrize(
    "whom",
    [{"who": number_of("ann")}, {"who": "ann"}, {"room": "other"}],
)
async def test_a_create_hangs_for_one_number_or_one_room_only(
    whom: dict[str, str],
) -> None:
    desk = open_desk()
    desk.exchange.faults.add(read_fault({"kind": "slow", "seconds": 8, **whom}))
    began = desk.clock.now
    async with _advancing(desk) as http:
        form = {"From": FROM, "To": number_of("bob"), "Label": "bob"}
        assert (await http.post(_PATH, data=form)).status_code == 201
        assert desk.clock.now == began
        form = {"From": FROM, "To": number_of("ann"), "Label": "ann"}
        path = _PATH.replace(ROOM, whom.get("room", ROOM))
        assert (await http.post(path, data=form)).status_code == 201
    assert desk.clock.now == began + 8


@pytest.mark.parametrize("after", [False, True])
async def test_a_create_may_hang_and_then_fail_with_or_without_effect(
    after: bool,
) -> None:
    desk = open_desk()
    fault = {"kind": "503", "who": "ann", "seconds": "9s", "after": after}
    desk.exchange.faults.add(read_fault(fault))
    began = desk.clock.now
    async with _advancing(desk) as http:
        answer = await http.post(_PATH, data=_CREATE)
    assert (answer.status_code, desk.clock.now - began) == (503, 9)
    assert len(desk.exchange.state.calls) == after


async def test_a_fault_finds_a_leg_by_label_address_and_call() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    room = desk.room().sid
    for who in ("ann", number_of("ann"), desk.sids["ann"]):
        fault = {"kind": "404", "code": 16001, "method": "POST", "who": who}
        desk.exchange.faults.add(read_fault(fault))

    def mute(label: str) -> _Call:
        def call(sdk: Client) -> object:
            people: Any = sdk.conferences(room).participants
            return people(desk.sids[label]).update(muted=True)

        return call

    assert await _outcomes(desk, mute("bob"), 1) == ["done"]
    assert await _outcomes(desk, mute("ann"), 4) == [(404, 16001)] * 3 + ["done"]


@pytest.mark.parametrize("status", ["500", "503"])
async def test_a_removal_may_work_and_answer_an_error(status: str) -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    room = desk.room().sid
    fault = {"kind": status, "method": "DELETE", "after": True}
    desk.exchange.faults.add(read_fault(fault))

    def remove(sdk: Client) -> object:
        people: Any = sdk.conferences(room).participants
        return people("ann").delete()

    codes = {"500": 20500, "503": 20503}
    outcomes = [(int(status), codes[status]), (404, 20404)]
    assert await _outcomes(desk, remove, 2) == outcomes
    assert list(desk.listed()) == ["bob"]


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("503", 503)])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_fault_may_say_when_to_ask_again(
    kind: str, status: int, method: str
) -> None:
    desk = open_desk()
    fault = {"kind": kind, "method": method, "retry_after": "20s"}
    desk.exchange.faults.add(read_fault(fault))
    async with client(desk.exchange) as http:
        answer = await http.request(method, _PATH)
        other = await http.request({"GET": "POST", "POST": "GET"}[method], _PATH)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "20")
    assert "retry-after" not in other.headers


async def test_an_older_listing_may_follow_a_newer_one() -> None:
    desk = open_desk()
    desk.seat("ann", "bob")
    desk.wait(10)
    desk.exchange.hang_up("ann")
    desk.wait(1)
    fault = {"kind": "stale", "seconds": 4, "method": "GET", "every": 2, "times": True}
    desk.exchange.faults.add(read_fault({**fault, "skip": 1}))

    def look(sdk: Client) -> list[list[str]]:
        people = sdk.conferences(desk.room().sid).participants
        return [[each.label for each in people.list()] for _ in range(4)]

    looks = await with_sdk(desk, look)
    assert looks == [["bob"], ["bob", "ann"], ["bob"], ["bob", "ann"]]


def test_new_kinds_of_faults_are_read_and_wrong_ones_refused() -> None:
    fault = read_fault({"kind": "403", "body": "cdn", "times": True, "lasts": "1m"})
    assert fault == Fault(
        FaultKind.FORBIDDEN, body=Source.CDN, times=ALWAYS, lasts=60.0
    )
    wrong: list[dict[str, Any]] = [
        {"kind": "401", "body": "proxy"},
        {"kind": "401", "until": 5},
        {"kind": "401", "lasts": "long"},
    ]
    for each in wrong:
        with pytest.raises(ValueError, match=r"\w"):
            read_fault(each)
