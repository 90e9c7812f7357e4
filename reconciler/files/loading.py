"""Roster files → rosters, or everything that is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.files.document import documents
from reconciler.files.folder import is_folder, problem, read_text, roster_files
from reconciler.files.page import Page
from reconciler.files.room import read_room
from reconciler.model.errors import Problem, RosterError, Severity
from reconciler.model.roster import Roster


@dataclass(frozen=True, slots=True)
class Loading:
    """What the files of one run declare.

    ``rosters`` are sorted by file, then position. ``folder`` is the absolute
    path of the folder when exactly one was named and nothing else, else None.
    ``files`` are as shown in messages.
    """

    rosters: tuple[Roster, ...]
    folder: str | None
    warnings: tuple[Problem, ...]
    files: tuple[str, ...]


def load(paths: Sequence[Path], environ: Mapping[str, str]) -> Loading:
    """The rosters of *paths*, folders searched for ``*.yaml`` and ``*.yml``.

    Raises RosterError with every error and warning of every file if there is
    an error anywhere.
    """
    loading, problems = examine(paths, environ)
    if any(each.severity is Severity.ERROR for each in problems):
        raise RosterError(problems)
    return loading


def examine(
    paths: Sequence[Path], environ: Mapping[str, str]
) -> tuple[Loading, tuple[Problem, ...]]:
    """What can be read of *paths*, and every problem in file order."""
    problems: list[Problem] = []
    files = roster_files(paths, problems)
    rosters: list[Roster] = []
    rooms: dict[str, str] = {}
    for name, path in files:
        text = read_text(name, path, problems)
        if text is not None:
            page = Page(name, text, environ)
            rosters += _rosters(page, rooms)
            problems += page.shown()
    loading = Loading(
        tuple(rosters),
        _folder(paths),
        tuple(each for each in problems if each.severity is Severity.WARNING),
        tuple(name for name, _ in files),
    )
    return loading, tuple(problems)


def _rosters(page: Page, rooms: dict[str, str]) -> list[Roster]:
    rosters: list[Roster] = []
    empty = True
    for node in documents(page):
        empty = False
        roster = read_room(page, node, rooms)
        if roster is not None:
            rosters.append(roster)
    if empty and not page.errors:
        hint = "an empty file is not an empty declaration: begin with version: 1"
        page.problems.append(problem(page.file, "no roster in this file", hint))
        page.errors += 1
    return rosters


def _folder(paths: Sequence[Path]) -> str | None:
    if len(paths) == 1 and is_folder(paths[0]):
        return str(paths[0].resolve())
    return None
