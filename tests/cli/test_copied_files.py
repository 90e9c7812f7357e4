"""Files that a user copies: a mistake in one ends with a sentence that names it."""

import json
import shlex
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.cli.conftest import LINE, World
from tests.systemd_unit import systemd_unit

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def unit(name: str, world: World) -> tuple[list[str], dict[str, str]]:
    """The arguments and variables of a systemd unit, with paths below the world."""
    lines = (DEPLOY / name).read_text("utf-8").splitlines()
    pairs = [
        x.removeprefix("Environment=") for x in lines if x.startswith("Environment=")
    ]
    variables = dict(each.split("=", 1) for each in pairs)
    here = str(world.folder)
    placed = {
        key: value.replace("/etc/reconciler", here)
        .replace("/var/lib/reconciler", here)
        .replace("%d", here)
        for key, value in variables.items()
    }
    return shlex.split(systemd_unit(name)["Service"]["ExecStart"])[1:], placed


UNIT_MISTAKES = [
    ("RECONCILER_DESIRED", "/nowhere", "/nowhere"),
    ("RECONCILER_DATABASE_URL", "sqlite://relative.db", "database URL"),
    ("RECONCILER_DATABASE_URL", "mysql://x/y", "database URL"),
    (
        "TWILIO_AUTH_TOKEN_FILE",
        "/nowhere/token",
        "TWILIO_AUTH_TOKEN_FILE: /nowhere/token",
    ),
    ("RECONCILER_RESYNC", "soon", "RECONCILER_RESYNC"),
    ("RECONCILER_RESYNK", "30s", "Did you mean RECONCILER_RESYNC?"),
    ("RECONCILER_LISTEN", "8080", "--listen"),
    ("RECONCILER_ADMIN_LISTEN", "nohost:port", "--admin-listen"),
    ("RECONCILER_PUBLIC_URL", "rooms.example.com", "--public-url"),
    ("RECONCILER_CALLS_PER_SECOND", "fast", "RECONCILER_CALLS_PER_SECOND"),
    ("TWILIO_ACCOUNT_SID", "", "TWILIO_ACCOUNT_SID"),
]


@pytest.mark.parametrize(("name", "value", "said"), UNIT_MISTAKES)
def test_a_wrong_line_of_the_unit_or_its_environment_is_named(
    world: World, name: str, value: str, said: str
) -> None:
    world.write(LINE)
    words, variables = unit("reconciler.service", world)
    of_file = name == "TWILIO_AUTH_TOKEN_FILE"
    other = "TWILIO_AUTH_TOKEN" if of_file else "TWILIO_AUTH_TOKEN_FILE"

    done = world.run(*words, **{**variables, other: "", name: value})

    assert done.code in {64, 78}, done.err
    assert said in done.err


DAEMON_MISTAKES = [
    ("RECONCILER_RESYNC", "soon", "'--resync'"),
    ("RECONCILER_RESYNC", "0", "more than 0"),
    ("RECONCILER_LISTEN", "8080", "--listen '8080'"),
    ("RECONCILER_ADMIN_LISTEN", "nohost:port", "--admin-listen 'nohost:port'"),
    ("RECONCILER_PAGE_LISTEN", "0.0.0.0:8090", "RECONCILER_PAGE_TOKENS_FILE"),
    ("RECONCILER_PAGE_TOKENS_FILE", "tokens", "tokens"),
    ("RECONCILER_PAGE_TOKENS", "ann boss 0123456789abcdef", "ROLE is viewer"),
    ("RECONCILER_SCALE", "perhaps", "perhaps"),
]


@pytest.mark.parametrize(("name", "value", "said"), DAEMON_MISTAKES)
def test_the_doctor_names_what_the_daemon_would_refuse(
    world: World, name: str, value: str, said: str
) -> None:
    world.write(LINE)
    (world.folder / "daemon.env").write_text(f"{name}={value}\n")

    wrong = world.run("doctor", "--env-file", "daemon.env")

    assert wrong.code in {64, 78}, wrong.out
    [line] = [x for x in wrong.out.splitlines() if x.startswith("fail")]
    assert line.startswith("fail daemon: ")
    assert said in line


def test_the_doctor_takes_what_the_daemon_would_take(world: World) -> None:
    world.write(LINE)

    done = world.run("doctor", RECONCILER_RESYNC="1m", RECONCILER_LISTEN="[::1]:8080")

    assert "ok   daemon: resync every 60 s" in done.out
    assert done.code == 0, done.out


def test_the_doctor_names_every_mistake_of_an_accounts_file(world: World) -> None:
    world.write(LINE)
    (world.folder / "accounts.yaml").write_text(
        "version: 1\naccounts:\n  uk: {auth_tokenfile: /x}\n"
    )

    done = world.run("--accounts", "accounts.yaml", "doctor")

    [line] = [x for x in done.out.splitlines() if x.startswith("fail accounts")]
    assert "'auth_tokenfile'" in line
    assert done.code == 78
    assert "\\x0a" not in done.out


