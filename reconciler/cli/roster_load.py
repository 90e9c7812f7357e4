"""Reads the roster files of a command and prints warnings."""

import asyncio
import shlex
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import click
from msgspec import Struct

from reconciler.bootstrap.account_source import roster_policy
from reconciler.bootstrap.known_folder import KnownFolder, folder_rules, known_folder
from reconciler.bootstrap.roster_source import read_rosters
from reconciler.cli.load_progress import reading
from reconciler.cli.options import current
from reconciler.files import Loading, render_problem
from reconciler.files.loading import NOTHING_READ
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


class RosterFiles(Struct, frozen=True):
    """What files declare.

    ``known`` is their folder where they were not parsed, as a load of it changes nothing:
    then ``loading`` is empty. ``rules`` is what to know it by the next time.
    """

    loading: Loading
    known: KnownFolder | None
    rules: Callable[[], str]


def files_of(paths: Sequence[str], of: Settings, *, whole: bool) -> RosterFiles:
    """As ``load_files``; with *whole*, files of a known folder are not parsed."""
    policy = roster_policy(of)
    rules = folder_rules(policy)
    if whole and of.account is None:
        known = asyncio.run(known_folder(paths, of, policy, rules))
        if known is not None:
            return RosterFiles(NOTHING_READ, known, rules)
    return RosterFiles(load_files(paths, of, policy), None, rules)


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
