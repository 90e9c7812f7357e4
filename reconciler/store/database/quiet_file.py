"""Tells without a read that nobody wrote to an SQLite database.

A commit changes the time or the size of the file or of its write-ahead log. Times are
kept by ticks of the kernel's clock, or worse: of two commits within one, the second may
leave the time as it is. So files count as quiet once a read that began well after they
looked so returned nothing.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")

APART_SECONDS = 2.0
"""Seconds between a look at the files and the read that confirms it: file systems keep
times by up to two seconds."""

FileState = tuple[int, int, int, int] | None


class QuietFile(Struct):
    """The files of the database at *path*, None for one that is no file."""

    path: Path | None
    _state: tuple[object, ...] = ()
    _since: float = 0.0
    _confirmed: bool = False

    async def news(
        self, question: object, read: Callable[[], Awaitable[tuple[T, ...]]], now: float
    ) -> tuple[T, ...]:
        """What *read* returns; nothing, without it, where nobody can have written.

        *question* is what *read* asks for: another one is asked. *now* is in seconds that
        never go back.
        """
        files = self._files()
        state = (question, *files)
        if files and self._confirmed and state == self._state:
            return ()
        if state != self._state:
            self._state, self._since = state, now
        self._confirmed = False
        found = await read()
        self._confirmed = not found and now - self._since >= APART_SECONDS
        return found

    def _files(self) -> tuple[FileState, ...]:
        """The states of file and log, () where there is no file."""
        if self.path is None:
            return ()
        log = self.path.with_name(f"{self.path.name}-wal")
        file = _state_of(self.path)
        return () if file is None else (file, _state_of(log))


def _state_of(path: Path) -> FileState:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
