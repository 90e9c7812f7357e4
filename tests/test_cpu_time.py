import pytest

from tests import cpu_time


class Reporter:
    """Keeps the lines of a summary over some reports."""

    def __init__(self, *seconds: float) -> None:
        self.lines: list[str] = []
        self._reports = [
            pytest.TestReport(
                f"test_{number}",
                ("", None, ""),
                {},
                "passed",
                None,
                "call",
                user_properties=[(cpu_time._NAME, each)],
            )
            for number, each in enumerate(seconds)
        ]

    def getreports(self, name: str) -> list[pytest.TestReport]:
        return self._reports if name == "passed" else []

    def write_line(self, line: str) -> None:
        self.lines.append(line)


def summary(*seconds: float) -> list[str]:
    reporter = Reporter(*seconds)
    cpu_time.pytest_terminal_summary(reporter)  # type: ignore[arg-type]
    return reporter.lines


def test_tests_above_the_ceiling_are_named_the_costliest_first() -> None:
    above = cpu_time.CEILING_SECONDS
    warning, first, second, total = summary(above + 1, above, above + 2)
    assert warning.startswith("Warning: 2 tests take more than ")
    assert [each.split()[-1] for each in (first, second)] == ["test_2", "test_0"]
    assert total.startswith("Processor time of all processes: ")


def test_a_summary_without_costly_tests_is_the_total() -> None:
    assert len(summary(0.1)) == 1
