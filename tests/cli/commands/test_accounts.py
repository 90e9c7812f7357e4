"""Commands over several accounts: a local Twilio for each."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.simulator.exchange.behavior import Switches
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.local_account import LocalAccount
from reconciler.simulator.exchange.people import People, Subscriber
from tests.cli.conftest import World, served

EUROPE, TOKEN = "AC" + "e1" * 16, "f2" * 16


def room(name: str, account: str, to: str) -> str:
    return (
        f'version: 1\nconference: {name}\naccount: {account}\nfrom: "+15550100001"\n'
        f'participants:\n  ann: {{to: "{to}"}}\n'
    )


@dataclass
class Accounts:
    world: World
    europe: World
    token: Path


def europe_of(world: World, url: str, exchange: Exchange) -> World:
    """The folder and the processes of *world*, and another account."""
    return World(world.folder, url, exchange, {}, None, world.forks)


@pytest.fixture
def accounts(world: World) -> Iterator[Accounts]:
    exchange = Exchange(
        time.time,
        People(others=Subscriber(answers_after=0.05)),
        Switches(connecting_seconds=0.0),
        account=LocalAccount(EUROPE, TOKEN),
        calls_per_second=100,
        seed="europe",
    )
    with served(exchange) as url:
        token = world.folder / "token"
        token.write_text(TOKEN)
        token.chmod(0o600)
        (world.folder / "accounts.yaml").write_text(
            f"version: 1\naccounts:\n  europe: {{account_sid: {EUROPE}, "
            f"auth_token_file: token, url: '{url}'}}\n"
        )
        world.environ["RECONCILER_ACCOUNTS"] = "accounts.yaml"
        world.write(room("line", "default", "+15551230001"), "line.yaml")
        world.write(room("dublin", "europe", "+15551230002"), "dublin.yaml")
        yield Accounts(world, europe_of(world, url, exchange), token)


def test_each_room_is_planned_synced_and_shown_by_its_account(
    accounts: Accounts,
) -> None:
    world, europe = accounts.world, accounts.europe
    assert world.run("plan").out.count("ring +1555") == 2
    done = world.run("sync", "--timeout", "20")
    assert done.code == 0, done.err
    assert set(world.people()) == set(europe.people("dublin")) == {"ann"}
    assert len(world.rings()) == len(europe.rings()) == 1
    shown = world.run("status", "--live", "--output", "json").data["rooms"]
    assert [x["state"] for x in shown] == ["converged", "converged"]
    assert [x["account"] for x in shown] == ["europe", "default"]
    assert world.run("plan", "--exit-code").code == 0


def test_status_and_explain_name_the_account_of_a_room(accounts: Accounts) -> None:
    world = accounts.world
    assert world.run("sync", "--timeout", "20").code == 0
    dublin, line = world.run("status").out.split("\nline ")
    assert ", account europe): converged" in dublin.splitlines()[0]
    assert "account" not in line
    told = world.run("explain", "dublin", "ann")
    assert told.out.startswith("ann in dublin of account europe: ")
    data = world.run("explain", "dublin", "ann", "--output", "json").data
    assert data["account"] == "europe"


def test_an_option_narrows_commands_to_one_account(accounts: Accounts) -> None:
    world, europe = accounts.world, accounts.europe
    assert world.run("sync", "--timeout", "20").code == 0
    shown = world.run("status", "--live", "--account", "europe", "--output", "json")
    assert [x["conference"] for x in shown.data["rooms"]] == ["dublin"]
    world.write(room("dublin", "europe", "+15551230005"), "dublin.yaml")
    world.write(room("line", "default", "+15551230006"), "line.yaml")
    planned = world.run("plan", "--account", "europe", "--output", "json").data
    assert [x["conference"] for x in planned["rooms"]] == ["dublin"]
    assert len(europe.rings()) == 1
    wrong = world.run("pause", "line", "--account", "europe")
    assert "'line' is a room of account default, not of europe" in wrong.err
    unknown = world.run("status", "--account", "europ")
    assert unknown.code == 78
    assert "did you mean 'europe'" in unknown.err


def test_an_account_without_its_secret_holds_back_its_rooms_only(
    accounts: Accounts,
) -> None:
    world, europe = accounts.world, accounts.europe
    accounts.token.chmod(0o644)
    assert world.run("sync", "--timeout", "3").code != 0
    assert world.people().keys() == {"ann"}
    assert europe.rings() == []
    shown = world.run("status", "--live", "--output", "json").data["rooms"]
    assert [x["state"] for x in shown] == ["unknown", "converged"]
    assert "can be read by every user" in shown[0]["reason"]
    doctor = world.run("doctor")
    assert "credentials (europe)" in doctor.out
    assert "chmod o-r" in doctor.out


def test_a_plan_says_for_whom_a_room_waits_whose_account_changes(
    accounts: Accounts,
) -> None:
    world, europe = accounts.world, accounts.europe
    assert world.run("sync", "--timeout", "20").code == 0
    world.write(room("dublin", "default", "+15551230002"), "dublin.yaml")
    planned = world.run("plan", "--exit-code")
    assert planned.code == 4
    assert "1 person is in calls of account europe" in planned.out
    world.run("sync", "--timeout", "3")
    assert europe.people("dublin").keys() == {"ann"}
    assert len(world.rings()) == 1
    status = world.run("status", "--recorded")
    assert "1 person is in calls of account europe" in status.out


def test_what_a_name_stands_for_is_changed_by_a_person_alone(
    accounts: Accounts,
) -> None:
    world = accounts.world
    assert world.run("sync", "--timeout", "20").code == 0
    file = world.folder / "accounts.yaml"
    file.write_text(file.read_text().replace(EUROPE, "AC" + "e9" * 16))
    shown = world.run("status", "--live", "--output", "json").data["rooms"]
    assert "reconciler db rebind --account europe" in shown[0]["reason"]
    rebound = world.run("db", "rebind", "--account", "europe", "--yes")
    assert "1 call is now considered ended" in rebound.out
    (line,) = (x for x in world.run("status").out.splitlines() if "line CF" in x)
    assert "converged" in line


def test_a_plan_of_one_account_is_saved_and_applied_by_that_account(
    accounts: Accounts,
) -> None:
    world, europe = accounts.world, accounts.europe
    assert world.run("plan", "--out", "plan.json").code == 64
    saved = world.run("plan", "--account", "europe", "--out", "plan.json")
    assert saved.code == 0, saved.err
    applied = world.run("apply", "plan.json", "--timeout", "20")
    assert applied.code == 0, applied.err
    assert europe.people("dublin").keys() == {"ann"}
    assert world.rings() == []
