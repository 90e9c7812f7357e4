"""Parsed files kept between loads while their inputs are unchanged.

A file is known by its content, never by its time: clocks step, copies keep old
times, and two writes can share one tick.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from reconciler.files.beside import Beside, digest
from reconciler.files.directory import NOTHING_SHARED, Directory, SharedPart
from reconciler.files.sheet import (
    Opened,
    Sheet,
    may_share,
    open_sheet,
    read_opened,
    read_sheet,
)
from reconciler.files.uses import Uses
from reconciler.model.policy import UNRESTRICTED, Policy


@dataclass(frozen=True, slots=True)
class _Kept:
    digest: bytes
    sheet: Sheet


class Cache:
    """The sheets of the last load, by name. One load at a time may use it.

    A load first asks for what every file shares, then for every sheet.
    """

    def __init__(self) -> None:
        self._policy = UNRESTRICTED
        self._kept: dict[str, _Kept] = {}
        self._opened: dict[str, Opened] = {}
        self._plain: set[str] = set()

    def __len__(self) -> int:
        return len(self._kept)

    def begin(self, names: Collection[str], policy: Policy) -> None:
        """Forget every file that is not among *names*, and all under a new policy."""
        same = policy == self._policy
        self._policy = policy
        self._kept = {
            name: self._kept[name] for name in names if same and name in self._kept
        }
        self._opened.clear()
        self._plain.clear()

    def shared(
        self, name: str, content: bytes, environ: Mapping[str, str], beside: Beside
    ) -> SharedPart:
        """What the file declares for all rooms."""
        kept = self._kept.get(name)
        if kept and kept.digest == digest(content) and _holds(kept, environ, beside):
            return kept.sheet.shared
        self._kept.pop(name, None)
        if not may_share(content):
            self._plain.add(name)
            return NOTHING_SHARED
        opened = open_sheet(name, content, environ, self._policy, beside)
        if opened is None:
            return NOTHING_SHARED
        self._opened[name] = opened
        return opened.shared

    def sheet(
        self,
        name: str,
        content: bytes,
        environ: Mapping[str, str],
        *,
        beside: Beside,
        directory: Directory,
    ) -> Sheet:
        """What ``read_sheet`` gives, read only if it may differ from the last time."""
        kept = self._kept.get(name)
        if kept and Uses(directory, beside).current(kept.sheet.names):
            return kept.sheet
        sheet = self._read(name, content, environ, beside, directory)
        if sheet.settled:
            self._kept[name] = _Kept(digest(content), sheet)
        return sheet

    def _read(
        self,
        name: str,
        content: bytes,
        environ: Mapping[str, str],
        beside: Beside,
        directory: Directory,
    ) -> Sheet:
        opened = self._opened.pop(name, None)
        if opened is None and name not in self._plain and may_share(content):
            opened = open_sheet(name, content, environ, self._policy, beside)
        if opened is not None:
            return read_opened(opened, directory)
        return read_sheet(
            name,
            content,
            environ,
            self._policy,
            beside=beside,
            directory=directory,
        )


def _holds(kept: _Kept, environ: Mapping[str, str], beside: Beside) -> bool:
    """Whether variables and files that a sheet was made of are as they were."""
    sheet = kept.sheet
    return all(environ.get(name) == value for name, value in sheet.used) and all(
        beside.digest(file) == known for file, known in sheet.files
    )
