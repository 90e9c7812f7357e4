"""Loads parsed roster files into the store, for daemon and sync."""

import asyncio
import os
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Protocol, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.bootstrap.environment import monotonic, now
from reconciler.bootstrap.thread import in_thread
from reconciler.files import Loading
from reconciler.files.folder_digest import FolderContent
from reconciler.files.joined import absolute
from reconciler.model.declaration import Declaration
from reconciler.model.load_result import FileReport, Loaded, LoadedFolder
from reconciler.model.roster import Roster
from reconciler.store.store import SqlStore

MARGIN_SECONDS = 0.5
"""Seconds after a file's quiet time at which it is read again: a write that came
at the last moment is then seen."""


FolderReader: TypeAlias = Callable[[Sequence[str]], FolderContent | None]
"""Reads a folder and the other files that it names; see ``folder_content``."""


class _Load(Protocol):
    async def __call__(
        self,
        rosters: Sequence[Roster | Declaration],
        *,
        folder: str | None,
        now: float,
        cause: str,
        report: FileReport,
    ) -> Loaded: ...


class DesiredStateLoader(Struct, frozen=True):
    """Makes roster files the desired state, on somebody's behalf.

    ``take_over`` says that rooms of other folders move here. A file whose time is in
    the future is quiet once it was seen unchanged for the quiet time, on the clock that
    never goes back. ``rules`` gives a hash of what reads files beside their content, ""
    where no folder is to be known again.
    """

    store: SqlStore
    cause: str
    quiet_seconds: float
    take_over: bool = False
    rules: Callable[[], str] = lambda: ""
    _seen: dict[str, tuple[float, Declaration, float]] = field(default_factory=dict)
    """By room, what a file of the future is and says, and when it was first seen so."""

    async def declare(self, loading: Loading) -> Loaded:
        """Make what was read the desired state; refused files are put on record."""
        return await self._with_report(self.store.load, loading)

    async def preview(self, loading: Loading) -> Loaded:
        """What ``declare`` would do; nothing is written."""
        return await self._with_report(self.store.preview, loading)

    async def _with_report(self, load: _Load, loading: Loading) -> Loaded:
        homes = await self.store.homes()
        report = FileReport(
            files=loading.paths,
            refused=loading.refused,
            paths=loading.path_of,
            quiet_at=self._quiet_at(loading, now()),
            same_homes=frozenset(x for x in homes if _same(x, loading.folder)),
            take_over=self.take_over,
            folder=self._folder(loading),
        )
        return await load(
            loading.declarations,
            folder=loading.folder,
            now=now(),
            cause=self.cause,
            report=report,
        )

    async def known(self, folder: Path, read: FolderReader) -> LoadedFolder | None:
        """What *folder* held when it was loaded, if to load it again would change nothing.

        None if the folder, or a room of the store, is not as that load left it, and if
        a file of the folder was written just now.
        """
        place = absolute(str(folder))
        kept = await self.store.loaded_folder(place) if self.rules() else None
        if kept is None:
            return None
        content = await in_thread(lambda: read(kept.named))
        if content is None or self._digest(content.digest) != kept.digest:
            return None
        quiet = content.changed_at <= now() - self.quiet_seconds
        return kept if quiet else None

    def _folder(self, loading: Loading) -> LoadedFolder | None:
        """What to know the folder by the next time."""
        digest = self._digest(loading.digest)
        if not digest:
            return None
        warnings = (replace(problem.masked, snippet="") for problem in loading.warnings)
        rooms = tuple(roster.room for roster in loading.rosters)
        return LoadedFolder(digest, loading.named, tuple(warnings), rooms)

    def _digest(self, content: str) -> str:
        """What tells *content*, read by these rules, from another."""
        rules = self.rules()
        return folder_digest(rules, content) if rules and content else ""

    def reread_after(self, loading: Loading) -> float | None:
        """Seconds until young files are to be read again, None if all are quiet.

        To be asked before ``declare``: that may take until they are quiet, and yet
        has put on record that they were young.
        """
        at = now()
        waits = self._quiet_at(loading, at).values()
        return max(waits) - at + MARGIN_SECONDS if waits else None

    def _quiet_at(self, loading: Loading, at: float) -> dict[str, float]:
        """Rooms whose file is young, and when it no longer is."""
        found, seen_at = loading.quiet_at(at, self.quiet_seconds), monotonic()
        said = {declaration.room: declaration for declaration in loading.declarations}
        for room in found:
            changed_at, before = loading.changed_at[room], self._seen.get(room)
            if before is not None and before[:2] == (changed_at, said[room]):
                found[room] = at + self.quiet_seconds - (seen_at - before[2])
            elif changed_at > at:
                self._seen[room] = changed_at, said[room], seen_at
        return {room: until for room, until in found.items() if until > at}

    async def reread(self, wait: float | None, read: Callable[[], Loading]) -> None:
        """Read young files again, by *read*, until all of them are quiet.

        *wait* is what ``reread_after`` said of the files before they were declared.
        """
        while wait is not None:
            await asyncio.sleep(wait)
            loading = await asyncio.to_thread(read)
            wait = self.reread_after(loading)
            await self.declare(loading)


def _same(home: str, folder: str | None) -> bool:
    """Whether *home* is gone, or is *folder* under another name."""
    try:
        return folder is not None and os.path.samefile(home, folder)  # noqa: PTH121
    except OSError:
        return not os.path.isdir(home)  # noqa: PTH112 - no Path is needed


def folder_digest(rules: str, content: str) -> str:
    """A hash of what a load of a folder follows from."""
    return blake2b(f"{rules} {content}".encode(), digest_size=32).hexdigest()
