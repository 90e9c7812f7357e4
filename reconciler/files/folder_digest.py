"""Digest of what a load read: an unchanged folder need not be parsed again.

Files are known by their content, never by their times.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path

from msgspec import Struct

from reconciler.files.folder import Content, read_file, roster_files
from reconciler.files.referenced_files import ReferencedFiles, digest
from reconciler.model.errors import Problem
from reconciler.model.policy import Policy


class FolderContent(Struct, frozen=True):
    """What a folder holds. ``changed_at`` is when a file of it was last written."""

    digest: str
    changed_at: float


def contents_digest(
    contents: Mapping[str, Content], referenced: ReferencedFiles
) -> str:
    """What tells these files, and those that they name, from others."""
    found = blake2b(digest_size=32)
    for name in sorted(contents):
        _add(found, name, digest(contents[name].data))
    for name in referenced.names:
        _add(found, name, referenced.digest(name))
    return found.hexdigest()


def _add(found: "blake2b", name: str, content: bytes) -> None:
    for each in (name.encode("utf-8", "surrogateescape"), content):
        found.update(len(each).to_bytes(4, "big"))
        found.update(each)


def folder_content(
    folder: Path, named: Iterable[str], policy: Policy
) -> FolderContent | None:
    """What *folder* holds now, beside the files that it *named*; None if not all can be read."""
    problems: list[Problem] = []
    contents: dict[str, Content] = {}
    for name, path in roster_files([folder], problems, list(map(Path, policy.links))):
        if (content := read_file(name, path, problems)) is not None:
            contents[name] = content
    referenced = ReferencedFiles([folder])
    others = [referenced.content(name) for name in named]
    if problems or any(isinstance(each, Problem) for each in others):
        return None
    times = [each.changed_at for each in contents.values()]
    times += map(referenced.changed_at, referenced.names)
    return FolderContent(contents_digest(contents, referenced), max(times))
