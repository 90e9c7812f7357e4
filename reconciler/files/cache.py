"""Sheets kept from one load to the next, for as long as their files stay as they are.

A file is known by its content, never by its time: clocks step, copies keep old
times, and two writes can share one tick.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from reconciler.files.sheet import Sheet, read_sheet
from reconciler.model.policy import UNRESTRICTED, Policy


@dataclass(frozen=True, slots=True)
class _Kept:
    digest: bytes
    sheet: Sheet


class Cache:
    """The sheets of the last load, by name. One load at a time may use it."""

    def __init__(self) -> None:
        self._policy = UNRESTRICTED
        self._kept: dict[str, _Kept] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def sheet(
        self,
        name: str,
        content: bytes,
        environ: Mapping[str, str],
        policy: Policy = UNRESTRICTED,
    ) -> Sheet:
        """What ``read_sheet`` gives, read only if it may differ from the last time."""
        if policy != self._policy:
            self._policy = policy
            self._kept.clear()
        digest = blake2b(content).digest()
        kept = self._kept.get(name)
        if kept and kept.digest == digest and _holds(kept.sheet, environ):
            return kept.sheet
        sheet = read_sheet(name, content, environ, policy)
        self._kept[name] = _Kept(digest, sheet)
        return sheet

    def keep_only(self, names: Collection[str]) -> None:
        """Forget every file that is not among *names*."""
        self._kept = {name: self._kept[name] for name in names if name in self._kept}


def _holds(sheet: Sheet, environ: Mapping[str, str]) -> bool:
    """Whether the variables that *sheet* was made of have their values still."""
    return all(environ.get(name) == value for name, value in sheet.used)
