"""Puts a copy of an SQLite database in its place, if it is the same account's."""

import asyncio
import time
from pathlib import Path

from reconciler.bootstrap.environment import settings
from reconciler.model.errors import SettingError
from reconciler.store.database.database import readable
from reconciler.store.database.sqlite_copy import copy_database, replace_content
from reconciler.store.database.url import parse_database_url
from reconciler.store.migration import SchemaState, current_at, upgrade_at
from reconciler.store.queries import accounts


async def require_same_account(file: Path, database_url: str) -> None:
    """SettingError unless *file* is a database of ours, and of the same account.

    That is the account of the environment, if it is set, and of the database that is
    to be replaced, if it is bound to one.
    """
    schema_version = await current_at(_url(file))
    if schema_version.age not in {SchemaState.CURRENT, SchemaState.OLDER}:
        raise SettingError(
            f"{file} is not a copy of a database that this version of reconciler reads "
            f"(its tables: {schema_version.age})"
        )
    account = await _account(_url(file))
    of = settings().account_sid
    if account and of and account != of:
        raise SettingError(
            f"{file} belongs to account {account}, and TWILIO_ACCOUNT_SID is {of}. Set "
            "the credentials of that account"
        )
    bound = await _account(database_url)
    if account and bound and account != bound:
        raise SettingError(
            f"{file} belongs to account {account}, and the database to {bound}. To "
            "restore it elsewhere: --database-url sqlite:///OTHER.db"
        )


async def restore(file: Path, path: Path, database_url: str) -> Path | None:
    """Replace the database at *path* by *file*; where its content before is kept.

    The tables are brought up to date. StoreError while another process has it open.
    """
    kept = None
    if await asyncio.to_thread(path.exists):
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        kept = path.with_name(f"{path.name}.before-restore-{stamp}")
        await asyncio.to_thread(copy_database, path, kept)
    try:
        await asyncio.to_thread(replace_content, path, file)
    except Exception:
        if kept is not None:
            kept.unlink()
        raise
    await upgrade_at(database_url)
    return kept


async def _account(database_url: str) -> str | None:
    """The account of a database, which may have older tables; None without one."""
    if (await current_at(database_url)).age is SchemaState.NONE:
        return None
    database = readable(parse_database_url(database_url))
    try:
        return await database.read(accounts.bound)
    finally:
        await database.close()


def _url(file: Path) -> str:
    return f"sqlite:///{file.absolute()}"
