"""The simulator's own API."""

from typing import Any

import httpx
import pytest

from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.http.app import app
from tests.simulator.desk import ROOM, Desk, number_of, open_desk


async def _post(desk: Desk, path: str, given: object) -> tuple[int, Any]:
    transport = httpx.ASGITransport(app(desk.exchange))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as http:
        answer = await http.post(f"/simulator/{path}", json=given)
    return answer.status_code, answer.json()


async def _get(desk: Desk, path: str) -> Any:
    transport = httpx.ASGITransport(app(desk.exchange))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as http:
        return (await http.get(f"/simulator/{path}")).json()


async def test_the_state_shows_what_twilio_does_not() -> None:
    desk = open_desk()
    desk.seat("ann", "bob", BeepOnExit="true", WaitUrl="")
    state = await _get(desk, "state")
    (room,) = state["conferences"]
    ann = next(each for each in room["participants"] if each["label"] == "ann")
    assert ann["sent"]["wait_url"] == ""
    assert ann["audience"] == "room"
    assert [ring["label"] for ring in state["rings"]] == ["ann", "bob"]
    assert len(state["calls"]) == 2
    assert state["events"] == len((await _get(desk, "events"))["events"])
    assert (await _get(desk, "events?after=3"))["events"][0]["name"]
    assert desk.exchange.account.token not in str(state)


async def test_people_can_be_made_to_dial_in_hang_up_and_change() -> None:
    desk = open_desk()
    desk.seat("bob")
    given = {"room": ROOM, "from": "+15550001111", "label": "eve", "muted": True}
    status, caller = await _post(desk, "dial-in", given)
    assert status == 200
    assert caller["muted"] is True
    status, changed = await _post(desk, "change", {"who": "eve", "muted": False})
    assert (status, changed["muted"]) == (200, False)
    assert (await _post(desk, "dial-in", given))[0] == 400
    status, gone = await _post(desk, "hang-up", {"who": "+15550001111"})
    assert (status, gone["call_sid"]) == (200, caller["call_sid"])
    assert (await _post(desk, "hang-up", {"who": "eve"}))[0] == 404
    status, ended = await _post(desk, "end", {"room": ROOM})
    assert (status, ended["status"]) == (200, "completed")
    assert (await _post(desk, "end", {"room": ROOM}))[0] == 404


async def test_people_and_switches_can_be_changed_at_any_time() -> None:
    desk = open_desk()
    person = {"address": number_of("ann"), "busy": True}
    assert (await _post(desk, "people", person))[0] == 200
    desk.seat("ann")
    assert desk.call_status("ann") == "busy"
    status, switches = await _post(desk, "switches", {"list_lag": "3s"})
    assert (status, switches["list_lag"]) == (200, 3)
    shown = await _get(desk, "switches")
    assert shown["list_lag"]["value"] == 3
    assert shown["list_lag"]["about"]


async def test_time_can_be_advanced_when_the_clock_is_virtual() -> None:
    desk = open_desk()
    desk.ring("ann")
    assert (await _post(desk, "advance", {"seconds": "2s"}))[0] == 200
    assert desk.fetch("ann").connected
    real = Desk(desk.clock, Exchange(lambda: 0.0))
    assert (await _post(real, "advance", {"seconds": 2}))[0] == 400


async def test_faults_and_logs_can_be_set_and_forgotten() -> None:
    desk = open_desk()
    desk.seat("ann")
    status, queued = await _post(desk, "faults", {"kind": "500", "method": "get"})
    assert (status, queued["faults"][0]["method"]) == (200, "GET")
    transport = httpx.ASGITransport(app(desk.exchange))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as http:
        assert (await http.delete("/simulator/faults")).json() == {"faults": []}
    assert not desk.exchange.faults.queued
    await _post(desk, "reset", {})
    assert not desk.exchange.history.rings
    assert not desk.exchange.history.events


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("hang-up", {}),
        ("hang-up", {"who": 5}),
        ("change", {"who": "ann", "loud": True}),
        ("change", {"who": "ann", "coaching": True}),
        ("people", {"busy": True}),
        ("people", {"address": "client:a", "busy": "x"}),
        ("switches", {"no_such": True}),
        ("faults", {"kind": "odd"}),
        ("advance", {"seconds": -1}),
        ("advance", {}),
        ("reset", []),
    ],
)
async def test_a_wrong_order_says_what_is_wrong(path: str, given: object) -> None:
    desk = open_desk()
    desk.seat("ann")
    status, answer = await _post(desk, path, given)
    assert status == 400
    assert answer["error"]
