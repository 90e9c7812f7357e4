"""A run as a list of events in a file: what a seed decided, without the seed's chance.

The file is JSON: the steps of the scenario, the trouble that struck, and the
circumstances (people, switches, rates). It plays the same run in every version that
acts the same.
"""

import json
from typing import Any

from msgspec.structs import replace

from reconciler import __version__
from reconciler.model.errors import SettingError
from reconciler.model.typed_document import from_document, to_document
from reconciler.play.scenarios.scenario import Happening, Scenario
from reconciler.play.scenarios.trouble import Strike
from reconciler.play.world.run import Report

FORMAT = "reconciler-play"
FORMAT_VERSION = "1"

Event = tuple[float, Happening] | Strike
"""A step with its time in seconds, or trouble of the network."""


def events_of(scenario: Scenario) -> tuple[Event, ...]:
    """All that happens in a run by itself, in order; trouble comes last."""
    return (*scenario.steps, *(scenario.strikes or ()))


def with_events(
    scenario: Scenario, events: "tuple[Event, ...] | list[Event]"
) -> Scenario:
    """The scenario in which these happen."""
    strikes = tuple(event for event in events if isinstance(event, Strike))
    steps = tuple(event for event in events if not isinstance(event, Strike))
    return replace(scenario, steps=steps, strikes=strikes)


def as_struck(report: Report) -> Scenario:
    """The scenario of a run, with the trouble that struck in the place of chance."""
    return replace(report.scenario, strikes=tuple(report.world.trouble.struck))


def written(scenario: Scenario) -> str:
    """The text of a file of events."""
    document = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "reconciler": __version__,
        "scenario": to_document(scenario),
    }
    return json.dumps(document, indent=1) + "\n"


def read_scenario(text: str, name: str) -> Scenario:
    """The scenario of a file of events; SettingError for any other."""
    document = _document(text, name)
    version = document.get("format_version")
    if version != FORMAT_VERSION:
        raise SettingError(
            f"{name} has events of format {version}, and this is reconciler "
            f"{__version__}, which reads format {FORMAT_VERSION}. Play it with reconciler "
            f"{document.get('reconciler')}."
        )
    try:
        scenario: Scenario = from_document(document.get("scenario"), Scenario)
    except ValueError as error:
        raise SettingError(f"{name} is not a list of events: {error}.") from error
    if not isinstance(scenario, Scenario):
        raise SettingError(f"{name} has no scenario.")
    return scenario


def _document(text: str, name: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise SettingError(f"{name} is not JSON, or cut off: {error}.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise SettingError(
            f"{name} is not a list of events. To write one: "
            "reconciler play --seed N --shrink --save FILE"
        )
    return document
