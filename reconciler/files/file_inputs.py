"""Inputs of a parsed file besides its own text.

A file is read again once any of it changes.
"""

from collections.abc import Iterable

from msgspec import Struct, field

from reconciler.files.directory import Directory, Name, SharedEntry, SharedKind
from reconciler.files.node_shape import Shape
from reconciler.files.referenced_files import ReferencedFiles


class FileInputs(Struct):
    """``room`` has the other files that the room being read depends on, by name.

    ``shared`` and ``files`` are everything that the file asked for so far, with what
    tells it from another: a shape, a digest. ``parts`` are those that were included.
    ``unread`` are places of labels whose rows of a CSV file cannot be read.
    """

    directory: Directory = field(default_factory=Directory)
    referenced: ReferencedFiles = field(default_factory=ReferencedFiles)
    room: set[str] = field(default_factory=set)
    shared: dict[Name, Shape | None] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)

    def find(self, kind: SharedKind, name: str) -> SharedEntry | None:
        """What a shared document declares under *name*."""
        shared = self.directory.get(kind, name)
        self.shared[kind, name] = shared.shape if shared else None
        if shared:
            self.room |= shared.files
        return shared

    def all(self, kind: SharedKind) -> dict[str, SharedEntry]:
        """Everything of a kind that shared documents declare."""
        found = self.directory.kinds[kind]
        self.shared[kind, ""] = tuple(found)
        return found

    def name(self, file: str, *, part: bool) -> None:
        """Note that the file *file* is read, as a *part* of a roster or for people."""
        self.room.add(file)
        self.files[file] = self.referenced.digest(file)
        if part:
            self.parts.add(file)

    def current(self, shared: Iterable[tuple[Name, Shape | None]]) -> bool:
        """Whether *shared*, as asked for once, is the same now."""
        return all(self._shape(name) == shape for name, shape in shared)

    def _shape(self, name: Name) -> Shape | None:
        kind, word = name
        if not word:
            return tuple(self.directory.kinds[kind])
        shared_entry = self.directory.get(kind, word)
        return shared_entry.shape if shared_entry else None
