"""Watches a folder for possible changes of roster files.

The folder is watched, not its files: editors put a new file in the place of the
old one, Kubernetes swaps a symbolic link, git replaces many files at once. For a
single file, the folder that it is in.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing, suppress
from pathlib import Path

import watchfiles
from msgspec import Struct

from reconciler.files.roster_search import search

STEP_MS = 250
"""Milliseconds between two looks of the watching thread at what the system told it."""

MAX_DEBOUNCE_SECONDS = 2.0
"""Seconds after which a change is told although more keep coming."""

Fingerprint = frozenset[tuple[str, int, int, int]]
"""What a folder looks like: paths with inode, size and time of change."""


class WatchTiming(Struct, frozen=True):
    """``debounce_seconds`` pass without a change before one is told.

    ``poll_seconds`` are between two looks where the system tells nothing.
    """

    debounce_seconds: float = 0.3
    poll_seconds: float = 2.0


PROMPT = WatchTiming()


async def watch(
    path: Path,
    on_change: Callable[[], None],
    *,
    known: Fingerprint | None = None,
    named: Callable[[], Iterable[str]] = tuple,
    timing: WatchTiming = PROMPT,
) -> None:
    """Call *on_change* whenever the file *path*, or something below it, may have changed.

    So do the files that *named* gives: those that roster files name. Runs until
    cancelled. It may be called without need and never is called with what changed:
    whoever is called reads everything. *path* may be missing, go and come back. Changes
    that the system does not tell, as on network file systems, are found within
    ``poll_seconds``. *known* is what it looked like before it was read; else that is what
    it looks like at first.
    """

    def look() -> Fingerprint:
        return fingerprint(path, named())

    if known is None:
        known = await asyncio.to_thread(look)
    async with aclosing(_stirrings(path, timing.poll_seconds)) as stirrings:
        async for _ in stirrings:
            found = await asyncio.to_thread(look)
            if found != known:
                known = await _settled(look, found, timing.debounce_seconds)
                on_change()


async def _settled(
    look: Callable[[], Fingerprint], found: Fingerprint, debounce_seconds: float
) -> Fingerprint:
    """The fingerprint once it stays the same for a while, or it takes too long."""
    loop = asyncio.get_running_loop()
    until = loop.time() + MAX_DEBOUNCE_SECONDS
    while loop.time() < until:
        await asyncio.sleep(debounce_seconds)
        again = await asyncio.to_thread(look)
        if again == found:
            break
        found = again
    return found


async def _stirrings(path: Path, poll_seconds: float) -> AsyncGenerator[None]:
    """A moment to look: when the system reports something, and every *poll_seconds*."""
    while True:
        with suppress(OSError, RuntimeError):
            folder = await asyncio.to_thread(_folder_of, path)
            single = None if folder == path else path.name
            async with aclosing(_told(folder, single, poll_seconds)) as told:
                async for _ in told:
                    yield
                    if not await asyncio.to_thread(folder.is_dir):
                        break
        yield
        await asyncio.sleep(poll_seconds)


def _folder_of(path: Path) -> Path:
    return path.parent if path.is_file() else path


def _told(
    folder: Path, single: str | None, poll_seconds: float
) -> AsyncGenerator[object]:
    """What the system reports of *folder*, or of the one file *single* in it.

    RuntimeError or OSError if it cannot.
    """

    def concerns(_: watchfiles.Change, path: str) -> bool:
        return single is None or os.path.basename(path) == single  # noqa: PTH119

    return watchfiles.awatch(
        folder,
        watch_filter=concerns,
        recursive=single is None,
        debounce=STEP_MS,
        step=STEP_MS,
        rust_timeout=int(poll_seconds * 1000),
        yield_on_timeout=True,
    )


def fingerprint(path: Path, named: Iterable[str] = ()) -> Fingerprint:
    """What the roster file *path*, or those below it, and those *named* look like.

    Empty if *path* is missing and none is named.

    A file that is a link is looked at where it leads: a link's swap is a change.
    """
    others = frozenset(map(_look, named))
    if path.is_dir():
        return others | frozenset(map(_look, search(path)))
    return others | ({_look(str(path))} if path.exists() else set())


def _look(path: str) -> tuple[str, int, int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 - one call, for thousands
    except OSError:
        return path, 0, 0, 0
    return path, found.st_ino, found.st_size, found.st_mtime_ns