@pytest.mark.parametrize("name", ["reconciler.service", "reconciler-sync.service"])
def test_a_wrong_option_of_a_unit_is_named(world: World, name: str) -> None:
    words, variables = unit(name, world)

    done = world.run(*words, "--resnyc", "5s", **variables)

    assert done.code == 64
    assert "--resnyc" in done.err


def action_step(name: str) -> str:
    """The command of a step of the GitHub Action, for a folder of rosters."""
    action = yaml.safe_load((DEPLOY / "ci/github/action.yml").read_text("utf-8"))
    [step] = [each for each in action["runs"]["steps"] if each["name"] == name]
    [line] = [x for x in step["run"].splitlines() if x.startswith("reconciler ")]
    return str(line).partition(" > ")[0]


def words_of(line: str, rosters: str) -> list[str]:
    return shlex.split(line.replace('"${rosters[@]}"', rosters))[1:]


def test_a_wrong_path_of_the_action_is_named(world: World) -> None:
    done = world.run(*words_of(action_step("Validate"), "desierd"))

    assert done.code == 78
    assert "desierd" in done.out + done.err


def test_a_plan_of_the_action_without_credentials_names_what_is_missing(
    world: World,
) -> None:
    world.write(LINE)
    words = words_of(action_step("Plan"), "desired")

    without_account = world.run(*words, TWILIO_ACCOUNT_SID="")
    without_token = world.run(*words, TWILIO_AUTH_TOKEN="")

    assert without_account.code == without_token.code == 78
    assert "TWILIO_ACCOUNT_SID is not set" in without_account.err
    assert "set TWILIO_AUTH_TOKEN" in without_token.err


def hooks() -> list[list[str]]:
    found = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    return [shlex.split(each["entry"])[1:] for each in found]


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook[0])
def test_a_wrong_argument_of_a_hook_is_named(world: World, hook: list[str]) -> None:
    option = world.run(*hook, "--outptu", "json")
    path = world.run(*hook, "desierd")

    assert option.code == 64
    assert "--outptu" in option.err
    assert path.code == 78
    assert "desierd" in path.err


def values() -> dict[str, Any]:
    """The chart's values with those of the example of SQLite."""
    chart = DEPLOY / "chart"
    merged: dict[str, Any] = yaml.safe_load((chart / "values.yaml").read_text("utf-8"))
    example = yaml.safe_load((chart / "examples/sqlite.yaml").read_text("utf-8"))
    whole: dict[str, Any] = _merged(merged, example)
    return whole


def _merged(below: Any, above: Any) -> Any:
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    both = {key: _merged(below[key], above[key]) for key in below.keys() & above.keys()}
    return {**below, **above, **both}


@cache
def validator() -> jsonschema.Draft7Validator:
    schema = json.loads((DEPLOY / "chart/values.schema.json").read_text("utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


VALUE_MISTAKES: list[tuple[str, Any, str]] = [
    ("daemon.resynk", "30s", "resynk"),
    ("rosters.rooms.support-line.participants.agent.to", 15550100101, "15550100101"),
    ("rosters.rooms.support-line.from", 1.5550100001e10, "15550100001"),
    ("rosters.rooms.support-line", None, "None"),
    ("replicas", "2", "'2'"),
    ("account.sid", "AC1", "AC1"),
    ("daemon.env.RECONCILER_LEASE", 8, "8"),
    ("daemon.publicUrl", "http://rooms.example.com", "http://rooms.example.com"),
]


@pytest.mark.parametrize(("path", "value", "said"), VALUE_MISTAKES)
def test_a_wrong_value_of_the_chart_is_named(path: str, value: Any, said: str) -> None:
    wrong = deepcopy(values())
    *parents, last = path.split(".")
    place = wrong
    for each in parents:
        place = place[each]
    place[last] = value

    validator().validate(values())
    with pytest.raises(jsonschema.ValidationError) as refused:
        validator().validate(wrong)
    assert said in str(refused.value.message) or last in refused.value.absolute_path


COPIED = {
    "policy.yaml": ("RECONCILER_POLICY", "version: 1\naddreses: []\n", "addreses"),
    "notify.yaml": ("RECONCILER_NOTIFY_FILE", "version: 1\ntargest: []\n", "targest"),
}


@pytest.mark.parametrize("name", COPIED)
def test_a_wrong_key_of_a_settings_file_is_named_with_its_place(
    world: World, name: str
) -> None:
    variable, text, said = COPIED[name]
    world.write(LINE)
    (world.folder / name).write_text(text)

    done = world.run("doctor", **{variable: name})

    assert done.code == 78, done.out
    assert said in done.out + done.err
    assert name in done.out + done.err
