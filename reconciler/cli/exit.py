"""Exit codes, and errors as messages."""

import contextlib
import errno
import itertools
import json
import os
import sys
import traceback
from collections.abc import Iterator
from typing import TextIO

import click

from reconciler.model.errors import Problem, ReconcilerError, RosterError
from reconciler.model.exit_code import (
    CUT_OFF,
    FAILED,
    INTERRUPTED,
    SOFTWARE,
    USAGE,
    code_of,
)
from reconciler.model.masking import mask

_UNWRITABLE = frozenset(
    {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
)
"""What the system says of an output that takes nothing more."""


def fail(error: Exception) -> int:
    """Say what went wrong; the exit code."""
    try:
        return _said(error)
    except OSError as unwritable:
        return _unwritable(unwritable)


def cut_off() -> int:
    """Say nothing to a reader that went away; the exit code."""
    _discard(sys.stdout)
    return CUT_OFF


def ended(kind: str, message: str, code: int) -> int:
    """Say why a command ended without its own output; *code*.

    With ``--output json`` standard output gets an error document: there is one for
    every ending.
    """
    _document(kind, message, code)
    click.echo(message, err=True)
    return code


def interrupted() -> int:
    """Say that a person ended the command; the exit code."""
    return ended("Interrupted", "Interrupted.", INTERRUPTED)


def _said(error: Exception) -> int:
    if isinstance(error, OSError) and error.errno in _UNWRITABLE:
        return _unwritable(error)
    if isinstance(error, ReconcilerError):
        return _ours(error)
    if isinstance(error, click.ClickException):
        return _misused(error)
    if isinstance(error, click.Abort):
        return interrupted()
    return _bug(error)


def _unwritable(error: OSError) -> int:
    """Standard output takes nothing: there is only standard error to say so."""
    if isinstance(error, BrokenPipeError):
        return cut_off()
    _discard(sys.stdout)
    click.echo(f"error: cannot write the output: {error.strerror}", err=True)
    return FAILED


def _discard(stream: TextIO | None) -> None:
    """Let what could not be written go nowhere when the process ends."""
    if stream is None:
        return
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _misused(error: click.ClickException) -> int:
    """A command line that cannot be run, with its usage on standard error."""
    code = USAGE if isinstance(error, click.UsageError) else error.exit_code
    _document(type(error).__name__, error.format_message(), code)
    error.show()
    return code


def _ours(error: ReconcilerError) -> int:
    code = code_of(error)
    problems: tuple[Problem, ...] = ()
    if isinstance(error, RosterError):
        problems = error.problems
    _document(type(error).__name__, str(error), code, problems)
    if isinstance(error, RosterError):
        from reconciler.files.problem import render_problem  # noqa: PLC0415 - heavy

        for problem in error.problems:
            click.echo(render_problem(problem, numbers=_wants_numbers()), err=True)
    else:
        click.echo(f"error: {mask(str(error))}", err=True)
    return code


def _document(
    kind: str, message: str, code: int, problems: tuple[Problem, ...] = ()
) -> None:
    """The error as JSON on standard output, where that is wanted."""
    if not _wants_json():
        return
    error: dict[str, object] = {"kind": kind, "message": mask(message)}
    error |= {"exit_code": code, "problems": list(_problems(problems))}
    click.echo(json.dumps({"format_version": "1", "error": error}))


def _problems(problems: tuple[Problem, ...]) -> Iterator[object]:
    if problems:
        from reconciler.files.problem import problem_data  # noqa: PLC0415 - heavy

        for problem in problems:
            yield problem_data(problem, numbers=_wants_numbers())


def _wants_json() -> bool:
    """The context is gone by now: the words of the call are not."""
    words = sys.argv[1:]
    return "--output=json" in words or any(
        pair == ("--output", "json") for pair in itertools.pairwise(words)
    )


def _wants_numbers() -> bool:
    """As above."""
    return "--show-numbers" in sys.argv[1:]


def _bug(error: Exception) -> int:
    """Nothing that was expected: say so, with what a report needs."""
    _document(type(error).__name__, f"a bug in reconciler: {error}", SOFTWARE)
    lines = "".join(traceback.format_exception(error)).rstrip()
    click.echo("\n".join(map(mask, lines.split("\n"))), err=True)
    click.echo(
        "error: this is a bug in reconciler; nobody was hung up. Please report the "
        "lines above.",
        err=True,
    )
    return SOFTWARE
