"""The SDK of Python, blocking and asynchronous, finds what the others must find."""

import asyncio

import pytest

from reconciler.simulator.background import background_simulator
from tests.sdks import python_story
from tests.sdks.__main__ import EXPECTED, PEOPLE


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:aiohttp", "ignore::DeprecationWarning:twilio"
)
@pytest.mark.parametrize(
    "story",
    [python_story.blocking, python_story.asynchronous],
    ids=lambda x: x.__name__,
)
def test_the_sdk_of_python_drives_the_simulator(story: python_story.Story) -> None:
    with background_simulator(PEOPLE) as simulator:
        assert asyncio.run(story(simulator)) == EXPECTED
