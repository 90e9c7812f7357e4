"""``pytest -p tests.run_again``: a second chance, alone, for what runs in real time.

failed in the whole run                         then
at most ``MOST`` tests, all marked ``process``  each runs again, alone
more tests, any without the mark, anything      nothing runs again
  else than a test, as the floor of coverage

Tests that start processes wait for them, on a machine that has other work. One that
passes alone is named as flaky. One that fails again fails the run, as does each test
that is not run again.
"""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Generator
from itertools import chain

import pytest

MOST = 5

_failed: defaultdict[str, list[bool]] = defaultdict(list)
"""Whether each report of a failure bears the mark, by the node id of its test."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        _failed[report.nodeid].append("process" in report.keywords)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _failed[report.nodeid].append(False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None]:
    """Once all is printed and no worker is left, run again what may be."""
    yield
    on_worker = hasattr(session.config, "workerinput")
    ended = session.exitstatus == pytest.ExitCode.TESTS_FAILED
    if ended and not on_worker and _may_run_again(session):
        passed = [each for each in _failed if _passes_alone(session, each)]
        _tell(session, passed)
        if len(passed) == len(_failed):
            session.exitstatus = pytest.ExitCode.OK


def _may_run_again(session: pytest.Session) -> bool:
    reports = list(chain(*_failed.values()))
    only_tests = session.testsfailed == len(reports) > 0
    return only_tests and len(_failed) <= MOST and all(reports)


def _passes_alone(session: pytest.Session, test: str) -> bool:
    command = [sys.executable, "-m", "pytest", "--quiet", test]
    return not subprocess.run(
        command, cwd=session.config.rootpath, check=False
    ).returncode


def _tell(session: pytest.Session, passed: list[str]) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    assert reporter is not None
    reporter.section("run again, alone")
    for each in _failed:
        again = "passes alone" if each in passed else "fails alone, too"
        word = "Flaky" if each in passed else "Failed"
        reporter.write_line(f"{word}: {each} {again}")
