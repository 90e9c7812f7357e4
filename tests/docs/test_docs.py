"""The documentation says what the code does."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click import Option
from packaging.version import Version

from reconciler import __version__
from reconciler.cli.commands.daemon import daemon
from reconciler.cli.root_command import cli
from reconciler.files import examine, load
from reconciler.files.declared_room import KEYS as ROOM_KEYS
from reconciler.files.directory import SharedKind
from reconciler.files.groups import KEYS as GROUP_KEYS
from reconciler.files.keys import MODE_KEYS
from reconciler.files.keys import OURS as MEMBER_OURS
from reconciler.files.replacing import KEYS as REPLACE_KEYS
from reconciler.files.schedule_field import SCHEDULE_KEYS
from reconciler.model import exit_code as exits
from reconciler.model.errors import Severity
from reconciler.probe.assumptions import ASSUMPTIONS
from reconciler.settings import read_settings
from reconciler.simulator.exchange.behavior import describe_switches
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.fault import Fault, FaultKind, read_fault
from reconciler.simulator.exchange.people import Subscriber
from reconciler.simulator.http.control import control_routes
from reconciler.simulator.script import read_script
from tests.site import switch_reference as simulator
from tests.site.behavior_reference import behavior_reference
from tests.site.error_code_reference import error_code_table
from tests.site.field_reference import reference
from tests.site.profile_schema import profile_schema
from tests.site.question_reference import question_reference

ROOT = Path(__file__).resolve().parents[2]


def test_the_roster_reference_is_that_of_the_table() -> None:
    text = (ROOT / "docs/rosters.md").read_text("utf-8")

    assert text.endswith(reference()), (
        "docs/rosters.md is stale: 'python -m tests.site.field_reference' prints it"
    )


def test_the_error_codes_are_those_of_the_table() -> None:
    text = (ROOT / "docs/twilio-errors.md").read_text("utf-8")

    assert text.endswith(error_code_table()), (
        "docs/twilio-errors.md is stale: 'python -m tests.site.error_code_reference' prints it"
    )


def test_the_switches_are_those_of_the_simulator() -> None:
    text = (ROOT / "docs/simulator.md").read_text("utf-8")

    assert text.endswith(simulator.reference()), (
        "docs/simulator.md is stale: 'python -m tests.site.switch_reference' prints it"
    )


def test_the_questions_of_a_probe_are_those_of_the_catalogue() -> None:
    text = (ROOT / "docs/probe.md").read_text("utf-8")

    assert text.endswith(question_reference()), (
        "docs/probe.md is stale: 'python -m tests.site.question_reference' prints it"
    )


def test_the_behavior_of_twilio_is_that_of_switches_and_assumptions() -> None:
    text = (ROOT / "docs/twilio-behaviour.md").read_text("utf-8")

    assert behavior_reference() in text, (
        "docs/twilio-behaviour.md is stale: 'python -m "
        "tests.site.behavior_reference' prints what belongs there"
    )
    rows = set(re.findall(r"^\| `([a-z0-9_]+)` \|", text, re.MULTILINE))
    assert {each.name for each in describe_switches()} | ASSUMPTIONS.keys() == rows


def test_the_schema_of_a_profile_is_that_of_the_code() -> None:
    text = (ROOT / "docs/twilio-profile.schema.json").read_text("utf-8")

    assert json.loads(text) == profile_schema(), (
        "docs/twilio-profile.schema.json is stale: 'python -m "
        "tests.site.profile_schema' prints it"
    )


def test_everything_of_a_people_file_and_the_control_api_is_documented() -> None:
    text = (ROOT / "docs/simulator.md").read_text("utf-8")
    named = set(re.findall(r"`([^`]*?)[`?{ ]", text.replace("`, `", "` `")))
    keys = {*Subscriber.__struct_fields__, *Fault.__struct_fields__} - {"until"}
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


def write_rosters(page: str, folder: Path) -> None:
    """Write the named blocks of *page* into *folder*."""
    text = (ROOT / page).read_text("utf-8")
    blocks = re.findall(r"```(?:yaml|csv) (\S+)\n(.*?)```", text, re.DOTALL)
    for name, block in blocks:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(block, "utf-8")


def test_the_folder_of_rosters_in_the_documentation_is_valid(tmp_path: Path) -> None:
    write_rosters("docs/rosters.md", tmp_path)

    loading, problems = examine([tmp_path], os.environ)

    assert [each for each in problems if each.severity is Severity.ERROR] == []
    bridge, hearing = loading.declarations
    assert [each.name for each in bridge.roster.groups] == [
        "dbas",
        "audience",
        "watchers",
    ]
    assert [each.name for each in hearing.modes] == ["sidebar", "verdict"]
    assert {"ann", "zoe", "max, jr."} <= {each.label for each in bridge.roster.members}


def keys_of(node: yaml.Node | None) -> Iterator[str]:
    """Every key of a mapping, and of what is in it."""
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from keys_of(each)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield str(key.value)
            yield from keys_of(value)


def test_every_key_that_is_no_parameter_has_an_example() -> None:
    blocks = [
        block
        for page in ("docs/rosters.md", "docs/schedules.md")
        for block in re.findall(
            r"```yaml.*?\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL
        )
    ]
    written = {
        key
        for block in blocks
        for node in yaml.compose_all(block, yaml.SafeLoader)
        for key in keys_of(node)
    }

    keys = {*ROOM_KEYS, *MEMBER_OURS, *GROUP_KEYS, *MODE_KEYS, *SharedKind}
    assert {*keys, *REPLACE_KEYS, *SCHEDULE_KEYS} - written == set()


def test_every_command_named_in_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text("utf-8")

    named = set(re.findall(r"reconciler ([a-z]+)", text)) - {"keeps"}

    assert named
    assert named <= set(cli.list_commands(None))  # type: ignore[arg-type]


def test_every_exit_code_is_documented() -> None:
    text = (ROOT / "docs/exit-codes.md").read_text("utf-8")
    documented = {int(code) for code in re.findall(r"\| (\d+) \|", text)}
    codes = {
        each for name, each in vars(exits).items() if name.isupper() and name[0] != "_"
    }

    assert documented == {0, *codes}


def test_every_setting_is_documented_and_no_other() -> None:
    text = (ROOT / "docs/configuration.md").read_text("utf-8")
    named = set(re.findall(r"`((?:TWILIO|RECONCILER)_[A-Z_]+)`", text))
    asked: set[str] = set()

    class Asking(dict[str, str]):
        def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
            asked.add(name)
            return default

    read_settings(Asking(), lambda path: path)
    options = {str(each.envvar) for each in daemon.params if isinstance(each, Option)}

    assert named == {each for each in asked if not each.endswith("_FILE")} | (
        options - {"None"}
    )
    for each in asked:
        if each.endswith("_FILE"):
            assert f"`{each.removesuffix('_FILE')}`" in text.partition("## Secrets")[2]


PATH = re.compile(
    r"`((?:reconciler|docs|deploy|tests|migrations|benchmarks|findings|constraints"
    r"|model|planning|engine|files|store|twilio|webhooks|telemetry|server|simulator"
    r"|bootstrap|cli)/[\w./-]*)`"
)
PAGES = sorted(
    str(each.relative_to(ROOT))
    for pattern in ("*.md", "docs/**/*.md", "deploy/*.md")
    for each in ROOT.glob(pattern)
    if each.name != "CHANGELOG.md"
)


@pytest.mark.parametrize("page", PAGES)
def test_every_path_and_link_in_the_documentation_exists(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    folder = (ROOT / page).parent
    links = re.findall(r"\]\(([^)#:]+)[)#]", text)
    paths = set(PATH.findall(text))
    lost = [each for each in links if not (folder / each).exists()]
    lost += [
        each
        for each in paths
        if not any(
            (base / each).exists() for base in (ROOT, ROOT / "reconciler", folder)
        )
    ]

    assert lost == []


def test_the_changelog_has_a_section_for_each_version_newest_first() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    first, *released = re.findall(r"^## \[([^\]]+)\](.*)$", text, re.MULTILINE)

    assert first == ("Unreleased", "")
    assert all(re.fullmatch(r" - \d{4}-\d\d-\d\d", date) for _, date in released)
    versions = [Version(name) for name, _ in released]
    assert versions == sorted(versions, reverse=True)
    assert all(each <= Version(__version__) for each in versions)
    upgrades = (ROOT / "docs/upgrading.md").read_text("utf-8")
    assert re.findall(r"^## From (\S+)", upgrades, re.MULTILINE)
