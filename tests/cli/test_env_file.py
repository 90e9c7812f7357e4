"""``--env-file FILE``: read when it is named, and checked line by line."""

import os
from pathlib import Path

import pytest
from click import Option

from reconciler.bootstrap.env_file import read_env_file
from reconciler.cli.commands.daemon import daemon
from reconciler.model.errors import SettingError
from reconciler.settings import DAEMON_NAMES
from tests.cli.conftest import LINE, World


def write(folder: Path, text: str, name: str = "prod.env") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_named_file_sets_what_the_environment_does_not(world: World) -> None:
    world.write(LINE, "elsewhere.yaml")
    (world.folder / "desired").rename(world.folder / "rooms")
    write(world.folder, "# rosters\nexport RECONCILER_DESIRED='rooms'\n")

    without = world.run("validate")
    given = world.run("validate", "--env-file", "prod.env")
    before = world.run("--env-file", "prod.env", "validate")
    wins = world.run("validate", "--env-file", "prod.env", RECONCILER_DESIRED="other")

    assert without.code == wins.code == 78
    assert given.code == before.code == 0


def test_every_variable_of_the_daemon_is_known() -> None:
    variables = {str(each.envvar) for each in daemon.params if isinstance(each, Option)}

    assert variables - {"None"} == DAEMON_NAMES


def test_a_file_that_is_not_named_is_not_read(world: World) -> None:
    write(world.folder, "RECONCILER_DESIRED=rooms\n", ".env")
    world.write(LINE)

    assert world.run("validate").code == 0


def test_an_option_of_the_daemon_may_be_in_the_file_and_is_read_before_it(
    world: World,
) -> None:
    world.write(LINE)
    write(world.folder, "RECONCILER_RESYNC=never\n")

    done = world.run("daemon", "--env-file", "prod.env")

    assert done.code == 64
    assert "RECONCILER_RESYNC" in done.err or "--resync" in done.err
    assert "'never' is not a duration" in done.err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("TWILIO_ACOUNT_SID=AC1\n", "Did you mean TWILIO_ACCOUNT_SID?"),
        ("RECONCILER_PUBLIC_URLS=x\n", "not a setting"),
        ("A B=1\n", "not a variable"),
        ("just words\n", "not a variable"),
        ("X='half\n", "no closing '"),
        ('X="a" b\n', 'no closing "'),
        ("X=1\nX=2\n", "set in line 1 already"),
        ("reconciler_database_url=x\n", "Did you mean RECONCILER_DATABASE_URL?"),
        ("Twilio_Auth_Token=x\n", "Did you mean TWILIO_AUTH_TOKEN?"),
        ("twilio_auth_token_file=x\n", "Did you mean TWILIO_AUTH_TOKEN_FILE?"),
        ("reconciler_resynk=x\n", "Did you mean RECONCILER_RESYNC?"),
        ("TWILO_ACCOUNT_SID=x\n", "Did you mean TWILIO_ACCOUNT_SID?"),
        ("RECONCILR_RESYNC=5s\n", "Did you mean RECONCILER_RESYNC?"),
        ("RECONCILERRESYNC=5s\n", "Did you mean RECONCILER_RESYNC?"),
        ("RECONCILER_RESYNC_FILE=x\n", "RECONCILER_RESYNC is no secret"),
        ("RECONCILER_OUTPUT=json\n", "such as --output, have no variable"),
        ("RECONCILER_COLOR=never\n", "docs/configuration.md lists all"),
        ("X=half # comment\n", "X has a # where"),
        ("X=half  #\n", "X has a # where"),
        ("X=#half\n", "X has a # where"),
        ("X= #half\n", "X has a # where"),
        ("X='half' # comment\n", "X has a # where"),
    ],
)
def test_a_wrong_line_is_named_without_its_value(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = write(tmp_path, text)
    line = text.count("\n")

    with pytest.raises(SettingError) as error:
        read_env_file(path)

    assert f"{path}:{line}: " in str(error.value)
    assert reason in str(error.value)
    assert "half" not in str(error.value)


@pytest.mark.parametrize(
    "arguments",
    [("validate",), ("fmt", "--check"), ("policy", "check", "policy.yaml"), ("plan",)],
)
@pytest.mark.parametrize("name", ["RECONCILER_DESIRD", "RECONCILR_DESIRED"])
def test_a_slip_in_the_environment_is_refused_by_every_command_that_reads_a_setting(
    world: World, arguments: tuple[str, ...], name: str
) -> None:
    world.write(LINE)

    done = world.run(*arguments, **{name: "rooms"})

    assert done.code == 78
    assert f"{name} is not a setting of reconciler." in done.err
    assert "Did you mean RECONCILER_DESIRED?" in done.err


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("X=a b  ", "a b"),
        ("X='a # b'", "a # b"),
        ('X="#a"', "#a"),
        ("export X=a", "a"),
        ('X = "${Y}"', "${Y}"),
        ("X=", ""),
        ("X=a#b", "a#b"),
    ],
)
def test_a_value_is_taken_as_it_is(tmp_path: Path, line: str, value: str) -> None:
    path = write(tmp_path, f"\n{line}\n")

    assert read_env_file(path) == {"X": value}


def test_a_file_that_cannot_be_read_is_named(world: World) -> None:
    done = world.run("validate", "--env-file", "lost.env")

    assert done.code == 78
    assert "lost.env cannot be read: No such file" in done.err


def test_a_secret_given_as_a_file_wins_over_one_of_the_env_file(world: World) -> None:
    token = write(world.folder, "b2" * 16, "token")
    write(world.folder, "TWILIO_AUTH_TOKEN=wrong\n")
    world.write(LINE)

    done = world.run(
        "plan",
        "--env-file",
        "prod.env",
        TWILIO_AUTH_TOKEN="",
        TWILIO_AUTH_TOKEN_FILE=os.fspath(token),
    )

    assert done.code == 0, done.err
