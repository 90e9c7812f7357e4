"""Opens the store for a decision about a room, and prints the outcome."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from reconciler.bootstrap.account_binding import require_account
from reconciler.bootstrap.command_session import CommandSession, command_session
from reconciler.cli.command_settings import command_settings
from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.model.errors import SettingError, TransientError
from reconciler.operations.evaluated_room import require
from reconciler.planning.serialize import FORMAT_VERSION
from reconciler.settings import Settings
from reconciler.store.database.url import parse_database_url
from reconciler.store.opening import open_store
from reconciler.store.store import SqlStore


@asynccontextmanager
async def deciding(room: str) -> AsyncIterator[SqlStore]:
    """The store, in which *room* is known, open to put a decision on record."""
    of = command_settings()
    url = of.database_url
    place = parse_database_url(url)
    if place.path is not None and not place.path.exists():
        raise SettingError(
            f"room '{room}' is not known: database {place.name} does not exist. "
            "To use another: --database-url URL"
        )
    async with await open_store(url) as store:
        await _require_accounts(store, of)
        await require_of_account(store, of.account, room)
        require(room, await store.rooms())
        yield store


async def _require_accounts(store: SqlStore, of: Settings) -> None:
    """SettingError if the database is another account's than the one that is set."""
    if of.accounts is None and of.account_sid:
        await require_account(store, of.account_sid, of.database_url, bind=False)


async def require_of_account(store: SqlStore, account: str | None, room: str) -> None:
    """SettingError if --account names another one than that of *room*."""
    acting = (await store.accounts_of([room])).get(room)
    if account is not None and acting not in {None, account}:
        raise SettingError(f"'{room}' is a room of account {acting}, not of {account}")


def looking(room: str) -> AbstractAsyncContextManager[CommandSession]:
    """A session that only reads, of the account of *room*."""
    return command_session(command_settings(), read_only=True, room=room)


def require_known(room: str, unknown: str | None) -> None:
    """TransientError if the observed state of *room* is *unknown*, which says why."""
    if unknown is not None:
        raise unknown_state(room, unknown)


def unknown_state(room: str, reason: str) -> TransientError:
    """The error of a command that needs to know who is in *room*."""
    return TransientError(f"the state of {room} is unknown: {reason}")


def show(text: str, **facts: Any) -> None:
    """Sentences, a line each, or the facts they are made of where JSON is wanted."""
    if current().json:
        print_json({"format_version": FORMAT_VERSION, **facts})
        return
    for line in text.split("\n"):
        echo(line)
