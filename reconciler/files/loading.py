"""Roster files → rosters, or everything that is wrong with them."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.files.cache import Cache
from reconciler.files.folder import is_folder, read_bytes, roster_files
from reconciler.files.page import by_place, with_snippets
from reconciler.files.room import Room
from reconciler.files.sheet import Sheet
from reconciler.model.errors import Problem, RosterError, Severity
from reconciler.model.roster import Roster

Told = Callable[[int, int], None]
"""Is told how many files of how many were read."""


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


def load(
    paths: Sequence[Path],
    environ: Mapping[str, str],
    *,
    cache: Cache | None = None,
    told: Told = lambda _read, _all: None,
) -> Loading:
    """The rosters of *paths*, folders searched for ``*.yaml`` and ``*.yml``.

    Raises RosterError with every error and warning of every file if there is
    an error anywhere. With the *cache* of earlier loads of the same paths, only
    files that changed are parsed, to the same result.
    """
    loading, problems = examine(paths, environ, cache=cache, told=told)
    if any(each.severity is Severity.ERROR for each in problems):
        raise RosterError(problems)
    return loading


def examine(
    paths: Sequence[Path],
    environ: Mapping[str, str],
    *,
    cache: Cache | None = None,
    told: Told = lambda _read, _all: None,
) -> tuple[Loading, tuple[Problem, ...]]:
    """What can be read of *paths*, and every problem in file order."""
    problems: list[Problem] = []
    files = roster_files(paths, problems)
    cache = Cache() if cache is None else cache
    cache.keep_only([name for name, _ in files])
    joined = _Joined(problems)
    with _uncollected():
        for count, (name, path) in enumerate(files):
            told(count, len(files))
            content = read_bytes(name, path, problems)
            if content is not None:
                joined.add(content, cache.sheet(name, content, environ))
    return _loading(paths, files, joined), tuple(problems)


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for garbage meanwhile: reading makes much to keep and no cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _loading(
    paths: Sequence[Path], files: Iterable[tuple[str, Path]], joined: "_Joined"
) -> Loading:
    return Loading(
        tuple(joined.rosters),
        _folder(paths),
        tuple(each for each in joined.problems if each.severity is Severity.WARNING),
        tuple(name for name, _ in files),
    )


@dataclass(slots=True)
class _Joined:
    """The sheets read so far, as one: no room may be declared twice."""

    problems: list[Problem]
    rosters: list[Roster] = field(default_factory=list)
    _first: dict[str, Room] = field(default_factory=dict)

    def add(self, content: bytes, sheet: Sheet) -> None:
        """Put the file of *content* to those before it."""
        twice: list[Problem] = []
        for room in sheet.rooms:
            first = self._first.setdefault(room.name, room)
            if first is not room:
                twice.append(_declared_twice(room, first))
            elif room.roster is not None:
                self.rosters.append(room.roster)
        if twice:
            text = content.decode("utf-8-sig")
            twice = with_snippets(twice, text, secret=sheet.secret)
        self.problems += by_place([*sheet.problems, *twice])


def _declared_twice(room: Room, first: Room) -> Problem:
    message = f"this room is declared twice; first at {first.place}"
    hint = "one document declares the whole room"
    return Problem(room.file, room.line, room.column, message, hint=hint)


def _folder(paths: Sequence[Path]) -> str | None:
    if len(paths) == 1 and is_folder(paths[0]):
        return str(paths[0].resolve())
    return None
