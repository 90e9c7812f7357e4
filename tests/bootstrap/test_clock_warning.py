"""A daemon whose clock differs from its database server's says so, once each time."""

from types import SimpleNamespace
from typing import Any

import pytest

from reconciler.bootstrap.service import CLOCK_SECONDS, Daemon


def test_a_clock_that_differs_is_logged_once_until_it_was_right_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    daemon: Any = SimpleNamespace(_clock_is_apart=False)
    for ahead in (0.1, -CLOCK_SECONDS, -CLOCK_SECONDS, 0.0, 600.0, 600.0):
        Daemon._compared(daemon, ahead)
    assert [each.__dict__["seconds"] for each in caplog.records] == [2.0, -600.0]
    assert {each.levelname for each in caplog.records} == {"WARNING"}
