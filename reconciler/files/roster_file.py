"""One roster file: rooms, shared declarations and problems.

A roster file depends on the file's name and content, the policy, the environment
variables that it refers to, the files that it names, and what it takes from shared
documents.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct
from yaml.nodes import Node

from reconciler.files.declared_room import DeclaredRoom, read_room
from reconciler.files.directory import NOTHING_SHARED, Directory, Name, SharedPart
from reconciler.files.document import documents
from reconciler.files.file_inputs import FileInputs
from reconciler.files.folder import decoded, problem
from reconciler.files.node_shape import Shape
from reconciler.files.referenced_files import ReferencedFiles
from reconciler.files.shared_document import is_shared, read_shared
from reconciler.files.yaml_text import Page
from reconciler.model.errors import Problem, Severity
from reconciler.model.policy import UNRESTRICTED, Policy

_ROOM: Final = re.compile(rb"^[\"']?conference[\"']?[ \t]*:", re.MULTILINE)
_DOCUMENT: Final = re.compile(rb"^---", re.MULTILINE)
_TEXT: Final = re.compile(rb"^[^\s#%]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RosterFile:
    """A file as read; ``problems`` are by position.

    ``used`` is every variable that was looked up with its value, None where it is not
    set. ``secret`` says that no line of the file may be shown. ``names`` and ``files``
    are what shared documents and other files gave, as ``FileInputs`` has them. Only a
    ``settled`` roster file may be kept: what is wrong in another does not depend on
    these alone.
    """

    rooms: tuple[DeclaredRoom, ...]
    problems: tuple[Problem, ...]
    used: tuple[tuple[str, str | None], ...] = field(default=(), repr=False)
    secret: bool = False
    shared: SharedPart = NOTHING_SHARED
    names: tuple[tuple[Name, Shape | None], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()
    parts: frozenset[str] = frozenset()
    settled: bool = True


class Opened(Struct, frozen=True):
    """A file of which the shared documents are read; ``nodes`` are its rooms."""

    page: Page
    nodes: tuple[Node, ...]
    shared: SharedPart
    noted: "_Noted"


def may_share(content: bytes) -> bool:
    """Whether a document of *content* may be one for all rooms; quick, never False wrongly.

    A room in block style has its conference at the beginning of a line.
    """
    if b"\n---" not in content:
        return not _ROOM.search(content)
    parts = _DOCUMENT.split(content)
    return any(_TEXT.search(part) and not _ROOM.search(part) for part in parts)


def open_roster_file(
    name: str,
    content: bytes,
    environ: Mapping[str, str],
    policy: Policy,
    referenced: ReferencedFiles,
) -> Opened | None:
    """The file with its shared documents read; None where it is no text."""
    text = decoded(name, content)
    if not isinstance(text, str):
        return None
    noted = _Noted(environ)
    page = Page(name, text, noted, policy)
    page.inputs.referenced = referenced
    nodes = tuple(documents(page, named=True))
    syntax = page.errors > 0
    common = [node for node in nodes if is_shared(node)]
    shared = read_shared(page, common) if common or syntax else NOTHING_SHARED
    if syntax:
        shared = SharedPart(shared.names, shared.texts, broken=True)
    rooms = tuple(node for node in nodes if node not in common)
    return Opened(page, rooms, shared, noted)


def read_roster_file(
    name: str,
    content: bytes,
    environ: Mapping[str, str],
    policy: Policy = UNRESTRICTED,
    inputs: FileInputs | None = None,
) -> RosterFile:
    """The roster file of *content*, shown in messages as *name*."""
    text = decoded(name, content)
    if not isinstance(text, str):
        return RosterFile((), (text,))
    noted = _Noted(environ)
    page = Page(name, text, noted, policy)
    page.inputs = inputs or FileInputs()
    return _read(page, documents(page), noted, NOTHING_SHARED)


def read_opened(opened: Opened, directory: Directory) -> RosterFile:
    """The roster file of a file whose shared documents are in *directory*."""
    opened.page.inputs.directory = directory
    return _read(opened.page, opened.nodes, opened.noted, opened.shared)


def _read(
    page: Page, nodes: Iterable[Node], noted: "_Noted", shared: SharedPart
) -> RosterFile:
    page.sources |= page.inputs.directory.texts
    rooms = tuple(_rooms(page, nodes, empty=shared is NOTHING_SHARED))
    inputs, problems = page.inputs, tuple(page.shown())
    alone = not (inputs.shared or inputs.files)
    return RosterFile(
        rooms,
        problems,
        tuple(noted.used.items()),
        page.secret,
        shared,
        tuple(inputs.shared.items()),
        tuple(inputs.files.items()),
        frozenset(inputs.parts),
        settled=not page.blocked and (alone or not problems),
    )


def _rooms(page: Page, nodes: Iterable[Node], *, empty: bool) -> Iterator[DeclaredRoom]:
    for node in nodes:
        empty = False
        room = read_room(page, node)
        if room is not None:
            yield room
    if empty and not page.errors:
        hint = "an empty file is not an empty roster: begin with version: 1"
        page.problems.append(problem(page.file, "no roster in this file", hint))
        page.errors += 1


def is_error(problem: Problem) -> bool:
    """Whether *problem* keeps what it is about from being loaded."""
    return problem.severity is Severity.ERROR


class _Noted(Mapping[str, str]):
    """An environment that keeps what was asked of it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.used: dict[str, str | None] = {}

    def __getitem__(self, name: str) -> str:
        value = self.used[name] = self._environ.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)
