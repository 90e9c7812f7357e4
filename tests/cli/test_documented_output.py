"""The documentation shows what commands print: the README's picture, keys of JSON."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from reconciler.cli.command_table import COMMANDS as COMMANDS_BY_NAME
from tests.cli.conftest import World

ROOT = Path(__file__).resolve().parents[2]
JSON_PAGE = (ROOT / "docs/json.md").read_text("utf-8")

COMMANDS: dict[str, list[tuple[str, ...]]] = {
    "plan, sync": [("plan",), ("sync",)],
    "apply": [("apply", "plan.json")],
    "status": [("status",)],
    "explain": [("explain", "line", "ann")],
    "events": [("events", "--limit", "1")],
    "validate": [("validate",)],
    "doctor": [("doctor",)],
    "pause, resume": [("pause", "line"), ("resume", "line")],
    "history": [("history", "line")],
    "diff": [("diff", "line@1"), ("diff", "line", "--live")],
    "rollback, unpin": [("rollback", "line", "--to", "1"), ("unpin", "line")],
    "redial, resolve": [
        ("redial", "line", "ann"),
        ("resolve", "line", "--all", "--rung"),
    ],
    "approve": [("approve", "line", "--yes")],
    "set, mute-all, only, mode, start, unset": [
        ("set", "line", "bob", "muted=true", "--for", "5m"),
        ("mute-all", "line"),
        ("only", "line", "ann"),
        ("mode", "line", "normal"),
        ("start", "line"),
        ("unset", "line", "--all"),
    ],
    "end": [("end", "line", "--yes")],
    "release, forget": [("release", "line"), ("forget", "line", "--yes")],
    "schedule": [("schedule", "line")],
    "dump": [("dump", "line")],
    "init, fmt": [("init", "example"), ("fmt",)],
    "policy check": [("policy", "check", "policy.yaml")],
    "notify list": [("notify", "list")],
    "db current, db upgrade": [("db", "current"), ("db", "upgrade")],
    "Errors": [("explain", "line", "nobody")],
}


def picture(command: str, output: str) -> str:
    """An SVG of a terminal that shows *output* of *command*, without remote fonts."""
    console = Console(
        file=io.StringIO(),
        record=True,
        width=88,
        force_terminal=True,
        color_system="standard",
    )
    console.print(Text.from_ansi(f"$ {command}\n{output.rstrip()}"))
    svg = console.export_svg(title="reconciler", unique_id="plan")
    return re.sub(r" *@font-face \{.*?\}\n", "", svg, flags=re.DOTALL)


def readme_roster() -> str:
    readme: str = (ROOT / "README.md").read_text("utf-8")
    found: list[str] = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    return found[0]


def test_the_picture_in_the_readme_is_what_plan_prints(
    world: World, tmp_path: Path
) -> None:
    world.write(readme_roster())
    done = world.run("plan", "--color", "always")
    assert done.code == 0, done.err

    shown = picture("reconciler plan", done.out)

    new = tmp_path / "plan.svg"
    new.write_text(shown, "utf-8")
    kept = ROOT / "docs/plan.svg"
    assert kept.exists()
    assert shown == kept.read_text("utf-8"), (
        f"docs/plan.svg is stale. Run: cp {new} {kept}"
    )


@pytest.mark.parametrize("section", COMMANDS)
def test_every_key_of_the_json_is_documented(section: str, world: World) -> None:
    world.converge()
    world.run("plan", "--out", "plan.json")
    (world.folder / "policy.yaml").write_text("version: 1\n", "utf-8")
    world.tell("hang-up", who="ann")
    documented = keys_of(section)

    printed = [world.run(*words, "--output", "json") for words in COMMANDS[section]]

    found = {path for each in printed for path in paths(json.loads(each.out))}
    assert found
    assert {path for path in found if not described(path, documented)} == set()


@pytest.mark.parametrize("section", COMMANDS)
def test_every_documented_key_at_the_top_is_printed(section: str, world: World) -> None:
    world.converge()
    world.run("plan", "--out", "plan.json")
    (world.folder / "policy.yaml").write_text("version: 1\n", "utf-8")
    world.tell("change", who="bob", muted=False)

    printed = [world.run(*words, "--output", "json") for words in COMMANDS[section]]

    found = {key for each in printed for key in json.loads(each.out)}
    found = {key for key in found if not key.endswith("_rfc3339")}
    assert {re.split(r"[.\[]", each)[0] for each in keys_of(section)} == found


WITHOUT_JSON = {
    *("bug-report", "completion", "daemon", "demo", "record", "schema", "simulate"),
    "version",
}
"""Commands that print no result, or one that is described elsewhere."""


def test_the_json_of_every_command_is_documented() -> None:
    titles = re.findall(r"^## (.*)$", JSON_PAGE, re.MULTILINE)
    named = {
        part.split()[0]
        for each in titles
        for part in each.split(", ")
        if part.islower()
    }
    assert named == COMMANDS_BY_NAME.keys() - WITHOUT_JSON


def keys_of(section: str) -> set[str]:
    part = JSON_PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \| ", part, re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`([\w.\[\]]+)`", row)}


def described(path: str, documented: set[str]) -> bool:
    """Whether *path*, or the value that contains it, is documented."""
    parents = [path[: match.start()] for match in re.finditer(r"\.|\[\]", path)]
    whole = {
        each
        for each in documented
        if not any(
            other != each and other.startswith((f"{each}.", f"{each}["))
            for other in documented
        )
    }
    return path in documented or any(
        parent in whole or f"{parent}[]" in whole for parent in parents
    )


def paths(value: Any, prefix: str = "") -> Iterator[str]:
    """Every key of *value*, as ``rooms[].actions[].verb``."""
    if isinstance(value, dict):
        for key, each in value.items():
            path = f"{prefix}.{key}" if prefix else key
            if not isinstance(each, list | dict) and not key.endswith("_rfc3339"):
                yield path
            yield from paths(each, path)
    elif isinstance(value, list):
        for each in value:
            yield from paths(each, f"{prefix}[]")
