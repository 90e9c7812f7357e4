"""Binding of a database to one account."""

from sqlalchemy import Connection, select

from reconciler.store.database.upsert import insert_into
from reconciler.store.tables import accounts

_THE_ONE = 1


def bound(connection: Connection) -> str | None:
    """The SID of the account whose calls are on record, None before the first use."""
    return connection.scalar(select(accounts.c.account_sid))


def bind(connection: Connection, account_sid: str, now: float) -> str:
    """Bind the database to *account_sid* unless it is bound; the SID it is bound to."""
    connection.execute(
        insert_into(connection, accounts).on_conflict_do_nothing(),
        {"id": _THE_ONE, "account_sid": account_sid, "bound_at": now},
    )
    return connection.scalars(select(accounts.c.account_sid)).one()
