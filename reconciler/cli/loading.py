"""Roster files of a command line, read with their warnings shown."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from reconciler.cli.options import current
from reconciler.cli.reading import reading
from reconciler.files import Loading, load, render_problem


def load_files(paths: Sequence[str], folder: str) -> Loading:
    """The rosters of *paths*, or of *folder* when none is given."""
    quiet = current().verbosity < 0
    named = [Path(each) for each in paths or (folder,)]
    with reading(quiet=quiet) as told:
        loading = load(named, os.environ, told=told)
    if not quiet:
        for warning in loading.warnings:
            click.echo(render_problem(warning), err=True)
    return loading
