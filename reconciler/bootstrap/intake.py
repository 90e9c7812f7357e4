"""The daemon's roster files, read into SQL at the start and whenever they stir."""

import asyncio
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.bootstrap.environment import monotonic, now, person
from reconciler.engine.controller import Controller
from reconciler.files import Cache, Loading, load
from reconciler.files.watching import watch
from reconciler.model.errors import Problem, RosterError, StoreError
from reconciler.store.sql import SqlStore

AGAIN = 1.0
"""Seconds until rosters are tried again that a database which was away did not take."""

LONG = 1.0
"""Seconds from which on it is told how long a load took."""

_log = logging.getLogger("reconciler.daemon")


@dataclass(slots=True)
class Intake:
    """A folder's way into the store; a bad file leaves the last good rosters there."""

    folder: Path
    store: SqlStore
    controller: Controller
    _cache: Cache = field(default_factory=Cache)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def stir(self) -> None:
        """The files may have changed."""
        self._stirred.set()

    async def begin(self) -> None:
        """Read the files once; if the database is away, ``follow`` does."""
        try:
            await self._load()
        except StoreError:
            self.stir()

    async def watch(self) -> None:
        """Notice changes of the folder, until cancelled."""
        await watch(self.folder, self.stir)

    async def follow(self) -> None:
        """Read the files whenever they stirred, until cancelled."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            try:
                await self._load()
            except StoreError as error:
                _log.warning("rosters not loaded", extra={"reason": str(error)})
                await asyncio.sleep(AGAIN)
                self.stir()

    async def _load(self) -> None:
        began = monotonic()
        try:
            loading = await asyncio.to_thread(self._read)
        except RosterError as error:
            _tell(error.problems)
        else:
            await self._keep(loading)
            _tell_if_long(monotonic() - began, len(loading.files))

    def _read(self) -> Loading:
        return load([self.folder], os.environ, cache=self._cache)

    async def _keep(self, loading: Loading) -> None:
        loaded = await self.store.load(
            loading.rosters,
            folder=loading.folder,
            now=now(),
            cause=f"files, daemon of {person()}",
        )
        moved = (*loaded.added, *loaded.changed, *loaded.released)
        if moved:
            self.controller.tick(monotonic())
            _log.info(
                "rosters loaded",
                extra={
                    "added": len(loaded.added),
                    "changed": len(loaded.changed),
                    "released": len(loaded.released),
                },
            )


def _tell(problems: tuple[Problem, ...]) -> None:
    for each in problems:
        where = f"{each.file}:{each.line}:{each.column}"
        fields = {"where": where, "reason": each.message}
        _log.error("roster file is not valid", extra=fields)
    _log.warning("the last good rosters stay in force")


def _tell_if_long(seconds: float, files: int) -> None:
    if seconds >= LONG:
        took = {"seconds": round(seconds, 1), "files": files}
        _log.info("loading the roster files took long", extra=took)
