"""Whether roster files may have changed: a folder watched, and nothing read.

The folder is watched, not its files: editors put a new file in the place of the
old one, Kubernetes swaps a symbolic link, git replaces many files at once.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from pathlib import Path

import watchfiles

from reconciler.files.folder import SUFFIXES

DEBOUNCE = 0.3
"""Seconds for which nothing must happen before a change is told."""

POLL = 2.0
"""Seconds between two looks where the system tells nothing."""

LONGEST_DEBOUNCE = 2.0
"""Seconds after which a change is told although more keep coming."""

Fingerprint = frozenset[tuple[str, int, int, int]]
"""What a folder looks like: paths with inode, size and time of change."""


async def watch(
    folder: Path,
    on_change: Callable[[], None],
    *,
    debounce: float = DEBOUNCE,
    poll: float = POLL,
) -> None:
    """Call *on_change* whenever something below *folder* may have changed.

    Runs until cancelled. It may be called without need and never is called
    with what changed: whoever is called reads everything. The folder may be
    missing, go and come back. Changes that the system does not tell, as on
    network file systems, are found within *poll* seconds.
    """
    known = await asyncio.to_thread(fingerprint, folder)
    async with aclosing(_stirrings(folder, poll)) as stirrings:
        async for _ in stirrings:
            found = await asyncio.to_thread(fingerprint, folder)
            if found != known:
                known = await _settled(folder, found, debounce)
                on_change()


async def _settled(folder: Path, found: Fingerprint, debounce: float) -> Fingerprint:
    """The folder's looks once they stay the same for a while, or it takes too long."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST_DEBOUNCE
    while loop.time() < until:
        await asyncio.sleep(debounce)
        again = await asyncio.to_thread(fingerprint, folder)
        if again == found:
            break
        found = again
    return found


async def _stirrings(folder: Path, poll: float) -> AsyncGenerator[None]:
    """A moment to look: when the system tells of something, and every *poll*."""
    while True:
        with suppress(OSError, RuntimeError):
            async with aclosing(_told(folder, poll)) as told:
                async for _ in told:
                    yield
                    if not await asyncio.to_thread(folder.is_dir):
                        break
        yield
        await asyncio.sleep(poll)


def _told(folder: Path, poll: float) -> AsyncGenerator[object]:
    """What the system tells of *folder*; RuntimeError or OSError if it cannot."""
    return watchfiles.awatch(
        folder,
        watch_filter=None,
        debounce=50,
        step=10,
        rust_timeout=int(poll * 1000),
        yield_on_timeout=True,
    )


def fingerprint(folder: Path) -> Fingerprint:
    """What the roster files below *folder* look like; empty if there is no folder.

    A file that is a link is looked at where it leads: a link's swap is a change.
    """
    return frozenset(_files(str(folder)))


def _files(folder: str) -> Iterator[tuple[str, int, int, int]]:
    for root, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".")]
        for name in names:
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield _look(f"{root}/{name}")


def _look(path: str) -> tuple[str, int, int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 - one call, for thousands
    except OSError:
        return path, 0, 0, 0
    return path, found.st_ino, found.st_size, found.st_mtime_ns
