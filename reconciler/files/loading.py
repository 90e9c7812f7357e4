"""Roster files → rosters, or everything that is wrong with them.

A file with an error holds back its own rooms and no others: they stay as they
were loaded before. A room that is declared twice is held back in both places.
"""

import gc
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.files.cache import Cache
from reconciler.files.declared_room import DeclaredRoom
from reconciler.files.folder import (
    STDIN,
    Content,
    is_folder,
    read_file,
    roster_files,
)
from reconciler.files.page import by_place, with_snippets
from reconciler.files.sheet import Sheet
from reconciler.model.errors import Problem, RefusedFile, RosterError, Severity
from reconciler.model.policy import UNRESTRICTED, Policy
from reconciler.model.roster import Roster

Told = Callable[[int, int], None]
"""Is told how many files of how many were read."""


@dataclass(frozen=True, slots=True)
class Loading:
    """What the files of one run declare.

    ``rosters`` are sorted by file, then position; ``changed_at`` has the Unix
    time at which the file of each was last written or put in place. ``folder``
    is the absolute path of the folder, its links kept, when exactly one was
    named and nothing else, else None. ``files`` are as shown in messages;
    ``refused`` are those of them, or of the folders searched, with an error.
    """

    rosters: tuple[Roster, ...]
    folder: str | None
    warnings: tuple[Problem, ...]
    files: tuple[str, ...]
    refused: tuple[RefusedFile, ...] = ()
    changed_at: Mapping[str, float] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        """The absolute path of each file."""
        return tuple(map(_absolute, self.files))

    @property
    def path_of(self) -> dict[str, str]:
        """The absolute path of each room's file."""
        names = ((each.room, each.source) for each in self.rosters)
        return {room: _absolute(source.rpartition(":")[0]) for room, source in names}

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Every error, in the order of the files."""
        return tuple(each for file in self.refused for each in file.problems)

    def quiet_at(self, now: float, seconds: float) -> dict[str, float]:
        """Rooms whose file is younger than *seconds*, and when it no longer is."""
        ages = {room: min(at, now) + seconds for room, at in self.changed_at.items()}
        return {room: until for room, until in ages.items() if until > now}


def load(
    paths: Sequence[Path],
    environ: Mapping[str, str],
    *,
    cache: Cache | None = None,
    policy: Policy = UNRESTRICTED,
    told: Told = lambda _read, _all: None,
) -> Loading:
    """The rosters of *paths*, folders searched for ``*.yaml`` and ``*.yml``.

    Raises RosterError, with every problem of every file, if no file is without
    an error. With the *cache* of earlier loads of the same paths, only files
    that changed are parsed, to the same result.
    """
    loading, problems = examine(paths, environ, cache=cache, policy=policy, told=told)
    if loading.refused and not loading.rosters:
        raise RosterError(problems)
    return loading


def examine(
    paths: Sequence[Path],
    environ: Mapping[str, str],
    *,
    cache: Cache | None = None,
    policy: Policy = UNRESTRICTED,
    told: Told = lambda _read, _all: None,
) -> tuple[Loading, tuple[Problem, ...]]:
    """What can be read of *paths*, and every problem in file order."""
    problems: list[Problem] = []
    files = roster_files(paths, problems, [Path(each) for each in policy.links])
    joined = _Joined()
    for each in problems:
        joined.refuse(each.file, each)
    cache = Cache() if cache is None else cache
    cache.keep_only([name for name, _ in files])
    with _uncollected():
        for count, (name, path) in enumerate(files):
            told(count, len(files))
            problems = []
            content = read_file(name, path, problems)
            for each in problems:
                joined.refuse(name, each)
            if content is not None:
                sheet = cache.sheet(name, content.data, environ, policy)
                joined.add(name, content, sheet)
    loading = joined.loading(_folder(paths), tuple(name for name, _ in files))
    return loading, tuple(joined.problems())


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


@dataclass(slots=True)
class _Joined:
    """The files read so far, as one. ``_own`` are problems of one file alone."""

    _own: dict[str, list[Problem]] = field(default_factory=dict)
    _twice: dict[str, list[Problem]] = field(default_factory=dict)
    _rooms: list[DeclaredRoom] = field(default_factory=list)
    _first: dict[str, DeclaredRoom] = field(default_factory=dict)
    _doubled: set[str] = field(default_factory=set)
    _changed_at: dict[str, float] = field(default_factory=dict)

    def refuse(self, name: str, problem: Problem) -> None:
        """Note an error about the file or folder *name* as a whole."""
        self._own.setdefault(name, []).append(problem)

    def add(self, name: str, content: Content, sheet: Sheet) -> None:
        """Put the file of *content* to those before it."""
        twice: list[Problem] = []
        for room in sheet.rooms:
            self._rooms.append(room)
            self._changed_at[room.name] = content.changed_at
            first = self._first.setdefault(room.name, room)
            if first is not room:
                self._doubled.add(room.name)
                twice.append(_declared_twice(room, first))
        if twice:
            text = content.data.decode("utf-8-sig")
            twice = with_snippets(twice, text, secret=sheet.secret)
        self._own[name], self._twice[name] = list(sheet.problems), twice

    def problems(self) -> Iterator[Problem]:
        """All of them, in the order of the files."""
        for name, own in self._own.items():
            yield from by_place([*own, *self._twice.get(name, ())])

    def loading(self, folder: str | None, files: tuple[str, ...]) -> Loading:
        """What was read, without the rooms that an error holds back."""
        faulty = {name for name, own in self._own.items() if any(map(_is_error, own))}
        rosters = tuple(
            each.roster
            for each in self._rooms
            if each.roster is not None
            and each.file not in faulty
            and each.name not in self._doubled
        )
        return Loading(
            rosters,
            folder,
            tuple(each for each in self.problems() if not _is_error(each)),
            files,
            tuple(self._refused(faulty)),
            {each.room: self._changed_at[each.room] for each in rosters},
        )

    def _refused(self, faulty: set[str]) -> Iterator[RefusedFile]:
        for name, own in self._own.items():
            errors = by_place(filter(_is_error, [*own, *self._twice.get(name, ())]))
            if errors:
                rooms = {each.name for each in self._rooms if each.file == name}
                held = rooms if name in faulty else rooms & self._doubled
                yield RefusedFile(
                    name, _absolute(name), tuple(sorted(held)), tuple(errors)
                )


def _is_error(problem: Problem) -> bool:
    return problem.severity is Severity.ERROR


def _declared_twice(room: DeclaredRoom, first: DeclaredRoom) -> Problem:
    message = f"this room is declared twice; first at {first.place}"
    hint = "one document declares the whole room"
    return Problem(room.file, room.line, room.column, message, hint=hint)


def _folder(paths: Sequence[Path]) -> str | None:
    if len(paths) == 1 and is_folder(paths[0]):
        return _absolute(str(paths[0]))
    return None


def _absolute(name: str) -> str:
    """The absolute path of *name* as given: no link in it is resolved."""
    return name if Path(name) == STDIN else os.path.abspath(name)  # noqa: PTH100
