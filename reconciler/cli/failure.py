"""How a command ends that did not do what was asked: a sentence and a code."""

import itertools
import json
import sys
import traceback

import click

from reconciler.model.errors import (
    CredentialsRefused,
    Problem,
    ReconcilerError,
    RoomBusy,
    RosterError,
    SettingError,
    StoreError,
    TransientError,
    TwilioError,
)
from reconciler.model.masking import mask

FAILED = 1
DIFFERENCES = 2
NOT_CONVERGED = 3
WITHHELD = 4
USAGE = 64
UNREACHABLE = 69
SOFTWARE = 70
BUSY = 75
CREDENTIALS = 77
INVALID = 78
INTERRUPTED = 130

_CODES: tuple[tuple[type[ReconcilerError], int], ...] = (
    (RosterError, INVALID),
    (SettingError, INVALID),
    (StoreError, UNREACHABLE),
    (RoomBusy, BUSY),
    (CredentialsRefused, CREDENTIALS),
    (TransientError, UNREACHABLE),
    (TwilioError, FAILED),
)


def fail(error: Exception) -> int:
    """Say what went wrong; the exit code."""
    if isinstance(error, ReconcilerError):
        return _ours(error)
    if isinstance(error, click.ClickException):
        error.show()
        return USAGE if isinstance(error, click.UsageError) else error.exit_code
    if isinstance(error, click.Abort):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return FAILED
    return _bug(error)


def code_of(error: ReconcilerError) -> int:
    """The exit code that tells what kind of error it is."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)


def _ours(error: ReconcilerError) -> int:
    code = code_of(error)
    if _wants_json():
        click.echo(json.dumps(_data(error, code)))
    if isinstance(error, RosterError):
        from reconciler.files.problem import render_problem  # noqa: PLC0415 - heavy

        for problem in error.problems:
            click.echo(render_problem(problem), err=True)
    else:
        click.echo(f"error: {mask(str(error))}", err=True)
    return code


def _data(error: ReconcilerError, code: int) -> dict[str, object]:
    problems: tuple[Problem, ...] = ()
    if isinstance(error, RosterError):
        problems = error.problems
    from reconciler.files.problem import problem_data  # noqa: PLC0415 - heavy

    return {
        "format_version": "1",
        "error": {
            "kind": type(error).__name__,
            "message": mask(str(error)),
            "exit_code": code,
            "problems": [problem_data(each) for each in problems],
        },
    }


def _wants_json() -> bool:
    """The context is gone by now: the words of the call are not."""
    words = sys.argv[1:]
    return "--output=json" in words or any(
        pair == ("--output", "json") for pair in itertools.pairwise(words)
    )


def _bug(error: Exception) -> int:
    """Nothing that was expected: say so, with what a report needs."""
    lines = "".join(traceback.format_exception(error)).rstrip()
    click.echo(mask(lines), err=True)
    click.echo(
        "error: this is a mistake in reconciler itself; nobody was hung up. "
        "Please report the lines above.",
        err=True,
    )
    return SOFTWARE
