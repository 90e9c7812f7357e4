"""People, groups, roles and modes shared by all rooms of a load."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from msgspec import Struct, field
from yaml.nodes import Node, ScalarNode

from reconciler.files.node_shape import Shape
from reconciler.files.referenced_files import SourceText
from reconciler.model.errors import Problem


class SharedKind(StrEnum):
    """What a shared document declares, as its keys name it."""

    PEOPLE = "people"
    GROUPS = "groups"
    ROLES = "roles"
    MODES = "modes"


Name: TypeAlias = tuple[SharedKind, str]


@dataclass(frozen=True, slots=True, eq=False)
class SharedEntry:
    """One person, group, role or mode: its key, its value, and what it came from.

    ``files`` are the shared document's file and those that it names. Two of equal
    ``shape`` are read to the same result.
    """

    key: ScalarNode
    value: Node
    files: frozenset[str]
    shape: Shape


class SharedPart(Struct, frozen=True):
    """What one file declares for all rooms. ``broken``: it has errors there."""

    names: Mapping[Name, SharedEntry] = field(default_factory=dict)
    texts: Mapping[str, SourceText] = field(default_factory=dict)
    broken: bool = False


NOTHING_SHARED: Final = SharedPart()


class Directory(Struct):
    """The shared documents of a load. ``broken`` are the files of it with errors."""

    kinds: dict[SharedKind, dict[str, SharedEntry]] = field(
        default_factory=lambda: {kind: {} for kind in SharedKind}
    )
    texts: dict[str, SourceText] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()

    def add(self, file: str, part: SharedPart) -> list[Problem]:
        """Put *part* of *file* to it; what another file declares, too, is an error."""
        problems: list[Problem] = []
        for name, declared in part.names.items():
            kind, word = name
            first = self.kinds[kind].setdefault(word, declared)
            if first is not declared:
                files = first.files | declared.files
                both = SharedEntry(first.key, first.value, files, (*sorted(files),))
                self.kinds[kind][word] = both
                problems.append(_twice(name, declared, first))
        self.texts |= part.texts
        if part.broken or problems:
            self.broken |= {file}
        return problems

    def get(self, kind: SharedKind, name: str) -> SharedEntry | None:
        """What is declared under *name*, or None."""
        return self.kinds[kind].get(name)


def _twice(name: Name, declared: SharedEntry, first: SharedEntry) -> Problem:
    kind, word = name
    mark, before = declared.key.start_mark, first.key.start_mark
    place = f"{before.name}:{before.line + 1}:{before.column + 1}"
    message = f"{word!r} is declared twice under {kind}; first at {place}"
    hint = "declare it in one place"
    return Problem(mark.name, mark.line + 1, mark.column + 1, message, hint=hint)
