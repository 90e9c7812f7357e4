"""Binds a database to its accounts by name, and refuses others."""

from reconciler.bootstrap.account_source import NamedAccount
from reconciler.bootstrap.environment import now
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.errors import SettingError
from reconciler.store.database.url import parse_database_url
from reconciler.store.store import SqlStore


async def require_account(
    store: SqlStore, account_sid: str, database_url: str, *, bind: bool
) -> None:
    """SettingError unless the database is of *account_sid*, or of none yet.

    With *bind*, one of none is bound to it: its calls are on record there from
    then on, and no other account knows them.
    """
    bound = await store.account()
    if bound is None and bind:
        bound = await store.bind_account(account_sid, now())
    if bound not in {None, account_sid}:
        raise SettingError(
            f"the database {parse_database_url(database_url).name} belongs to account "
            f"{bound}, but TWILIO_ACCOUNT_SID is {account_sid}. Calls recorded for "
            f"{bound} cannot be found in {account_sid}. "
            "Set the credentials of that account, or use another database "
            "(--database-url sqlite:///OTHER.db). If that account no longer exists, "
            "such as after a restart of reconciler simulate: reconciler db rebind "
            "--yes"
        )


async def require_named(store: SqlStore, account: NamedAccount, *, bind: bool) -> None:
    """SettingError unless *account* is what its name stood for here before.

    Calls on record are known to the account that made them alone.
    """
    of, name = account.settings, account.name
    sid = of.credentials().account_sid
    known = await store.accounts()
    _require_one_name(name, sid, known)
    if name == DEFAULT_ACCOUNT:
        await require_account(store, sid, of.database_url, bind=bind)
        return
    bound = known.get(name)
    if bound is None and bind:
        bound = await store.bind_account(sid, now(), name)
    if bound not in {None, sid}:
        raise SettingError(
            f"account {name} was {bound} in this database, but is {sid} in the accounts "
            f"file. Calls recorded for {bound} cannot be found in {sid}. Write account_sid: {bound}, or give "
            f"{sid} another name. If that account no longer exists: reconciler db "
            f"rebind --account {name} --yes"
        )


def _require_one_name(name: str, sid: str, others: dict[str, str]) -> None:
    for other, known in others.items():
        if known == sid and other != name:
            raise SettingError(
                f"account {name} is {sid}, which this database knows as {other}: call "
                f"it {other} in the accounts file and in rosters"
            )
