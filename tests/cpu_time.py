"""The summary's last lines: processor time of the run, and tests that take much of it."""

import resource
from collections.abc import Iterator

import pytest

CEILING_SECONDS = 5.0
"""Processor time above which a test is named; none fails for it."""

_NAME = "cpu_seconds"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Note what the test and the processes that it waited for took."""
    began = cpu_seconds()
    try:
        return (yield)
    finally:
        item.user_properties.append((_NAME, cpu_seconds() - began))


def cpu_seconds() -> float:
    """User and system time of this process and of those that it waited for."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    costly = sorted(_costly(terminalreporter), reverse=True)
    if costly:
        terminalreporter.write_line(
            f"Warning: {len(costly)} tests take more than {CEILING_SECONDS:g} s of "
            "processor time. Shorten them, or take a part of their samples "
            "(tests/sample_size.py):"
        )
    for seconds, name in costly:
        terminalreporter.write_line(f"{seconds:7.1f} s  {name}")
    total = cpu_seconds()
    terminalreporter.write_line(
        f"Processor time of all processes: {total:.0f} s ({total / 60:.1f} min)"
    )


def _costly(reporter: pytest.TerminalReporter) -> Iterator[tuple[float, str]]:
    for report in (*reporter.getreports("passed"), *reporter.getreports("failed")):
        if isinstance(report, pytest.TestReport) and report.when == "call":
            seconds = dict(report.user_properties).get(_NAME, 0.0)
            if isinstance(seconds, float) and seconds > CEILING_SECONDS:
                yield seconds, report.nodeid
