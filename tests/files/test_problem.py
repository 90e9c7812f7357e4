"""A problem is a place, a line of source, a caret and a hint."""

import pytest

from reconciler.files import problem_data, render_problem
from reconciler.model.errors import Problem, Severity

MUTED = Problem(
    "desired/line.yaml",
    7,
    16,
    "muted must be true or false",
    "  ann: {muted: yes}",
    "write true",
)


def test_a_problem_is_rendered_with_its_line_and_a_caret_under_the_place() -> None:
    assert render_problem(MUTED).splitlines() == [
        "desired/line.yaml:7:16: error: muted must be true or false",
        "      ann: {muted: yes}",
        "                   ^",
        "  hint: write true",
    ]


def test_a_problem_of_a_whole_file_has_neither_place_nor_line() -> None:
    problem = Problem("desired", 0, 0, "no roster", severity=Severity.WARNING)

    assert render_problem(problem) == "desired: warning: no roster"


@pytest.mark.parametrize(
    ("snippet", "column"),
    [("日本: x", 5), ("e\u0301: xy", 5), ("\ta: x", 5), ("a" * 500 + "x", 501)],
)
def test_the_caret_stands_under_the_place_in_any_script(
    snippet: str, column: int
) -> None:
    wide = {"日本: x": 10, "e\u0301: xy": 7, "\ta: x": 8}

    _, line, caret = render_problem(Problem("f", 1, column, "m", snippet)).splitlines()

    assert caret == " " * wide.get(snippet, 64) + "^"
    assert len(line) < 200


def test_nothing_in_a_file_can_steer_the_terminal() -> None:
    problem = Problem("f\x1b", 1, 1, "m\x1b[2J", "\x1b[31m", "h\x9b")

    text = render_problem(problem)

    assert "\x1b" not in text
    assert "\x9b" not in text


def test_a_problem_as_data_has_every_part() -> None:
    assert problem_data(MUTED) == {
        "severity": "error",
        "message": "muted must be true or false",
        "hint": "write true",
        "file": "desired/line.yaml",
        "line": 7,
        "column": 16,
        "snippet": "  ann: {muted: yes}",
    }
