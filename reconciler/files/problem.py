"""Problems of roster files as text and as data."""

import unicodedata
from typing import Final

from reconciler.model.errors import Problem
from reconciler.model.masking import unseen

WIDEST: Final = 160
BEFORE: Final = 60


def render_problem(problem: Problem, *, numbers: bool = False) -> str:
    """``file:line:column: error: …``, the line of source, a caret and the hint.

    Phone numbers are masked unless *numbers*.
    """
    problem = problem if numbers else problem.masked
    lines = [f"{_place(problem)}: {problem.severity}: {problem.message}"]
    if problem.snippet:
        lines += _source(problem.snippet, problem.column)
    if problem.hint:
        lines.append(f"  hint: {problem.hint}")
    return "\n".join(map(_replaced, lines))


def _replaced(line: str) -> str:
    """*line* as wide as it was: what cannot be shown is one character."""
    return "".join("\N{REPLACEMENT CHARACTER}" if unseen(x) else x for x in line)


def problem_data(problem: Problem, *, numbers: bool = False) -> dict[str, str | int]:
    """The same for JSON; line and column are 0 where there is no text."""
    problem = problem if numbers else problem.masked
    return {
        "severity": str(problem.severity),
        "message": problem.message,
        "hint": problem.hint,
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "snippet": problem.snippet,
    }


def _place(problem: Problem) -> str:
    return problem.place or "rosters"


def _source(snippet: str, column: int) -> list[str]:
    """A window of the line that shows *column*, and the caret under it."""
    start = max(0, column - 1 - BEFORE) if len(snippet) > WIDEST else 0
    shown = snippet[start : start + WIDEST].replace("\t", " ")
    caret = sum(_width(each) for each in shown[: column - 1 - start])
    return [f"    {shown}", f"    {' ' * caret}^"]


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
