"""The contract of ``--output json``: schemas, times, masked numbers."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.cli.command_table import COMMANDS
from reconciler.model.json_times import rfc3339, with_times
from tests.cli.conftest import LINE, World
from tests.cli.json_contract import WITHOUT, faults
from tests.cli.json_outputs import ENDLESS, STORY, endless, outputs
from tests.cli.json_schemas import (
    FOLDER,
    schema_file,
    schema_of,
    shapes,
    text_of,
    unsaid,
    widened,
)

STORIES: list[Callable[[World], dict[str, list[Any]]]] = [outputs, endless]


@pytest.mark.long
@pytest.mark.parametrize("story", STORIES)
def test_every_output_fits_its_schema_and_the_schema_names_all_of_it(
    world: World, tmp_path: Path, story: Callable[[World], dict[str, list[Any]]]
) -> None:
    printed = story(world)

    wrong = set()
    for name, found in printed.items():
        path = schema_file(name)
        known = json.loads(path.read_text("utf-8")) if path.exists() else {}
        proposed = widened(known, schema_of(name, found))
        (tmp_path / path.name).write_text(text_of(proposed), "utf-8")
        wrong |= {fault for each in found for fault in faults(name, each)}
    assert sorted(wrong) == [], f"after a look: cp {tmp_path}/*.json {FOLDER}"
    text = json.dumps(printed)
    assert not re.search(r"\+1555\d{7}", text)
    assert "secret=1" not in text


def test_every_schema_is_that_of_some_output_of_the_stories() -> None:
    """But for those of commands that need PostgreSQL."""
    words = {tuple(each[:2]) for each in (*STORY, *ENDLESS)}
    told = {f"{x[0]}-{x[1]}" for x in words if len(x) > 1} | {x[0] for x in words}
    names = {each.name.removesuffix(".schema.json") for each in FOLDER.glob("*.json")}

    assert names - told == {"error", "nodes"}


@pytest.mark.parametrize("name", sorted(x.name for x in FOLDER.glob("*.json")))
def test_every_schema_is_one_and_is_listed(name: str) -> None:
    schema = json.loads((FOLDER / name).read_text("utf-8"))
    page = (FOLDER.parent / "json.md").read_text("utf-8")

    Draft202012Validator.check_schema(schema)
    assert f"schemas/{name}" in page
    assert "properties" in schema


def test_every_list_and_object_of_a_schema_says_what_is_in_it() -> None:
    assert list(unsaid()) == []


def test_what_is_of_one_shape_has_the_same_types_in_every_schema() -> None:
    """An override is as nullable in ``unset`` as in ``status``."""
    for keys, found in shapes().items():
        types = {json.dumps(x, sort_keys=True) for x in found.values()}
        assert len(types) == 1, f"{sorted(keys)} differ: {sorted(found)}"


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
