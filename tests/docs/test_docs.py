"""The documentation says what the code does."""

import json
import os
import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from reconciler.cli.exit import _CODES
from reconciler.cli.main import cli
from reconciler.files import load
from reconciler.files.field_reference import reference
from reconciler.settings import read_settings
from reconciler.simulator import switch_reference as simulator
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.fault import Fault, FaultKind, read_fault
from reconciler.simulator.exchange.people import Subscriber
from reconciler.simulator.http.control import control_routes
from reconciler.simulator.script import read_script
from reconciler.twilio.api import error_codes

ROOT = Path(__file__).resolve().parents[2]


def test_the_roster_reference_is_that_of_the_table() -> None:
    text = (ROOT / "docs/rosters.md").read_text("utf-8")

    assert text.endswith(reference()), (
        "docs/rosters.md is stale: 'python -m reconciler.files.field_reference' prints it"
    )


def test_the_error_codes_are_those_of_the_table() -> None:
    text = (ROOT / "docs/twilio-errors.md").read_text("utf-8")

    assert text.endswith(error_codes.reference()), (
        "docs/twilio-errors.md is stale: 'python -m reconciler.twilio.api.error_codes' prints it"
    )


def test_the_switches_are_those_of_the_simulator() -> None:
    text = (ROOT / "docs/simulator.md").read_text("utf-8")

    assert text.endswith(simulator.reference()), (
        "docs/simulator.md is stale: 'python -m reconciler.simulator.switch_reference' prints it"
    )


def test_everything_of_a_people_file_and_the_control_api_is_documented() -> None:
    text = (ROOT / "docs/simulator.md").read_text("utf-8")
    named = set(re.findall(r"`([^`]*?)[`?{ ]", text.replace("`, `", "` `")))
    keys = {each.name for each in [*fields(Subscriber), *fields(Fault)]} - {"until"}
    routes = control_routes(Exchange(float))

    assert keys | set(FaultKind) <= named | {"kind"}
    for route in routes:
        assert f"/simulator{route.path}" in text


def test_every_example_for_the_simulator_is_read() -> None:
    text = (ROOT / "docs/simulator.md").read_text("utf-8")
    files = re.findall(r"```yml\n(.*?)```", text, re.DOTALL)
    faults = re.findall(r"(\{\"kind\": \"[^|`']*\})[`']", text)

    assert all(read_script(yaml.safe_load(each)).people.described for each in files)
    assert len(faults) > 10
    for each in faults:
        read_fault(json.loads(each))


PAGES = ["README.md", "docs/rosters.md", "docs/groups.md", "docs/schedules.md"]


@pytest.mark.parametrize("page", PAGES)
def test_every_roster_in_the_documentation_is_valid(page: str, tmp_path: Path) -> None:
    blocks = re.findall(
        r"```yaml\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL
    )
    assert blocks

    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.yaml"
        path.write_text(block, "utf-8")
        assert load([path], os.environ).rosters


def test_every_command_named_in_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text("utf-8")

    named = set(re.findall(r"reconciler ([a-z]+)", text)) - {"keeps"}

    assert named
    assert named <= set(cli.list_commands(None))  # type: ignore[arg-type]


def test_every_exit_code_of_an_error_is_documented() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    documented = {int(code) for code in re.findall(r"\| (\d+) \|", text)}

    assert {code for _, code in _CODES} <= documented


def test_every_setting_in_the_readme_is_read() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    named = set(re.findall(r"`((?:TWILIO|RECONCILER)_[A-Z_]+)`", text))
    asked: set[str] = set()

    class Asking(dict[str, str]):
        def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
            asked.add(name)
            return default

    read_settings(Asking(), lambda path: path)

    assert named <= asked
