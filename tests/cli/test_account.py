"""A database belongs to one account: another one's is refused, with the way out."""

from dataclasses import replace

import pytest

from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.local_account import LocalAccount
from tests.cli.commands.test_redial import PAIR
from tests.cli.conftest import SID, TOKEN, World, served

OTHER = "AC" + "d4" * 16


def test_the_database_of_another_account_is_refused_by_name(world: World) -> None:
    world.write(PAIR)
    assert world.run("sync").code == 0
    world.forget()
    for words in (
        ("sync",),
        ("plan",),
        ("status",),
        ("daemon",),
        ("pause", "line"),
        ("redial", "line", "ann"),
        ("resolve", "line", "--all", "--rung"),
        ("release", "line"),
        ("approve", "line", "--yes"),
        ("explain", "line", "ann"),
    ):
        done = world.run(*words, TWILIO_ACCOUNT_SID=OTHER)
        assert done.code == 78, (words, done.err)
        for named in ("reconciler.db", SID, OTHER, "reconciler db rebind --yes"):
            assert named in done.err
    assert world.writes() == []
    doctor = world.run("doctor", TWILIO_ACCOUNT_SID=OTHER)
    assert "database account" in doctor.out
    assert world.run("doctor").code == 0


def test_a_local_twilio_that_was_started_again_is_used_after_rebinding(
    world: World, exchange: Exchange
) -> None:
    world.write(PAIR)
    assert world.run("sync").code == 0
    again = Exchange(
        exchange.clock,
        account=LocalAccount(OTHER, TOKEN),
        calls_per_second=100,
        seed="b",
    )
    with served(again) as url:
        anew = replace(
            world, url=url, exchange=again, environ={"TWILIO_ACCOUNT_SID": OTHER}
        )
        refused = anew.run("sync")
        assert refused.code == 78
        command = refused.err.rsplit("reconciler ", 1)[1].split()
        bound = anew.run(*command)
        assert bound.code == 0, bound.err
        assert "2 calls are now considered ended" in bound.out
        repeated = anew.run(*command)
        assert f"already belongs to account {OTHER}; nothing changed." in repeated.out
        assert anew.run("sync").code == 0
        assert sorted(anew.people()) == ["ann", "bob"]
        assert sorted(anew.rings()) == ["ann", "bob"]
        assert anew.run("sync").code == 0
        assert sorted(anew.rings()) == ["ann", "bob"]


def test_binding_to_the_same_account_again_changes_nothing(world: World) -> None:
    world.write(PAIR)
    assert world.run("sync").code == 0
    world.forget()
    assert world.run("db", "rebind", "--yes").code == 0
    assert world.run("sync").code == 0
    assert world.writes() == []


def test_rebinding_without_a_terminal_needs_yes(world: World) -> None:
    world.write(PAIR)
    assert world.run("sync").code == 0
    done = world.run("db", "rebind", TWILIO_ACCOUNT_SID=OTHER)
    assert done.code == 64
    assert "--yes" in done.err


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("TWILIO_ACCOUNT_SID", "SK" + "a1" * 16, "TWILIO_API_KEY"),
        ("TWILIO_API_KEY", SID, "TWILIO_ACCOUNT_SID"),
    ],
)
def test_a_sid_of_the_other_kind_is_refused_before_any_request(
    world: World, name: str, value: str, right: str
) -> None:
    world.write(PAIR)
    given = {"TWILIO_API_SECRET": "x", name: value}
    done = world.run("sync", **given)
    assert done.code == 78
    assert name in done.err
    assert right in done.err
    assert not world.state()["reads"]
    assert world.run("doctor", **given).code == 78


def test_a_token_file_with_a_byte_order_mark_is_read(world: World) -> None:
    world.write(PAIR)
    path = world.folder / "token"
    path.write_text(f"\ufeff{TOKEN}\n", "utf-8")
    done = world.run("sync", TWILIO_AUTH_TOKEN="", TWILIO_AUTH_TOKEN_FILE=str(path))
    assert done.code == 0, done.err


def test_refused_credentials_name_the_host_that_was_asked(world: World) -> None:
    world.write(PAIR)
    for words in (("sync",), ("doctor",)):
        done = world.run(*words, TWILIO_AUTH_TOKEN="wrong")
        assert done.code == 77
        assert f"asked: {world.url}" in done.out + done.err
        assert "region" in done.out + done.err
