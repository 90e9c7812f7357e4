"""Joins the files of a load: declared rooms, and rooms of rejected files."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct, field

from reconciler.files.common_phones import common_phones
from reconciler.files.declared_room import DeclaredRoom
from reconciler.files.folder import STDIN, Content
from reconciler.files.referenced_files import ReferencedFiles
from reconciler.files.roster_file import RosterFile, is_error
from reconciler.files.yaml_text import by_place, with_snippets
from reconciler.model.declaration import Declaration
from reconciler.model.errors import Problem, RefusedFile


class Joined(Struct):
    """The files read so far. ``_own`` are problems of one file alone.

    ``_parts`` are the files that rooms include, ``_whole`` those that declare
    something themselves.
    """

    referenced: ReferencedFiles
    _own: dict[str, list[Problem]] = field(default_factory=dict)
    _across: dict[str, list[Problem]] = field(default_factory=dict)
    _rooms: list[DeclaredRoom] = field(default_factory=list)
    _first: dict[str, DeclaredRoom] = field(default_factory=dict)
    _doubled: set[str] = field(default_factory=set)
    _clashing: set[str] = field(default_factory=set)
    _written: dict[str, float] = field(default_factory=dict)
    _parts: set[str] = field(default_factory=set)
    _whole: set[str] = field(default_factory=set)
    _shared: list[Problem] | None = None

    def expect(self, names: Iterable[str]) -> None:
        """Fix the order in which problems of files are told."""
        for name in names:
            self._own.setdefault(name, [])

    def refuse(self, name: str, problem: Problem) -> None:
        """Note an error about the file or folder *name* as a whole."""
        self._own.setdefault(name, []).append(problem)

    def clash(self, name: str, problem: Problem) -> None:
        """Note that *name* declares for all rooms what another file does, too."""
        self._across.setdefault(name, []).append(problem)
        self._clashing.add(name)

    def add(self, name: str, content: Content, roster_file: RosterFile) -> None:
        """Put the file of *content* to those before it."""
        self._own[name] = list(roster_file.problems)
        self._written[name] = content.changed_at
        self._parts |= {absolute(part) for part in roster_file.parts}
        if roster_file.rooms or roster_file.shared.names:
            self._whole.add(name)
        problems = self._across.get(name, [])
        for room in roster_file.rooms:
            self._rooms.append(room)
            first = self._first.setdefault(room.name, room)
            if first is not room:
                self._doubled.add(room.name)
                problems.append(_declared_twice(room, first))
        if problems:
            text = content.data.decode("utf-8-sig")
            self._across[name] = with_snippets(
                problems, text, secret=roster_file.secret
            )

    def problems(self) -> Iterator[Problem]:
        """All of them, each once, in the order of the files."""
        told = dict[Problem, None]()
        for name in self._files():
            told |= dict.fromkeys(by_place(self._of(name)))
        yield from told
        yield from self._phones()

    def _files(self) -> Iterator[str]:
        """Every file that is not only a part of others."""
        for name in self._own:
            if name in self._whole or absolute(name) not in self._parts:
                yield name

    def _of(self, name: str) -> list[Problem]:
        return [*self._own[name], *self._across.get(name, ())]

    def _phones(self) -> list[Problem]:
        if self._shared is None:
            self._shared = list(common_phones(self._sound()))
        return self._shared

    def declarations(self) -> Iterator[Declaration]:
        """What was read, without the rooms of rejected files."""
        for room in self._sound():
            if room.declaration is not None:
                yield room.declaration

    def _sound(self) -> Iterator[DeclaredRoom]:
        faulty = self._faulty()
        for room in self._rooms:
            held = room.file in faulty or not faulty.isdisjoint(room.files)
            if room.declaration and not held and room.name not in self._doubled:
                yield room

    def _faulty(self) -> set[str]:
        """The files that are rejected: their rooms keep the roster loaded before."""
        return {name for name in self._files() if self._is_faulty(name)}

    def _is_faulty(self, name: str) -> bool:
        errors = filter(is_error, self._own[name])
        return name in self._clashing or any(problem.file == name for problem in errors)

    def changed_at(self, room: str) -> float:
        """When the file of *room*, or one that it depends on, was last written."""
        first = self._first[room]
        return max(map(self._time_of, (first.file, *first.files)))

    def _time_of(self, name: str) -> float:
        written = self._written.get(name)
        return self.referenced.changed_at(name) if written is None else written

    def refused(self) -> Iterator[RefusedFile]:
        """The files with an error, and the rooms of each, which keep their roster."""
        faulty = self._faulty()
        for name in self._files():
            errors = by_place(filter(is_error, self._of(name)))
            if errors:
                held = tuple(sorted(self._held(name, faulty=name in faulty)))
                yield RefusedFile(name, absolute(name), held, tuple(errors))

    def _held(self, name: str, *, faulty: bool) -> set[str]:
        own = [
            declared_room for declared_room in self._rooms if declared_room.file == name
        ]
        if faulty:
            users = [
                declared_room
                for declared_room in self._rooms
                if name in declared_room.files
            ]
            return {declared_room.name for declared_room in (*own, *users)}
        return {
            declared_room.name
            for declared_room in own
            if declared_room.declaration is None or declared_room.name in self._doubled
        }


def _declared_twice(room: DeclaredRoom, first: DeclaredRoom) -> Problem:
    message = f"this room is declared twice; first at {first.place}"
    hint = "one document declares the whole room"
    return Problem(room.file, room.line, room.column, message, hint=hint)


def absolute(name: str) -> str:
    """The absolute path of *name* as given: no link in it is resolved."""
    return name if Path(name) == STDIN else os.path.abspath(name)  # noqa: PTH100
