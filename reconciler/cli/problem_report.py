"""Problems of roster files as CI reads them: GitHub annotations, SARIF, JUnit.

Files are named relative to the folder that the command runs in, which is the root of
the repository there; a file elsewhere keeps its absolute path.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from reconciler import __version__
from reconciler.model.errors import Problem, Severity
from reconciler.model.masking import mask

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_NOWHERE = "rosters"
"""What a problem is filed under that no file has."""


def github_lines(problems: Sequence[Problem], root: Path) -> Iterator[str]:
    """A workflow command a problem: GitHub shows it at the line of the file."""
    for problem in problems:
        place = {"file": _relative(problem.file, root)} if problem.file else {}
        if problem.line:
            place |= {"line": str(problem.line), "col": str(problem.column)}
        fields = {**place, "title": f"Roster {problem.severity}"}
        said = ",".join(f"{name}={_property(text)}" for name, text in fields.items())
        yield f"::{problem.severity} {said}::{_command_text(_text(problem))}"


def _command_text(text: str) -> str:
    """*text* with what would end a workflow command encoded."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _command_text(text).replace(":", "%3A").replace(",", "%2C")


def sarif(problems: Sequence[Problem], root: Path) -> dict[str, Any]:
    """A log of SARIF 2.1.0, with one rule."""
    driver = {
        "name": "reconciler",
        "version": __version__,
        "rules": [
            {
                "id": "roster",
                "shortDescription": {"text": "Roster files declare what can be done."},
            }
        ],
    }
    results = [_sarif_result(problem, root) for problem in problems]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _sarif_result(problem: Problem, root: Path) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(problem.file, root)}
    if problem.line:
        place["region"] = {
            "startLine": problem.line,
            "startColumn": problem.column,
        }
    return {
        "ruleId": "roster",
        "ruleIndex": 0,
        "level": str(problem.severity),
        "message": {"text": _text(problem)},
        "locations": [{"physicalLocation": place}],
    }


def _artifact(file: str, root: Path) -> dict[str, str]:
    name = _relative(file or _NOWHERE, root)
    if Path(name).is_absolute():
        return {"uri": Path(name).as_uri()}
    return {"uri": quote(name), "uriBaseId": "%SRCROOT%"}


def junit(files: Sequence[str], problems: Sequence[Problem], root: Path) -> str:
    """A JUnit report: a case a file, failed where the file has an error."""
    by_file: dict[str, list[Problem]] = {each: [] for each in files}
    for problem in problems:
        by_file.setdefault(problem.file or _NOWHERE, []).append(problem)
    failed = sum(any(map(_is_error, found)) for found in by_file.values())
    head = f'name="reconciler validate" tests="{len(by_file)}" failures="{failed}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {head}>"]
    lines.append(f'  <testsuite {head} errors="0" skipped="0">')
    for file, found in by_file.items():
        lines += _case(_relative(file, root), found)
    return "\n".join([*lines, "  </testsuite>", "</testsuites>"])


def _case(file: str, found: Sequence[Problem]) -> Iterator[str]:
    name = f'    <testcase classname="rosters" name={quoteattr(mask(file))}'
    if not found:
        yield f"{name}/>"
        return
    yield f"{name}>"
    errors = [problem for problem in found if _is_error(problem)]
    if errors:
        title = quoteattr(_text(errors[0]))
        text = escape("\n".join(map(_placed, errors)))
        yield f'      <failure type="roster" message={title}>{text}</failure>'
    if warnings := [problem for problem in found if not _is_error(problem)]:
        text = escape("\n".join(map(_placed, warnings)))
        yield f"      <system-out>{text}</system-out>"
    yield "    </testcase>"


def _is_error(problem: Problem) -> bool:
    return problem.severity is Severity.ERROR


def _placed(problem: Problem) -> str:
    return mask(f"{problem.file}:{problem.line}:{problem.column}: ") + _text(problem)


def _text(problem: Problem) -> str:
    """Message and hint in one line, without a character that XML does not take."""
    shown = problem.masked
    hint = f". Hint: {shown.hint}" if shown.hint else ""
    return mask(shown.message + hint)


def _relative(file: str, root: Path) -> str:
    path = Path(file)
    if not path.is_absolute():
        return path.as_posix()
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()
