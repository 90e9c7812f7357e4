"""Every secret may come from a file, for every command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.model.errors import SettingError
from reconciler.settings import read_settings
from tests.cli.conftest import World


def test_the_database_url_may_be_in_a_file_for_db_and_alembic(world: World) -> None:
    (world.folder / "url").write_text(f"sqlite:///{world.folder / 'real.db'}\n")
    world.environ |= {"RECONCILER_DATABASE_URL_FILE": "url"}

    upgraded = world.run("db", "upgrade")

    assert upgraded.code == 0, upgraded.err
    assert (world.folder / "real.db").exists()
    assert not (world.folder / "reconciler.db").exists()
    assert "real.db" in world.run("db", "current").out
    assert world.run("events").code == 0


@pytest.mark.process
def test_alembic_itself_reads_the_same_settings(world: World) -> None:
    (world.folder / "url").write_text(f"sqlite:///{world.folder / 'real.db'}\n")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "alembic",
            "-c",
            str(root / "alembic.ini"),
            "upgrade",
            "head",
        ],
        cwd=root,
        env={
            "PATH": os.environ["PATH"],
            "RECONCILER_DATABASE_URL_FILE": str(world.folder / "url"),
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (world.folder / "real.db").exists()


@pytest.mark.parametrize("secrets", ["x", "a" * 16 + ",short", "a" * 15])
def test_a_webhook_secret_that_could_be_guessed_is_refused_by_name(
    secrets: str,
) -> None:
    environ = {"RECONCILER_WEBHOOK_SECRETS": secrets}
    with pytest.raises(SettingError, match=r"WEBHOOK_SECRETS.*16 characters") as caught:
        read_settings(environ, str)
    assert "short" not in str(caught.value).replace("shorter", "")


def test_webhook_secrets_and_admin_hosts_are_lists() -> None:
    environ = {
        "RECONCILER_WEBHOOK_SECRETS": f"{'a' * 16}, {'b' * 32}",
        "RECONCILER_ADMIN_HOSTS": "metrics.corp.example reconciler.svc",
    }
    of = read_settings(environ, str)
    assert of.webhook_secrets == ("a" * 16, "b" * 32)
    assert of.admin_hosts == ("metrics.corp.example", "reconciler.svc")


def test_a_secret_file_that_cannot_be_read_is_named_with_the_reason_alone(
    world: World,
) -> None:
    done = world.run("plan", TWILIO_AUTH_TOKEN="", TWILIO_AUTH_TOKEN_FILE="/nope")
    assert done.code == 78
    assert "TWILIO_AUTH_TOKEN_FILE: /nope cannot be read: No such file" in done.err
    assert "Errno" not in done.err


@pytest.mark.parametrize("text", ["maybe", "1", "true"])
def test_a_switch_is_yes_or_no(text: str) -> None:
    with pytest.raises(SettingError, match=r"RECONCILER_PLAIN_HTTP.*yes or no"):
        read_settings({"RECONCILER_PLAIN_HTTP": text}, str)
    assert read_settings({"RECONCILER_PLAIN_HTTP": "Yes"}, str).plain_http


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("RECONCILER_RESYNK", "Did you mean RECONCILER_RESYNC?"),
        ("RECONCILER_DATABASEURL", "Did you mean RECONCILER_DATABASE_URL?"),
        ("RECONCILER_CALL_PER_SECOND", "Did you mean RECONCILER_CALLS_PER_SECOND?"),
        ("RECONCILER_PAGE_TOKEN", "Did you mean RECONCILER_PAGE_TOKENS?"),
        ("RECONCILER_LEASE_FILE", "RECONCILER_LEASE is no secret"),
        ("reconciler_database_url", "Did you mean RECONCILER_DATABASE_URL?"),
        ("Reconciler_Lease", "Did you mean RECONCILER_LEASE?"),
    ],
)
def test_a_slip_of_a_settings_name_is_refused_and_names_the_setting(
    world: World, name: str, said: str
) -> None:
    done = world.run("events", **{name: "8s"})

    assert done.code == 78
    assert f"{name}" in done.err
    assert said in done.err


@pytest.mark.parametrize(
    "name",
    [
        "RECONCILER_SERVICE_HOST",
        "RECONCILER_PORT",
        "RECONCILER_PORT_8080_TCP_ADDR",
        "RECONCILER_ROSTERS",
        "RECONCILER_IMAGE",
        "TWILIO_PHONE_NUMBER",
    ],
)
def test_variables_of_others_are_left_alone(world: World, name: str) -> None:
    assert world.run("db", "current", **{name: "tcp://10.0.0.7:8080"}).code == 0
