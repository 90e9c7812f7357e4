"""Accounts of a database: which SID each name has been bound to."""

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Table, delete, func, select

from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.store.database.upsert import insert_into
from reconciler.store.tables import accounts, named_accounts, rosters

_THE_ONE = 1

_DEFAULT = select(accounts.c.account_sid)
_ANY_NAMED = select(named_accounts.c.name).limit(1)


class ActingAccount(Struct, frozen=True):
    """The account on whose behalf the store is used."""

    name: str
    account_sid: str


acting = func.coalesce(rosters.c.account_from, rosters.c.account)
"""The name of the account that acts in a room now."""


def bound(connection: Connection, name: str = DEFAULT_ACCOUNT) -> str | None:
    """The SID of the account *name* whose calls are on record, None before first use."""
    if name == DEFAULT_ACCOUNT:
        return connection.scalar(_DEFAULT)
    of = named_accounts.c
    return connection.scalar(select(of.account_sid).where(of.name == name))


def bindings(connection: Connection) -> dict[str, str]:
    """The SID of each account that was used, by name."""
    default = bound(connection)
    of = named_accounts.c
    rows = connection.execute(select(of.name, of.account_sid).order_by(of.name))
    named = {row.name: row.account_sid for row in rows}
    return named if default is None else {DEFAULT_ACCOUNT: default, **named}


def several(connection: Connection) -> bool:
    """Whether more than one account was used: a phone may be another one's."""
    return connection.scalar(_ANY_NAMED) is not None


def unbind(connection: Connection, name: str) -> None:
    """Forget what *name* is bound to."""
    if name == DEFAULT_ACCOUNT:
        connection.execute(delete(accounts))
    else:
        connection.execute(delete(named_accounts).where(named_accounts.c.name == name))


def bind(
    connection: Connection, account_sid: str, now: float, name: str = DEFAULT_ACCOUNT
) -> str | None:
    """Bind *name* to *account_sid* unless it is bound; the SID it is bound to.

    None where the SID is another name's already.
    """
    known = bindings(connection)
    if name not in known and account_sid not in known.values():
        default = name == DEFAULT_ACCOUNT
        table: Table[Any] = accounts if default else named_accounts
        row = {"id": _THE_ONE} if default else {"name": name}
        connection.execute(
            insert_into(connection, table).on_conflict_do_nothing(),
            {**row, "account_sid": account_sid, "bound_at": now},
        )
    return bound(connection, name)
