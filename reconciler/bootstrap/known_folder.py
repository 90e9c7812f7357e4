"""A folder that is as it was loaded: a command need not parse its files.

What a load of it would come to is known without: nothing changes.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from reconciler.bootstrap.desired_state_loader import DesiredStateLoader
from reconciler.bootstrap.roster_source import Paths, named_paths
from reconciler.bootstrap.rules_digest import RulesDigest
from reconciler.bootstrap.zone_data import zone_data
from reconciler.files.folder import is_folder
from reconciler.files.folder_digest import FolderContent, folder_content
from reconciler.files.joined import absolute
from reconciler.model.errors import ReconcilerError
from reconciler.model.load_result import Loaded
from reconciler.model.policy import Policy
from reconciler.settings import Settings
from reconciler.store.database.url import parse_database_url
from reconciler.store.opening import open_reader
from reconciler.store.store import SqlStore

ASKED_SECONDS = 2.0
"""Seconds for which the database is asked; files are parsed if it takes longer."""


class KnownFolder(Struct, frozen=True):
    """The rooms that a folder declares, in the order of its files; and what a load is."""

    rooms: tuple[str, ...]
    loaded: Loaded


def folder_rules(policy: Policy) -> Callable[[], str]:
    """A hash of what reads files under *policy*, beside their content."""
    return RulesDigest(lambda: policy, (zone_data().described(),))


async def known_folder(
    paths: Paths, of: Settings, policy: Policy, rules: Callable[[], str]
) -> KnownFolder | None:
    """What the only folder of *paths* declares, None where its files are to be parsed.

    Those are to be parsed that gave warnings, too: they are shown each time. A database
    that cannot be read, or does not answer soon, is for the command to complain of.
    *rules* are those of ``folder_rules``.
    """
    named = named_paths(paths, of.desired)
    if len(named) != 1 or not is_folder(named[0]):
        return None
    with suppress(ReconcilerError, TimeoutError):
        path = parse_database_url(of.database_url).path
        if path is None or path.exists():
            async with (
                asyncio.timeout(ASKED_SECONDS),
                await open_reader(of.database_url) as store,
            ):
                loader = DesiredStateLoader(store, "", of.quiet_seconds, rules=rules)
                return await _known(named[0], store, loader, policy)
    return None


async def _known(
    folder: Path, store: SqlStore, loader: DesiredStateLoader, policy: Policy
) -> KnownFolder | None:
    def read(others: Sequence[str]) -> FolderContent | None:
        return folder_content(folder, others, policy)

    kept = await loader.known(folder, read)
    if kept is None or kept.warnings or not kept.rooms:
        return None
    elsewhere = await store.elsewhere(kept.rooms, absolute(str(folder)))
    unchanged = tuple(sorted(kept.rooms))
    return KnownFolder(kept.rooms, Loaded(unchanged=unchanged, elsewhere=elsewhere))
