"""Files referenced by a roster file: CSV of people, included parts."""

import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

from msgspec import Struct

from reconciler.files.folder import Content, read_file
from reconciler.model.errors import Problem

ABSENT = b""
"""The digest of a file that cannot be read."""


class SourceText(Struct, frozen=True):
    """A file's text that nodes point into; no line of a ``secret`` one is shown."""

    text: str
    secret: bool = False


class ReferencedFiles:
    """Other files as one load finds them: each is read at most once."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = folders
        self._found: dict[str, Content | Problem] = {}

    def content(self, name: str) -> Content | Problem:
        """The content of the file *name*, or why it cannot be had."""
        if name not in self._found:
            problems: list[Problem] = []
            content = read_file(name, Path(name), problems)
            self._found[name] = problems[0] if content is None else content
        return self._found[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The files that were asked for, sorted."""
        return tuple(sorted(self._found))

    def digest(self, name: str) -> bytes:
        """What tells one content of the file from another."""
        content = self.content(name)
        return ABSENT if isinstance(content, Problem) else digest(content.data)

    def changed_at(self, name: str) -> float:
        """When the file was last written or put in place, 0 if it cannot be read."""
        content = self.content(name)
        return 0.0 if isinstance(content, Problem) else content.changed_at

    def roots(self, name: str) -> tuple[str, ...]:
        """Where the files that *name* names must be: its folder of the load, or its own."""
        path = os.path.abspath(name)  # noqa: PTH100 - links kept
        folders = [os.path.abspath(each) for each in self._folders]  # noqa: PTH100
        above = [
            folder for folder in folders if path.startswith(f"{folder.rstrip('/')}/")
        ]
        return tuple(map(os.path.realpath, above or [os.path.dirname(path)]))  # noqa: PTH120


def digest(content: bytes) -> bytes:
    """What tells one content from another."""
    return blake2b(content).digest()
