"""A disk that forgets what was not synced, that is full, or that fails."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

_NEVER = 10**9


class Fault(IntEnum):
    """Error codes of SQLite."""

    FULL = 13
    READ = 10 | 1 << 8
    WRITE = 10 | 3 << 8
    SYNC = 10 | 4 << 8
    GONE = 10 | 40 << 8


@dataclass(slots=True)
class _File:
    """What a file holds, and what of that the disk has for certain."""

    content: bytearray
    durable: bytes | None
    unsynced: list[tuple[int, bytes | None]] = field(default_factory=list)

    def write(self, offset: int, content: bytes) -> None:
        self.unsynced.append((offset, content))
        _written(self.content, offset, content)

    def truncate(self, size: int) -> None:
        self.unsynced.append((size, None))
        del self.content[size:]

    def sync(self) -> None:
        if self.unsynced or self.durable is None:
            self.durable = bytes(self.content)
            self.unsynced.clear()

    def after_power_loss(self, chance: random.Random | None) -> bytes | None:
        """What of it is found again; with *chance* some of what was not synced, too."""
        if chance is None:
            return self.durable
        found = bytearray(self.durable or b"")
        for offset, content in self.unsynced:
            if chance.random() < 0.5:
                continue
            if content is None:
                del found[offset:]
            else:
                _written(found, offset, content)
        return bytes(found)


@dataclass(slots=True)
class Disk:
    """Counts the changes of files, from 0.

    The power goes before the one numbered ``ends_at``; that numbered ``fails_at``
    fails with ``fault``, and with ``lasting`` all later ones, too. With ``lies`` a
    sync is acknowledged, and nothing is done.
    """

    ends_at: int = _NEVER
    fails_at: int = _NEVER
    fault: Fault = Fault.FULL
    lasting: bool = False
    lies: bool = False
    off: bool = False
    changes: int = 0
    syncs: int = 0
    before_change: Callable[[], None] = lambda: None
    files: dict[Path, _File] = field(default_factory=dict)
    unlinked: dict[Path, _File] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the change that fails was reached."""
        return self.changes > self.fails_at

    def opens_file(self, path: Path) -> int:
        if self.off:
            return Fault.GONE
        if path not in self.files:
            found = path.read_bytes() if path.exists() else None
            self.files[path] = _File(bytearray(found or b""), found)
        return 0

    def reads_file(self, _path: Path) -> int:
        return Fault.READ if self.off else 0

    def writes_file(self, path: Path, offset: int, content: bytes) -> int:
        code = self._change(self.fault)
        if not code:
            self.files[path].write(offset, content)
        return code

    def truncates_file(self, path: Path, size: int) -> int:
        code = self._change(Fault.WRITE)
        if not code:
            self.files[path].truncate(size)
        return code

    def syncs_file(self, path: Path) -> int:
        code = self._change(Fault.SYNC)
        if not code and not self.lies:
            self.files[path].sync()
            self.unlinked.clear()
            self.syncs += 1
        return code

    def deletes_file(self, path: Path, *, synced: bool) -> int:
        """A file that is deleted is back after a power loss, until a sync."""
        code = self._change(Fault.WRITE)
        if not code and (file := self.files.pop(path, None)) and not synced:
            self.unlinked[path] = file
        return code

    def _change(self, fault: Fault) -> int:
        """The error of the next change of a file, 0 if it is done."""
        self.off = self.off or self.changes == self.ends_at
        if self.off:
            return Fault.GONE
        self.before_change()
        number, self.changes = self.changes, self.changes + 1
        fails = number >= self.fails_at if self.lasting else number == self.fails_at
        return fault if fails else 0

    def restore(self, folder: Path, chance: random.Random | None = None) -> None:
        """Write to *folder* what is found after the power loss."""
        for path, file in (*self.unlinked.items(), *self.files.items()):
            found = file.after_power_loss(chance)
            if found is not None:
                (folder / path.name).write_bytes(found)


def _written(content: bytearray, offset: int, new: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(new)] = new
