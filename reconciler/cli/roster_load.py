"""Reads the roster files of a command and prints warnings."""

import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby

import click

from reconciler.bootstrap.roster_source import read_rosters
from reconciler.cli.load_progress import reading
from reconciler.cli.options import current
from reconciler.files import Loading, render_problem
from reconciler.model.load_result import Loaded
from reconciler.model.policy import Policy
from reconciler.settings import Settings


def load_files(
    paths: Sequence[str], of: Settings, policy: Policy | None = None
) -> Loading:
    """The rosters of *paths*, or of the folder that is set when none is given.

    Warnings are shown, and the errors of files that are rejected;
    RosterError if no file is without an error. *policy* is that of *of*, if it was
    read before.
    """
    quiet, numbers = current().verbosity < 0, current().numbers
    with reading(quiet=quiet) as told:
        loading = read_rosters(paths, of, told, policy)
    for problem in (*(() if quiet else loading.warnings), *loading.errors):
        click.echo(render_problem(problem, numbers=numbers), err=True)
    return loading


def load_lines(loaded: Loaded) -> Iterator[str]:
    """What a load did beyond the rooms that it declares, for people."""
    if loaded.released:
        yield f"Released, nobody hung up: {', '.join(loaded.released)}"
    if loaded.held:
        names = ", ".join(loaded.held)
        yield f"Not loaded, because their files have errors: {names}"
    for home in loaded.taken:
        yield f"Taken over: {home.room}, previously declared by {home.folder}"
    for home in loaded.foreign:
        yield (
            f"Not loaded: {home.room} is declared by {home.folder}. To move it here: "
            "reconciler sync --take-over"
        )
    for folder, homes in groupby(
        sorted(loaded.elsewhere, key=lambda home: home.folder),
        key=lambda home: home.folder,
    ):
        rooms = [home.room for home in homes]
        yield (
            f"Also managed, from {folder}: {', '.join(rooms)}. To stop managing: "
            f"reconciler release {shlex.join(rooms)}"
        )
