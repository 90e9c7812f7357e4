"""Commands that talk to a simulator that runs."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from reconciler.cli.root_command import cli
from reconciler.simulator.background import BackgroundSimulator, background_simulator
from reconciler.simulator.exchange.audit_log import LoggedEvent
from reconciler.simulator.live_log import LiveLog
from tests.simulator.desk import open_desk

ANN, ROOM = "+15550100101", "support-line"
AT_ONCE = {"calls_per_second": 50, "people": {ANN: {"answers_after": 0}}}
Run = Callable[..., Result]


@pytest.fixture
def simulator() -> Iterator[BackgroundSimulator]:
    with background_simulator(AT_ONCE, seed="commands") as made:
        yield made


@pytest.fixture
def run(simulator: BackgroundSimulator) -> Run:
    def run(*words: str) -> Result:
        given = ["simulate", *words]
        return CliRunner().invoke(
            cli, given, env={"RECONCILER_TWILIO_URL": simulator.url}
        )

    return run


def _call(simulator: BackgroundSimulator) -> int:
    """The status of a create for Ann."""
    account = simulator.account_sid
    answer = httpx.post(
        f"{simulator.url}/2010-04-01/Accounts/{account}/Conferences/{ROOM}/Participants.json",
        data={"From": "+15550100001", "To": ANN, "Label": "ann"},
        auth=(account, simulator.auth_token),
        trust_env=False,
    )
    return answer.status_code


def _in(simulator: BackgroundSimulator) -> list[Mapping[str, Any]]:
    (conference,) = simulator.control.state()["conferences"]
    return [dict(each) for each in conference["participants"]]


def _leg(simulator: BackgroundSimulator, label: str) -> Mapping[str, Any]:
    return next(each for each in _in(simulator) if each["label"] == label)


def test_people_dial_in_are_changed_and_hang_up(
    simulator: BackgroundSimulator, run: Run
) -> None:
    assert run("dial-in", ANN, "--room", ROOM, "--label", "ann").exit_code == 0
    assert run("dial-in", "client:bob", "--room", ROOM, "--muted").exit_code == 0
    assert run("mute", "ann").exit_code == 0
    assert run("hold", ANN).exit_code == 0
    assert (_leg(simulator, "ann")["muted"], _leg(simulator, "ann")["hold"]) == (
        True,
        True,
    )
    assert run("unmute", "ann").exit_code == 0
    assert run("unhold", "ann").exit_code == 0
    assert not _leg(simulator, "ann")["muted"]
    assert run("change", "ann", "end_conference_on_exit=true").exit_code == 0
    assert _leg(simulator, "ann")["end_conference_on_exit"]
    call = json.loads(run("hang-up", "client:bob").output)["call_sid"]
    statuses = {x["sid"]: x["status"] for x in simulator.control.state()["calls"]}
    assert statuses[call] == "completed"
    assert run("end", ROOM).exit_code == 0
    assert simulator.control.state()["conferences"][0]["status"] == "completed"


def test_a_fault_strikes_until_it_is_cleared(
    simulator: BackgroundSimulator, run: Run
) -> None:
    assert run("fault", "503", "method=POST", "times=true").exit_code == 0
    assert _call(simulator) == 503
    assert run("fault", "--clear").exit_code == 0
    assert _call(simulator) == 201


def test_phones_and_switches_are_set_by_name(
    simulator: BackgroundSimulator, run: Run
) -> None:
    assert run("person", "client:eve", "busy=true", "answers_after=5s").exit_code == 0
    assert simulator.control.state()["people"]["client:eve"]["answers_after"] == 5
    assert run("switch", "list_lag=3s", "status_null=true").exit_code == 0
    found = json.loads(run("switch").output)
    assert (found["list_lag"]["value"], found["status_null"]["value"]) == (3, True)


def test_what_happened_is_printed_and_forgotten(run: Run) -> None:
    run("dial-in", ANN, "--room", ROOM)
    lines = run("events").output.splitlines()
    assert "participant-join" in [json.loads(each)["name"] for each in lines]
    assert len(run("events", "--after", "1").output.splitlines()) == len(lines) - 1
    assert json.loads(run("audible").output).keys() == {"now", "audible", "heard_by"}
    assert run("reset").exit_code == 0
    assert run("events").output == ""
    assert json.loads(run("state").output)["conferences"]


def test_the_line_of_exports_leads_to_the_simulator(
    simulator: BackgroundSimulator, run: Run
) -> None:
    command, *pairs = shlex.split(run("env").output)
    assert command == "export"
    assert dict(each.split("=", 1) for each in pairs) == dict(simulator.environment)


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("hang-up", "nobody"), "nobody", 1),
        (("fault", "teapot"), "teapot", 2),
        (("switch", "lag"), "NAME=VALUE", 2),
        (("fault",), "--clear", 2),
        (("dial-in", ANN), "--room", 2),
        (("dial-in", ANN, "--room", ROOM, "--to", ANN), "--room", 2),
        (("person", ANN, "busy_=true"), "busy_", 2),
    ],
)
def test_a_mistake_is_named(
    run: Run, words: tuple[str, ...], said: str, code: int
) -> None:
    done = run(*words)
    assert (done.exit_code, said in done.output) == (code, True), done.output


def test_without_a_simulator_the_command_says_how_to_start_one() -> None:
    with background_simulator() as gone:
        url = gone.url
    done = CliRunner().invoke(cli, ["simulate", "state", "--twilio-url", url])
    assert done.exit_code == 69
    assert f"no simulator answers at {url}" in done.output
    assert "reconciler simulate" in done.output


def test_a_service_that_is_no_simulator_is_told_apart(
    simulator: BackgroundSimulator,
) -> None:
    other = f"{simulator.url}/2010-04-01"
    done = CliRunner().invoke(cli, ["simulate", "state", "--twilio-url", other])
    assert done.exit_code == 69


def test_a_people_file_that_is_wrong_starts_nothing() -> None:
    with pytest.raises(ValueError, match="peeple"), background_simulator({"peeple": 1}):
        pass


def test_the_live_log_has_each_change_and_event_once() -> None:
    desk = open_desk()
    log = LiveLog(desk.exchange)
    desk.seat("ann", "bob")
    desk.kick("ann")
    text = "\n".join(log.new_lines())
    assert "participant-join" in text
    assert "support-line" in text
    assert "answered" in text
    assert log.new_lines() == []
    desk.exchange.history.clear()
    desk.exchange.history.events.append(
        LoggedEvent(desk.clock(), "call", "ringing", {"CallSid": "CA1"}, None, "POST")
    )
    assert [each.split("  ", 1)[1] for each in log.new_lines()] == [
        "call       ringing  CA1"
    ]
