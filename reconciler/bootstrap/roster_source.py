"""Reads the roster files that a plan or a sync is of, under the operator's policy."""

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from reconciler.bootstrap.account_source import roster_policy
from reconciler.bootstrap.desired_state_loader import DesiredStateLoader
from reconciler.files import Loading, examine, load
from reconciler.model.errors import ReconcilerError
from reconciler.model.policy import Policy
from reconciler.settings import Settings
from reconciler.store.database.url import parse_database_url
from reconciler.store.opening import open_store

Paths = Sequence[str | Path]


def read_rosters(
    paths: Paths,
    of: Settings,
    told: Callable[[int, int], None] = lambda _, __: None,
    policy: Policy | None = None,
) -> Loading:
    """The rosters of *paths*, or of the folder that is set when none is given.

    RosterError if no file is without an error. *told* is told how many files of how
    many were read. *policy* is that of *of*, if it was read before.
    """
    policy = policy or roster_policy(of)
    named = named_paths(paths, of.desired)
    return load(named, os.environ, policy=policy, told=told)


def reread_rosters(paths: Paths, of: Settings) -> Loading:
    """The same files again, whatever is wrong with them.

    Without a digest: the policy may be another one than before.
    """
    policy = roster_policy(of)
    loading, _ = examine(named_paths(paths, of.desired), os.environ, policy=policy)
    return replace(loading, digest="")


def named_paths(paths: Paths, folder: str) -> list[Path]:
    """*paths*, or *folder* when none is given."""
    return [Path(each) for each in paths or (folder,)]


async def record_refused(paths: Paths, of: Settings, cause: str) -> None:
    """Put the errors of files on record, for status and explain, if there is a database."""
    path = parse_database_url(of.database_url).path
    if path is not None and not path.exists():
        return
    with contextlib.suppress(ReconcilerError):
        loading = reread_rosters(paths, of)
        async with await open_store(of.database_url, create=False) as store:
            await DesiredStateLoader(store, cause, of.quiet_seconds).declare(loading)
