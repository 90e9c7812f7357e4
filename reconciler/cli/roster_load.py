"""Reads the roster files of a command and prints warnings."""

import os
import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from reconciler.cli.load_progress import reading
from reconciler.cli.options import current
from reconciler.files import Loading, examine, load, problem_data, render_problem
from reconciler.files.policy_file import load_policy
from reconciler.model.load_result import Loaded, RoomHome
from reconciler.settings import Settings


def load_files(paths: Sequence[str], of: Settings) -> Loading:
    """The rosters of *paths*, or of the folder that is set when none is given.

    Warnings are shown, and the errors of files that hold back their own rooms;
    RosterError if no file is without an error.
    """
    quiet = current().verbosity < 0
    with reading(quiet=quiet) as told:
        loading = load(
            named_paths(paths, of.desired),
            os.environ,
            policy=load_policy(of.policy),
            told=told,
        )
    for problem in (*(() if quiet else loading.warnings), *loading.errors):
        click.echo(render_problem(problem), err=True)
    return loading


def reread_files(paths: Sequence[str], of: Settings) -> Loading:
    """The same files again, in silence and whatever is wrong with them."""
    policy = load_policy(of.policy)
    return examine(named_paths(paths, of.desired), os.environ, policy=policy)[0]


def named_paths(paths: Sequence[str], folder: str) -> list[Path]:
    """*paths*, or *folder* when none is given."""
    return [Path(each) for each in paths or (folder,)]


def load_lines(loaded: Loaded) -> Iterator[str]:
    """What a load did beyond the rooms that it declares, for people."""
    if loaded.released:
        yield f"Released, nobody hung up: {', '.join(loaded.released)}"
    if loaded.held:
        names = ", ".join(loaded.held)
        yield f"Not loaded, because their files have errors: {names}"
    for each in loaded.taken:
        yield f"Taken over: {each.room}, previously declared by {each.folder}"
    for each in loaded.foreign:
        yield (
            f"Not loaded: {each.room} is declared by {each.folder}. To move it here: "
            "reconciler sync --take-over"
        )
    for folder, found in groupby(
        sorted(loaded.elsewhere, key=lambda each: each.folder),
        key=lambda each: each.folder,
    ):
        rooms = [each.room for each in found]
        yield (
            f"Also managed, from {folder}: {', '.join(rooms)}. To stop managing: "
            f"reconciler release {shlex.join(rooms)}"
        )


def load_data(loading: Loading, loaded: Loaded) -> dict[str, Any]:
    """The same for JSON, and the refused files with their problems."""
    return {
        "released": [{"conference": room} for room in loaded.released],
        "held": list(loaded.held),
        "foreign": [_elsewhere(each) for each in loaded.foreign],
        "taken": [_elsewhere(each) for each in loaded.taken],
        "elsewhere": [_elsewhere(each) for each in loaded.elsewhere],
        "refused": [
            {
                "file": each.file,
                "rooms": list(each.rooms),
                "problems": [problem_data(found) for found in each.problems],
            }
            for each in loading.refused
        ],
    }


def _elsewhere(each: RoomHome) -> dict[str, str]:
    return {"conference": each.room, "folder": each.folder}
