"""The outcome of one check of the doctor."""

from enum import StrEnum

from msgspec import Struct

from reconciler.files import render_problem
from reconciler.model.errors import ReconcilerError, RosterError
from reconciler.model.exit_code import INVALID, code_of


class Level(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(Struct, frozen=True):
    """The outcome of one check; ``code`` is the exit code of a failure."""

    check: str
    level: Level
    text: str
    code: int = 0


def passed(check: str, text: str) -> Finding:
    return Finding(check, Level.OK, text)


def failed(check: str, error: ReconcilerError) -> Finding:
    return Finding(check, Level.FAIL, str(error), code_of(error))


def invalid(check: str, error: RosterError) -> Finding:
    """Of a file with errors: a line that names each of them with its place."""
    lines = [render_problem(problem).splitlines()[0] for problem in error.problems]
    return Finding(check, Level.FAIL, "; ".join(lines), INVALID)
