"""Roster files of a command line, read with their warnings shown."""

import os
from collections.abc import Sequence
from pathlib import Path

import click

from reconciler.cli.options import current
from reconciler.files import Loading, load, render_problem


def load_files(paths: Sequence[str], folder: str) -> Loading:
    """The rosters of *paths*, or of *folder* when none is given."""
    loading = load([Path(each) for each in paths or (folder,)], os.environ)
    if current().verbosity >= 0:
        for warning in loading.warnings:
            click.echo(render_problem(warning), err=True)
    return loading
