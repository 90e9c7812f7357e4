"""One roster file read on its own: its rooms, and what is wrong in it.

What spans several files is not known here: a sheet depends on the file's name,
its content, the policy and the environment variables that it refers to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.files.declared_room import DeclaredRoom, read_room
from reconciler.files.document import documents
from reconciler.files.folder import decoded, problem
from reconciler.files.page import Page
from reconciler.model.errors import Problem
from reconciler.model.policy import UNRESTRICTED, Policy


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as read; ``problems`` are by position.

    ``used`` is every variable that was looked up with its value, None where it
    is not set. ``secret`` says that no line of the file may be shown.
    """

    rooms: tuple[DeclaredRoom, ...]
    problems: tuple[Problem, ...]
    used: tuple[tuple[str, str | None], ...] = field(default=(), repr=False)
    secret: bool = False


def read_sheet(
    name: str,
    content: bytes,
    environ: Mapping[str, str],
    policy: Policy = UNRESTRICTED,
) -> Sheet:
    """The sheet of *content*, shown in messages as *name*."""
    text = decoded(name, content)
    if not isinstance(text, str):
        return Sheet((), (text,))
    noted = _Noted(environ)
    page = Page(name, text, noted, policy)
    rooms = tuple(_rooms(page))
    problems = tuple(page.shown())
    return Sheet(rooms, problems, tuple(noted.used.items()), page.secret)


def _rooms(page: Page) -> Iterator[DeclaredRoom]:
    empty = True
    for node in documents(page):
        empty = False
        room = read_room(page, node)
        if room is not None:
            yield room
    if empty and not page.errors:
        hint = "an empty file is not an empty declaration: begin with version: 1"
        page.problems.append(problem(page.file, "no roster in this file", hint))
        page.errors += 1


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
