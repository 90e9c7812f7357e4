"""Checks of the doctor of the database: schema, file, account."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from reconciler.bootstrap.account_binding import require_named
from reconciler.bootstrap.account_source import NamedAccount
from reconciler.cli.check_finding import Finding, Level, failed, passed
from reconciler.cli.commit_check import commit_findings
from reconciler.model.errors import ReconcilerError, SettingError
from reconciler.model.exit_code import INVALID, UNREACHABLE
from reconciler.store.database.database import writable
from reconciler.store.database.url import parse_database_url
from reconciler.store.migration import HEAD, SchemaState, SchemaVersion, current_at
from reconciler.store.opening import open_reader


async def database_findings(url: str) -> list[Finding]:
    try:
        place = parse_database_url(url)
        version = await current_at(url)
    except ReconcilerError as error:
        return [failed("database", error)]
    embedded = place.path is not None
    findings = [_version(place.name, version, embedded=embedded)]
    if version.number is not None and embedded:
        try:
            await writable(place, create=False).close()
        except ReconcilerError as error:
            return [*findings, failed("database file", error)]
    if place.path is None:
        return [*findings, *(await commit_findings(place) if version.usable else ())]
    return [*findings, _folder(place.path), *_private(place.path)]


def _private(path: Path) -> Iterator[Finding]:
    """Whether others may read the file, which holds phone numbers."""
    try:
        found = path.stat()
    except OSError:
        return
    if found.st_mode & 0o077:
        text = f"{path} can be read by others. Run: chmod 600 {shlex.quote(str(path))}"
        yield Finding("database mode", Level.WARN, text)
    if found.st_uid != os.geteuid():
        text = f"{path} belongs to user {found.st_uid}, this process is {os.geteuid()}"
        yield Finding("database owner", Level.WARN, text)


async def binding_findings(of: NamedAccount) -> list[Finding]:
    """Whether the database is the account's whose credentials are given."""
    try:
        of.settings.credentials()
    except SettingError:
        return []
    try:
        async with await open_reader(of.settings.database_url) as store:
            bound = (await store.accounts()).get(of.name)
            await require_named(store, of, bind=False)
    except SettingError as error:
        kept = "account" in str(error)
        return [failed("database account", error)] if kept else []
    except ReconcilerError:
        return []
    return [passed("database account", f"account {bound[:6]}…")] if bound else []


def _version(name: str, version: SchemaVersion, *, embedded: bool) -> Finding:
    age, number = version.age, version.number
    if version.usable:
        return passed("database", f"{name} has version {number}")
    if embedded and age in _MADE:
        return passed("database", f"{name} {_MADE[age]}")
    text = f"{name} {_LACKS[age]} (version {number or 'none'} of {HEAD})"
    return Finding("database", Level.FAIL, text, INVALID)


_MADE = {
    SchemaState.NONE: "does not exist yet; it will be created on first use",
    SchemaState.OLDER: "was created by an older reconciler; it will be upgraded on next use",
}

_LACKS = {
    SchemaState.NONE: "has no tables. To create them: reconciler db upgrade",
    SchemaState.OLDER: "was created by an older reconciler. To upgrade: reconciler db upgrade",
    SchemaState.NEWER: "was created by a newer reconciler: upgrade this one",
    SchemaState.FOREIGN: "belongs to another program: choose another database",
}


def _folder(path: Path) -> Finding:
    """SQLite writes beside its file, too."""
    if os.access(path.parent, os.W_OK, effective_ids=True):
        return passed("database file", "the file and its folder are writable")
    text = f"the folder {path.parent} is missing or not writable for this user"
    return Finding("database file", Level.FAIL, text, UNREACHABLE)
