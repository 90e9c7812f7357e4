"""Account of the database."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Double,
    Integer,
    Named,
    String,
    Table,
    TypedColumns,
)

from reconciler.store.tables.metadata import metadata


class AccountColumns(TypedColumns):
    """The one account of a database, written when it is first used."""

    id = Column(Integer, primary_key=True, autoincrement=False)
    account_sid: Named[str] = Column(String(64))
    bound_at: Named[float] = Column(Double)


accounts = Table(
    "accounts",
    metadata,
    AccountColumns,
    CheckConstraint("id = 1", name="id"),
    CheckConstraint("length(account_sid) >= 1", name="account_sid"),
)
