"""The fixtures for tests of other programs, as docs/simulator.md shows them."""

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

DOCUMENT = Path(__file__).parents[2] / "docs" / "simulator.md"


def _examples() -> tuple[str, str]:
    text = DOCUMENT.read_text("utf-8")
    found = re.findall(
        r"```python\n# (conftest|test_bridge)\.py\n(.*?)```", text, re.DOTALL
    )
    examples = dict(found)
    return examples["conftest"], examples["test_bridge"]


def test_the_documented_example_runs(pytester: pytest.Pytester) -> None:
    conftest, example = _examples()
    pytester.makeconftest(conftest)
    pytester.makepyfile(test_bridge=example)
    done = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:asyncio")
    done.assert_outcomes(passed=2)


def test_each_test_has_a_simulator_of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["reconciler.simulator.fixtures"]')
    pytester.makepyfile(
        """
        def test_one(twilio_simulator):
            twilio_simulator.control.dial_in("client:ann", room="line")
            assert len(twilio_simulator.control.state()["conferences"]) == 1

        def test_two(twilio_simulator):
            assert twilio_simulator.control.state()["conferences"] == []
        """
    )
    pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "-p", "no:asyncio"
    ).assert_outcomes(passed=2)
