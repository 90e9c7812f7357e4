"""Fixtures for tests against a local Twilio.

In ``conftest.py``::

    pytest_plugins = ["reconciler.simulator.fixtures"]

``twilio_simulator`` is a simulator of the test's own. To describe people or set
switches override ``twilio_people``, whose value is what a people file says.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from reconciler.simulator.background import BackgroundSimulator, background_simulator


@pytest.fixture
def twilio_people() -> Mapping[str, Any]:
    """People, switches, faults and pace of ``twilio_simulator``; override it."""
    return {}


@pytest.fixture
def twilio_simulator(
    twilio_people: Mapping[str, Any],
) -> Iterator[BackgroundSimulator]:
    """A simulator with its URL, credentials and control API, until the test ends."""
    with background_simulator(twilio_people) as simulator:
        yield simulator
