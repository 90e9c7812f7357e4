"""Commands against other services than Twilio, each as the simulator speaks it."""

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.simulator.background import BackgroundSimulator, background_simulator
from tests.cli.conftest import World

ROSTER = """\
version: 1
conference: line
from: "+15550100001"
participants:
  ann: {to: "+15551230001", muted: true}
  bob: {to: "+15551230002"}
"""
PACE = {"calls_per_second": 50}


def _environ(simulator: BackgroundSimulator, service: str) -> Mapping[str, str]:
    return {**simulator.environment, "RECONCILER_SERVICE": service}


def _legs(simulator: BackgroundSimulator) -> dict[str, Mapping[str, Any]]:
    """Whom the simulator has in its conference, by number."""
    state = simulator.control.state()
    phones = {x["sid"]: x["sender"] for x in state["calls"]}
    phones |= {x["sid"]: x["to"] for x in state["calls"] if x["direction"] != "inbound"}
    (conference,) = state["conferences"]
    return {phones[each["call_sid"]]: each for each in conference["participants"]}


def test_signalwire_mutes_who_dialed_in_and_says_that_nobody_can_be_called(
    world: World,
) -> None:
    world.write(ROSTER)
    with background_simulator(PACE, service="signalwire") as simulator:
        simulator.control.dial_in("+15551230001", room="line")
        environ = _environ(simulator, "signalwire")
        plan = world.run("plan", **environ)
        assert "cannot call anybody into a conference" in plan.out
        sync = world.run("sync", "--timeout", "60s", **environ)
        assert sync.code == 4, sync.out + sync.err
        assert _legs(simulator)["+15551230001"]["muted"]
        assert simulator.control.state()["rings"] == []
        explained = world.run("explain", "line", "bob", **environ)
        assert "let them dial in" in explained.out.splitlines()[-1]
        approved = world.run("approve", "line", **environ)
        assert "dial in" in approved.out + approved.err
        assert world.run("sync", "--timeout", "60s", **environ).code == 4
        assert simulator.control.state()["rings"] == []


def test_telnyx_calls_everybody_and_mutes_them(world: World) -> None:
    world.write(ROSTER)
    with background_simulator(PACE, service="telnyx") as simulator:
        environ = _environ(simulator, "telnyx")
        sync = world.run("sync", "--timeout", "60s", **environ)
        assert sync.code == 0, sync.out + sync.err
        legs = _legs(simulator)
        assert legs.keys() == {"+15551230001", "+15551230002"}
        assert legs["+15551230001"]["muted"]
        assert len(simulator.control.state()["rings"]) == 2
        again = world.run("sync", "--timeout", "60s", **environ)
        assert again.code == 0
        assert len(simulator.control.state()["rings"]) == 2


def test_a_fault_is_only_of_the_requests_whose_path_is_named(world: World) -> None:
    world.write(ROSTER)
    with background_simulator(PACE) as simulator:
        url = simulator.environment["RECONCILER_TWILIO_URL"]
        words = ("simulate", "fault", "503", "path=*/Messages*", "times=true")
        added = world.run(*words, RECONCILER_TWILIO_URL=url)
        assert added.code == 0, added.err
        simulator.control.fault("404", path="/v1/*", times=True)
        sync = world.run("sync", "--timeout", "60s", **simulator.environment)
        assert sync.code == 0, sync.out + sync.err


def test_a_create_at_telnyx_whose_answer_is_lost_is_found_and_not_repeated(
    world: World,
) -> None:
    world.write(ROSTER)
    with background_simulator(PACE, service="telnyx") as simulator:
        simulator.control.fault("503", method="POST", who="ann", after=True)
        environ = _environ(simulator, "telnyx")
        sync = world.run("sync", "--timeout", "60s", **environ)
        assert sync.code == 0, sync.out + sync.err
        rings = [each["label"] for each in simulator.control.state()["rings"]]
        assert sorted(rings) == ["ann", "bob"]


@pytest.mark.parametrize(
    ("service", "said"),
    [("plivo", "choose one of twilio, signalwire, telnyx"), ("signalwire", "space")],
)
def test_a_service_that_is_none_or_has_no_address_is_named(
    world: World, service: str, said: str
) -> None:
    world.write(ROSTER)
    done = world.run("plan", RECONCILER_SERVICE=service, RECONCILER_TWILIO_URL="")
    assert (done.code, said in done.err) == (78, True), done.err
