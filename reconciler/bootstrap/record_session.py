"""Dependencies of a command that does not ask Twilio."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from msgspec import Struct

from reconciler.bootstrap.account_binding import require_account
from reconciler.bootstrap.account_source import named_accounts
from reconciler.bootstrap.environment import (
    now,
)
from reconciler.files.policy_file import load_policy
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.planning.authority import Authority
from reconciler.settings import Settings
from reconciler.store.opening import open_reader
from reconciler.store.store import SqlStore


class RecordSession(Struct, frozen=True):
    """The store alone, of a command that does not ask Twilio."""

    store: SqlStore
    clock: Callable[[], float]
    authority: Authority


@asynccontextmanager
async def record_session(of: Settings) -> AsyncIterator[RecordSession]:
    """Open the database to be read; no credentials are needed.

    SettingError if the database is another account's than the one that is set.
    """
    policy = load_policy(of.policy)
    async with await open_reader(of.database_url) as whole:
        if of.accounts is None and of.account_sid:
            await require_account(whole, of.account_sid, of.database_url, bind=False)
        name = of.account or DEFAULT_ACCOUNT
        bound = (await whole.accounts()).get(name, "")
        account_sid, store = of.account_sid or bound, whole
        if of.account is not None:
            named_accounts(of)
            account_sid, store = bound, whole.of_account(name, bound)
        yield RecordSession(store, now, Authority(account_sid, policy=policy))
