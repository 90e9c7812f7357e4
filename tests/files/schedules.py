"""Schedules of roster files, read on their own."""

from typing import NamedTuple

from yaml.nodes import MappingNode

from reconciler.files.document import documents
from reconciler.files.mapping import entries
from reconciler.files.schedule_field import read_schedule
from reconciler.files.yaml_text import Page
from reconciler.model.declaration import ScheduleEntry
from reconciler.model.errors import Problem
from reconciler.model.schedule import Window

MODES = ("sidebar", "lecture")
OFFICE = '{when: "mon-fri 09:00-18:00", timezone: Europe/Berlin, state: open}'
ZONE = "timezone: Europe/Berlin, state: open"


class Reading(NamedTuple):
    """What was read of a schedule, and what was noted."""

    entries: tuple[ScheduleEntry, ...]
    problems: list[Problem]

    @property
    def windows(self) -> list[Window | None]:
        periods = [each.period for each in self.entries]
        return [each.window if each else None for each in periods]


def read(*lines: str) -> Reading:
    """The schedule whose entries are *lines*, from line 2 column 5 on."""
    page, node = page_of("schedule:\n" + "".join(f"  - {each}\n" for each in lines))
    found = entries(page, "a roster", node)
    assert found is not None
    return Reading(read_schedule(page, found["schedule"], modes=MODES), page.shown())


def page_of(text: str) -> tuple[Page, MappingNode]:
    """A page of *text*, and its only document."""
    page = Page("line.yaml", text, {})
    (node,) = documents(page)
    assert isinstance(node, MappingNode)
    return page, node
