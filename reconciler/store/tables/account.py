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
    UniqueConstraint,
)

from reconciler.model.account_name import LONGEST_ACCOUNT_NAME
from reconciler.store.tables.metadata import metadata


class AccountColumns(TypedColumns):
    """The account of rooms that name none, written when it is first used."""

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


class NamedAccountColumns(TypedColumns):
    """An account of the accounts file, written when it is first used."""

    name = Column(String(LONGEST_ACCOUNT_NAME), primary_key=True)
    account_sid: Named[str] = Column(String(64))
    bound_at: Named[float] = Column(Double)


named_accounts = Table(
    "named_accounts",
    metadata,
    NamedAccountColumns,
    CheckConstraint("length(name) >= 1", name="name"),
    CheckConstraint("length(account_sid) >= 1", name="account_sid"),
    UniqueConstraint("account_sid"),
)


class CallBudgetColumns(TypedColumns):
    """When the next call of an account may be placed, by the database's clock.

    Processes reserve times: what one has reserved is no other's, used or not.
    """

    account_sid = Column(String(64), primary_key=True)
    next_at: Named[float] = Column(Double)


call_budgets = Table(
    "call_budgets",
    metadata,
    CallBudgetColumns,
    CheckConstraint("length(account_sid) >= 1", name="account_sid"),
)


class PermitClaimColumns(TypedColumns):
    """How many calls of an account a process may have under way, and until when.

    Times are the database's. ``held`` is 0 for a process that waits.
    """

    account_sid = Column(String(64), primary_key=True)
    owner = Column(String(64), primary_key=True)
    held: Named[int] = Column(Integer)
    needed: Named[int] = Column(Integer)
    asked_at: Named[float] = Column(Double)
    expires_at: Named[float] = Column(Double)


permit_claims = Table(
    "permit_claims",
    metadata,
    PermitClaimColumns,
    CheckConstraint("length(account_sid) >= 1", name="account_sid"),
    CheckConstraint("length(owner) >= 1", name="owner"),
    CheckConstraint("held >= 0", name="held"),
)
