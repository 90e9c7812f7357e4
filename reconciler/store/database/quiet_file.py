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

MOST_SECONDS = 10.0
"""Seconds after which a read is made whatever the files say."""

FileState = tuple[int, int, int, int] | None


class QuietFile(Struct):
    """The files of the database at *path*, None for one that is no file."""

    path: Path | None
    _state: tuple[object, ...] = ()
    _since: float = 0.0
    _confirmed_at: float | None = None

    async def news(
        self, question: object, read: Callable[[], Awaitable[tuple[T, ...]]], now: float
    ) -> tuple[T, ...]:
        """What *read* returns; nothing, without it, where nobody can have written.

        *question* is what *read* asks for: another one is asked. *now* is in seconds that
        never go back.
        """
        files = self._files()
        state = (question, *files)
        if files and state == self._state and self._is_quiet(now):
            return ()
        if state != self._state:
            self._state, self._since = state, now
        self._confirmed_at = None
        found = await read()
        if not found and now - self._since >= APART_SECONDS:
            self._confirmed_at = now
        return found

    def _is_quiet(self, now: float) -> bool:
        at = self._confirmed_at
        return at is not None and now - at < MOST_SECONDS

    def _files(self) -> tuple[FileState, ...]:
        """The states of file and log, () where one of them is not there.

        SQLite keeps the log beside the file that a link leads to.
        """
        if self.path is None:
            return ()
        real = self.path.resolve()
        states = _state_of(real), _state_of(real.with_name(f"{real.name}-wal"))
        return () if None in states else states


def _state_of(path: Path) -> FileState:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
