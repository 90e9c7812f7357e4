"""Finds roster files in a folder: follows links, skips hidden names.

A link is followed where its target lies in the folder that was named, or in one
that the operator allows: a roster folder must not reach the rest of the machine.
A folder that a link shows a second time is searched once.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

SUFFIXES: Final = (".yaml", ".yml")

OUTSIDE: Final = "is a link to a target outside the folder"


def is_roster_file(name: str) -> bool:
    """Whether a file of this name is read: the ending in any case, not hidden."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".")


def search(
    folder: Path,
    *,
    allowed: Sequence[Path] = (),
    failed: Callable[[str, str], None] = lambda _path, _why: None,
) -> Iterator[str]:
    """The paths of the roster files below *folder*, in sorted order.

    *failed* is called with a path that cannot be searched, and the reason.
    """
    roots = tuple(os.path.realpath(each) for each in (folder, *allowed))
    seen: set[tuple[int, int]] = set()

    def note(error: OSError) -> None:
        failed(str(error.filename), f"cannot be read: {error.strerror}")

    for root, folders, names in os.walk(folder, onerror=note, followlinks=True):
        if _again(root, seen):
            folders[:] = []
            continue
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        folders[:] = [
            each for each in folders if _inside(f"{root}/{each}", roots, failed)
        ]
        for name in sorted(filter(is_roster_file, names)):
            path = os.path.join(root, name)  # noqa: PTH118 - one string, for thousands
            if _inside(path, roots, failed):
                yield path


def _again(folder: str, seen: set[tuple[int, int]]) -> bool:
    """Whether *folder* was searched under another name."""
    try:
        found = os.stat(folder)  # noqa: PTH116 - as above
    except OSError:
        return False
    key = (found.st_dev, found.st_ino)
    known = key in seen
    seen.add(key)
    return known


def _inside(
    path: str, roots: Sequence[str], failed: Callable[[str, str], None]
) -> bool:
    """Whether *path* is no link, or one to a place below *roots*."""
    if not os.path.islink(path):  # noqa: PTH114 - as above
        return True
    target = os.path.realpath(path)
    if any(
        target == root or target.startswith(f"{root.rstrip('/')}/") for root in roots
    ):
        return True
    failed(path, OUTSIDE)
    return False
