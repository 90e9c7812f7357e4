"""Loads the daemon's roster files at start and after each change."""

import asyncio
import logging
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.bootstrap.desired_state_loader import DesiredStateLoader
from reconciler.bootstrap.environment import monotonic
from reconciler.bootstrap.policy_source import PolicySource
from reconciler.bootstrap.thread import in_thread
from reconciler.engine.loop.account_controllers import AccountControllers
from reconciler.engine.loop.controller import Controller
from reconciler.files import Cache, Loading, examine
from reconciler.files.folder_digest import FolderContent, folder_content
from reconciler.files.watching import Fingerprint, fingerprint, watch
from reconciler.model.errors import Problem, RefusedFile, StoreError
from reconciler.model.load_result import Loaded

RETRY_SECONDS = 1.0
"""Seconds until rosters are tried again that a database which was away did not take."""

SLOW_LOAD_SECONDS = 1.0
"""Seconds from which on it is told how long a load took."""

_log = logging.getLogger("reconciler.daemon")


class RosterLoader(Struct):
    """A folder's way into the store.

    A bad file keeps the last good rosters of its own rooms there. A file that
    was written just now is read again once it is quiet. ``refused`` are the bad
    files, ``refused_at`` since when there has been one, on the clock that never
    goes back.
    """

    folder: Path
    loader: DesiredStateLoader
    policy: PolicySource
    controller: AccountControllers | Controller
    refused: tuple[RefusedFile, ...] = ()
    refused_at: float | None = None
    _cache: Cache = field(default_factory=Cache)
    _reload_requested: asyncio.Event = field(default_factory=asyncio.Event)
    _warned: tuple[Problem, ...] = ()
    _named: tuple[str, ...] = ()
    _read_as: Fingerprint | None = None
    _policy_read_as: Fingerprint | None = None

    def request_reload(self) -> None:
        """The files may have changed."""
        self._reload_requested.set()

    async def begin(self) -> None:
        """Read the files once; if the database is away, ``follow`` does."""
        if self.policy.path:
            self._policy_read_as = await in_thread(
                partial(fingerprint, self.policy.path)
            )
        self._read_as = None
        try:
            if await self._is_loaded():
                return
            if self._read_as is None:
                self._read_as = await in_thread(partial(fingerprint, self.folder))
            await self._load()
        except StoreError:
            self.request_reload()

    async def _is_loaded(self) -> bool:
        """Whether to load the files would change nothing; they are not parsed for that."""
        loaded_folder = await self.loader.known(self.folder, self._content)
        if loaded_folder is None:
            return False
        self._named = loaded_folder.named
        self._note_warnings(loaded_folder.warnings)
        return True

    def _content(self, named: Sequence[str]) -> FolderContent | None:
        self._read_as = fingerprint(self.folder, named)
        return folder_content(self.folder, named, self.policy.read())

    async def watch(self) -> None:
        """Notice what changes of the folder and of the policy, until cancelled.

        That includes what changed since ``begin`` read them.
        """
        policy, known = self.policy.path, self._policy_read_as
        policies = [watch(policy, self.request_reload, known=known)] if policy else []
        rosters = watch(
            self.folder,
            self.request_reload,
            known=self._read_as,
            named=lambda: self._named,
        )
        await asyncio.gather(rosters, *policies)

    async def follow(self) -> None:
        """Read the files whenever they stirred, until cancelled."""
        while True:
            await self._reload_requested.wait()
            self._reload_requested.clear()
            try:
                await self._load()
            except StoreError as error:
                _log.warning("rosters not loaded", extra={"reason": str(error)})
                await asyncio.sleep(RETRY_SECONDS)
                self.request_reload()

    async def _load(self) -> None:
        began = monotonic()
        loading = await in_thread(self._read)
        self._named = loading.named
        self._note_refused(loading.refused)
        self._note_warnings(loading.warnings)
        wait = self.loader.reread_after(loading)
        loaded = await self.loader.declare(loading)
        _log_loaded(loaded)
        self._go_on(loaded, wait)
        _report_if_long(monotonic() - began, len(loading.files))

    def _read(self) -> Loading:
        policy = self.policy.read()
        return examine([self.folder], os.environ, cache=self._cache, policy=policy)[0]

    def _note_warnings(self, warnings: tuple[Problem, ...]) -> None:
        masked = tuple(replace(problem.masked, snippet="") for problem in warnings)
        if masked and masked != self._warned:
            for problem in masked:
                where = f"{problem.file}:{problem.line}:{problem.column}"
                fields = {
                    "where": where,
                    "reason": problem.message,
                    "hint": problem.hint,
                }
                _log.warning("roster file has a warning", extra=fields)
        self._warned = masked

    def _note_refused(self, refused: tuple[RefusedFile, ...]) -> None:
        if not refused:
            self.refused_at = None
        elif self.refused_at is None:
            self.refused_at = monotonic()
        if refused and refused != self.refused:
            _log_refused(refused)
        self.refused = refused

    def _go_on(self, loaded: Loaded, wait: float | None) -> None:
        """Have what changed looked at, and young files read again after *wait*."""
        if loaded.added or loaded.changed or loaded.released:
            self.controller.tick(monotonic())
        if wait is not None:
            asyncio.get_running_loop().call_later(wait, self.request_reload)


def _log_loaded(loaded: Loaded) -> None:
    if loaded.added or loaded.changed or loaded.released:
        _log.info(
            "rosters loaded",
            extra={
                "added": len(loaded.added),
                "changed": len(loaded.changed),
                "released": list(loaded.released),
            },
        )
    for home in loaded.foreign:
        _log.warning(
            "room not loaded: another folder declares it",
            extra={"room": home.room, "folder": home.folder},
        )


def _log_refused(refused: tuple[RefusedFile, ...]) -> None:
    for file in refused:
        for problem in file.problems:
            where = f"{problem.file}:{problem.line}:{problem.column}"
            fields = {"where": where, "reason": problem.masked.message}
            _log.error("roster file is not valid", extra=fields)
        _log.warning(
            "roster file rejected: its rooms keep the previous rosters",
            extra={"file": file.file, "rooms": list(file.rooms)},
        )


def _report_if_long(seconds: float, files: int) -> None:
    if seconds >= SLOW_LOAD_SECONDS:
        took = {"seconds": round(seconds, 1), "files": files}
        _log.info("loading the roster files was slow", extra=took)
