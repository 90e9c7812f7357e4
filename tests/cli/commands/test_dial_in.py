"""People who dial in: as declared from the first word, by a daemon and real HTTP."""

import re
from typing import Any

import pytest

from tests.cli.conftest import World
from tests.cli.daemon_process import daemon
from tests.plain_http import CLIENT
from tests.ports import free_port
from tests.waiting import until

pytestmark = pytest.mark.process

NUMBER = "+15550100001"
BOB, CAT, STRANGER = "+15551230002", "+15551230003", "+15559990001"

ROSTER = """\
version: 1
conference: line
from: "+15550100001"
unlisted: mute
redial: {attempts: 1}
participants:
  ann: {to: "+15551230001", muted: false}
  bob: {to: "+15551230002", muted: true}
  cat: {to: "+15551230003", muted: true}
"""


def muted(world: World, call_sid: str) -> bool:
    """Whether somebody is in and muted, with a label or, while that is taken, without."""
    inside = {each["call_sid"]: each for each in world.people().values()}
    return bool(inside.get(call_sid, {}).get("muted"))


def audible_seconds(world: World, call_sid: str) -> float:
    heard = CLIENT.get(f"{world.url}/simulator/audible").json()["audible"]
    return float(sum(each["seconds"] for each in heard if each["call_sid"] == call_sid))


def changed(world: World) -> set[str]:
    """The calls that were updated."""
    paths = (each["path"] for each in world.writes())
    return {path.rpartition("/")[2].removesuffix(".json") for path in paths}


def dialed(world: World, caller: str, **where: str) -> Any:
    return world.tell("dial-in", **{"from": caller}, **where)


def admitted(world: World, caller: str) -> str:
    """The call of *caller*, who calls again if no answer came in time, as people do."""
    calls: list[str] = [dialed(world, caller, to=NUMBER)["sid"]]

    def joined() -> bool:
        if world.exchange.state.calls[calls[-1]].latest.ended:
            calls.append(dialed(world, caller, to=NUMBER)["sid"])
        inside = {each["call_sid"] for each in world.people().values()}
        return calls[-1] in inside

    until(joined, every=0.2)
    return calls[-1]


def test_a_caller_declared_muted_is_never_heard_and_one_who_is_muted_after_joining_is(
    world: World, request: pytest.FixtureRequest
) -> None:
    for address in (BOB, CAT):
        world.tell("people", address=address, busy=True)
    world.write(ROSTER)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    world.exchange.set_voice_url(NUMBER, f"{url}/voice/line")
    words = ("--public-url", url, "--listen", f"127.0.0.1:{port}", "--resync", "1h")
    with daemon(world, *words) as process:
        until(lambda: "ann" in world.people())
        until(lambda: _failed(world) == ["bob", "cat"])
        until(lambda: process.probe("readyz") == 200)

        bob = admitted(world, BOB)
        cat = dialed(world, CAT, room="line")["call_sid"]
        until(lambda: muted(world, cat))
        stranger = admitted(world, STRANGER)
        until(lambda: _in_sync(world))

        by_voice_webhook = audible_seconds(world, bob)
        after_joining = audible_seconds(world, cat)
        figures = {"by voice webhook": by_voice_webhook, "after joining": after_joining}
        request.node.user_properties.extend(figures.items())
        assert by_voice_webhook == 0
        assert after_joining > 0
        assert audible_seconds(world, stranger) == 0
        assert muted(world, bob)
        assert muted(world, stranger)
        assert changed(world).isdisjoint({bob, stranger})
        assert world.creates().count("bob") == 1
        told = world.run("events", "line").out
        assert "Dialed in: admitted as bob, muted." in told
        metrics = CLIENT.get(f"http://{process.admin}/metrics").text
        assert admissions(metrics) >= 2
        assert BOB not in process.log.read_text()
        assert process.end() == 0


def admissions(metrics: str) -> float:
    """How many callers were let in; Twilio may not have waited for one of them."""
    found = re.search(r'event="voice",result="admitted"} (\S+)', metrics)
    return float(found[1]) if found else 0.0


def _members(world: World) -> list[Any]:
    (room,) = world.run("status", "line", "--output", "json").data["rooms"]
    return list(room["members"])


def _failed(world: World) -> list[str]:
    """Who was rung, in vain; their labels are free again."""
    return [
        each["label"]
        for each in _members(world)
        if each["phase"] in {"failed", "stalled"}
    ]


def _in_sync(world: World) -> bool:
    return all(each["in_sync"] for each in _members(world))
