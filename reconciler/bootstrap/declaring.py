"""Loads parsed roster files into the store, for daemon and sync."""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from reconciler.bootstrap.environment import now
from reconciler.files import Loading
from reconciler.model.declaration import Declaration
from reconciler.model.load_result import FileReport, Loaded
from reconciler.model.roster import Roster
from reconciler.store.store import SqlStore

MARGIN_SECONDS = 0.5
"""Seconds after a file's quiet time at which it is read again: a write that came
at the last moment is then seen."""


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


@dataclass(frozen=True, slots=True)
class Declarer:
    """Makes roster files the desired state, on somebody's behalf.

    ``take_over`` says that rooms of other folders move here.
    """

    store: SqlStore
    cause: str
    quiet_seconds: float
    take_over: bool = False

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
            quiet_at=loading.quiet_at(now(), self.quiet_seconds),
            same_homes=frozenset(x for x in homes if _same(x, loading.folder)),
            take_over=self.take_over,
        )
        return await load(
            loading.declarations,
            folder=loading.folder,
            now=now(),
            cause=self.cause,
            report=report,
        )

    def reread_after(self, loading: Loading) -> float | None:
        """Seconds until young files are to be read again, None if all are quiet.

        To be asked before ``declare``: that may take until they are quiet, and yet
        has put on record that they were young.
        """
        at = now()
        waits = loading.quiet_at(at, self.quiet_seconds).values()
        return max(waits) - at + MARGIN_SECONDS if waits else None

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
