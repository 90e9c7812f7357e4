"""A run as a list of events: written, read and played as the seed would."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from reconciler.model.errors import SettingError
from reconciler.play.event_list import as_struck, events_of, read_scenario, written
from reconciler.play.scenarios.generate import make_scenario
from reconciler.play.scenarios.scheduled import SCHEDULED, SWARM
from reconciler.play.scenarios.trouble import CALM, Strike
from reconciler.play.seed_result import trace
from reconciler.play.world.run import run

SEEDS = (*range(8), 22, SCHEDULED + 3, SCHEDULED + 10, SWARM, SWARM + 7)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_scenario_of_a_seed_is_read_as_it_was_written(seed: int) -> None:
    scenario = make_scenario(seed)
    assert read_scenario(written(scenario), "events.json") == scenario


def _troubled() -> int:
    """The first seed of the swarm in whose run trouble strikes five times."""
    return next(
        seed
        for seed in range(SWARM, SWARM + 100)
        if len(run(make_scenario(seed)).world.trouble.struck) >= 5
    )


def test_a_list_of_events_plays_the_run_of_its_seed_without_chance() -> None:
    drawn = run(make_scenario(_troubled()))
    listed = as_struck(drawn)
    assert sum(isinstance(each, Strike) for each in events_of(listed)) >= 5
    read = read_scenario(written(listed), "events.json")
    assert trace(run(read).journal) == trace(drawn.journal)
    calmer = replace(read, strikes=read.strikes[1:] if read.strikes else ())
    assert trace(run(calmer).journal) != trace(drawn.journal)


def test_no_trouble_that_is_listed_strikes_once_faults_have_stopped() -> None:
    listed = as_struck(run(make_scenario(_troubled())))
    assert run(replace(listed, rates=CALM)).world.trouble.struck == []


def _changed(text: str, **changes: object) -> str:
    return json.dumps({**json.loads(text), **changes})


def _deep(text: str, change: Any) -> str:
    document = json.loads(text)
    change(document["scenario"])
    return json.dumps(document)


TEXT = written(make_scenario(3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT[:100], "not JSON, or cut off"),
        ("[]", "not a list of events"),
        ('{"format": "other"}', "not a list of events"),
        (_changed(TEXT, format_version="9"), "events of format 9"),
        (_changed(TEXT, scenario=None), "events.json"),
        (_changed(TEXT, scenario={"=": "Roster"}), "events.json"),
        (_deep(TEXT, lambda of: of.update(surprise=1)), "no field 'surprise'"),
        (_deep(TEXT, lambda of: of.update(seed="three")), "'three' where int"),
        (_deep(TEXT, lambda of: of.update(steps=[[0, {"=": "Nothing"}]])), "'Nothing'"),
        (_deep(TEXT, lambda of: of.update(steps=[[0]])), "not a list of events"),
    ],
)
def test_what_is_no_list_of_events_is_refused_with_the_reason(
    text: str, message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        read_scenario(text, "events.json")
