"""When a daemon looks for garbage: not while it reads all rooms."""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.page.live_daemon import live_daemon

ROSTER = """\
version: 1
conference: line
from: "+15550100001"
participants:
  ann: {to: "+15551230001"}
"""


@pytest.fixture
def thresholds() -> Iterator[tuple[int, int, int]]:
    """Those of this process, put back at the end."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    try:
        yield gc.get_threshold()
    finally:
        gc.set_threshold(*before)


async def test_all_objects_are_seldom_searched_from_the_start_of_a_daemon_on(
    tmp_path: Path, thresholds: tuple[int, int, int]
) -> None:
    async with live_daemon(tmp_path, ROSTER) as live:
        await asyncio.sleep(0)
        assert not live.daemon.controller.warm
        young, middle, old = gc.get_threshold()
    assert young * middle * old >= 100 * thresholds[0] * thresholds[1] * thresholds[2]


@pytest.fixture
def searches() -> Iterator[list[int]]:
    """The generations of objects that were searched, in order."""
    found: list[int] = []

    def note(phase: str, about: dict[str, int]) -> None:
        if phase == "start":
            found.append(about["generation"])

    gc.callbacks.append(note)
    try:
        yield found
    finally:
        gc.callbacks.remove(note)


async def test_no_search_of_all_objects_halts_a_daemon_when_all_rooms_are_read(
    tmp_path: Path, searches: list[int]
) -> None:
    before = gc.get_freeze_count()
    async with live_daemon(tmp_path, ROSTER), asyncio.timeout(120):
        searches.clear()
        while gc.get_freeze_count() <= before:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.05)
        assert 2 not in searches
