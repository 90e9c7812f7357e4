"""Parsed files kept between loads while their inputs are unchanged.

A file is known by its content, never by its time: clocks step, copies keep old
times, and two writes can share one tick.
"""

from collections.abc import Collection, Mapping

from msgspec import Struct

from reconciler.files.directory import NOTHING_SHARED, Directory, SharedPart
from reconciler.files.file_inputs import FileInputs
from reconciler.files.referenced_files import ReferencedFiles, digest
from reconciler.files.roster_file import (
    Opened,
    RosterFile,
    may_share,
    open_roster_file,
    read_opened,
    read_roster_file,
)
from reconciler.model.policy import UNRESTRICTED, Policy


class _Kept(Struct, frozen=True):
    digest: bytes
    roster_file: RosterFile


class Cache:
    """The roster files of the last load, by name. One load at a time may use it.

    A load first asks for what every file shares, then for every roster file.
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
        self,
        name: str,
        content: bytes,
        environ: Mapping[str, str],
        referenced: ReferencedFiles,
    ) -> SharedPart:
        """What the file declares for all rooms."""
        kept = self._kept.get(name)
        if (
            kept
            and kept.digest == digest(content)
            and _holds(kept, environ, referenced)
        ):
            return kept.roster_file.shared
        self._kept.pop(name, None)
        if not may_share(content):
            self._plain.add(name)
            return NOTHING_SHARED
        opened = open_roster_file(name, content, environ, self._policy, referenced)
        if opened is None:
            return NOTHING_SHARED
        self._opened[name] = opened
        return opened.shared

    def roster_file(
        self,
        name: str,
        content: bytes,
        environ: Mapping[str, str],
        *,
        referenced: ReferencedFiles,
        directory: Directory,
    ) -> RosterFile:
        """What ``read_roster_file`` gives, read only if it may differ from the last time."""
        kept = self._kept.get(name)
        if kept and FileInputs(directory, referenced).current(kept.roster_file.names):
            return kept.roster_file
        roster_file = self._read(name, content, environ, referenced, directory)
        if roster_file.settled:
            self._kept[name] = _Kept(digest(content), roster_file)
        return roster_file

    def _read(
        self,
        name: str,
        content: bytes,
        environ: Mapping[str, str],
        referenced: ReferencedFiles,
        directory: Directory,
    ) -> RosterFile:
        opened = self._opened.pop(name, None)
        if opened is None and name not in self._plain and may_share(content):
            opened = open_roster_file(name, content, environ, self._policy, referenced)
        if opened is not None:
            return read_opened(opened, directory)
        inputs = FileInputs(directory, referenced)
        return read_roster_file(name, content, environ, self._policy, inputs)


def _holds(
    kept: _Kept, environ: Mapping[str, str], referenced: ReferencedFiles
) -> bool:
    """Whether variables and files that a roster file was made of are as they were."""
    roster_file = kept.roster_file
    return all(environ.get(name) == value for name, value in roster_file.used) and all(
        referenced.digest(file) == known for file, known in roster_file.files
    )
