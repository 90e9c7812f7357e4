"""The contract of ``--output json``: schemas, times, masked numbers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.cli.command_table import COMMANDS
from reconciler.model.json_times import rfc3339, with_times
from tests.cli.conftest import LINE, World
from tests.cli.json_outputs import outputs
from tests.cli.json_schemas import (
    FOLDER,
    schema_file,
    schema_of,
    text_of,
    undescribed,
    widened,
)

WITHOUT = {
    "daemon": "runs until it is stopped; logs are on standard error",
    "demo": "is for people",
    "simulate": "prints lines for a shell",
    "schema": "prints a JSON Schema",
    "completion": "prints a script",
    "dump": "prints a roster, as docs/schemas has it: desired/roster.schema.json",
}
"""Commands without a JSON document of their own."""


def test_every_output_fits_its_schema_and_the_schema_names_all_of_it(
    world: World, tmp_path: Path
) -> None:
    printed = outputs(world)

    faults = []
    for name, documents in printed.items():
        schema = (
            json.loads(schema_file(name).read_text("utf-8"))
            if schema_file(name).exists()
            else {}
        )
        proposed = widened(schema, schema_of(name, documents))
        (tmp_path / f"{name}.schema.json").write_text(text_of(proposed), "utf-8")
        if not schema:
            faults.append(f"{name}: no schema")
            continue
        validator = Draft202012Validator(schema)
        for each in documents:
            faults += [f"{name}: {x.message}" for x in validator.iter_errors(each)]
            faults += [f"{name}: {x} is new" for x in undescribed(each, schema)]
    assert sorted(set(faults)) == [], f"after a look: cp {tmp_path}/*.json {FOLDER}"
    text = json.dumps(printed)
    assert not re.search(r"\+1555\d{7}", text)
    assert "secret=1" not in text


@pytest.mark.parametrize("name", sorted(x.name for x in FOLDER.glob("*.json")))
def test_every_schema_is_one_and_is_listed(name: str) -> None:
    schema = json.loads((FOLDER / name).read_text("utf-8"))
    page = (FOLDER.parent / "json.md").read_text("utf-8")

    Draft202012Validator.check_schema(schema)
    assert f"schemas/{name}" in page
    assert "properties" in schema


def test_every_command_has_a_schema_or_a_reason_not_to() -> None:
    names = {each.name.removesuffix(".schema.json") for each in FOLDER.iterdir()}
    covered = {name.partition("-")[0] for name in names} | names

    assert {each for each in COMMANDS if each not in covered} == WITHOUT.keys()


def test_a_time_is_beside_its_seconds() -> None:
    data = {
        "at": 1.25,
        "members": [{"ended_at": None, "until": 0, "state": "x", "at_once": 5}],
        "valid_at": True,
    }

    assert with_times(data) == {
        "at": 1.25,
        "at_rfc3339": "1970-01-01T00:00:01.250Z",
        "members": [
            {
                "ended_at": None,
                "ended_at_rfc3339": None,
                "until": 0,
                "until_rfc3339": "1970-01-01T00:00:00.000Z",
                "state": "x",
                "at_once": 5,
            }
        ],
        "valid_at": True,
    }
    assert rfc3339(1e15).startswith("9999-12-31T")


@pytest.mark.parametrize("words", [("plan",), ("status",), ("explain", "line", "ann")])
def test_numbers_are_shown_where_that_is_asked_for_and_secrets_never(
    world: World, words: tuple[str, ...]
) -> None:
    hook = 'status_callback: "https://example.com/hook?token=1"'
    world.converge()
    more = f'  new: {{to: "+15551230077", {hook}}}\n'
    world.write(LINE + more)

    masked = world.run(*words, "--output", "json")
    shown = world.run(*words, "--output", "json", "--show-numbers")

    assert masked.code == shown.code == 0, shown.err
    assert not re.search(r"\+1555123\d{4}", masked.out)
    assert re.search(r"\+1555123\d{4}", shown.out)
    assert "token=1" not in shown.out
    assert masked.data.keys() == shown.data.keys()


def test_events_mask_numbers_that_people_wrote(world: World) -> None:
    world.converge()
    world.run("set", "line", "ann", "muted=true", "--reason", "see +15551239999")

    found: list[Any] = [
        json.loads(each)
        for each in world.run("events", "--output", "json").out.splitlines()
    ]

    text = json.dumps(found)
    assert "see +1555" in text
    assert "+15551239999" not in text
