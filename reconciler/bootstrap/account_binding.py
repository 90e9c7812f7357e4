"""Binds a database to one account and refuses others."""

from reconciler.bootstrap.environment import now
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
            f"{bound}, "
            f"and TWILIO_ACCOUNT_SID is {account_sid}, which has none of its calls. "
            "Set the credentials of that account, or use another database "
            "(--database-url sqlite:///OTHER.db). If that account no longer exists, "
            "such as after a restart of reconciler simulate: reconciler db rebind "
            "--yes"
        )
