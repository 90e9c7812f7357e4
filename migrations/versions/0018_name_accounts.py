"""Know accounts by name: which one a room names, and which one still acts in it.

Processes reserve times for the calls of an account. Rooms and calls of before are of the account that the database is bound to.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | Sequence[str] | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "named_accounts",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("account_sid", sa.String(length=64), nullable=False),
        sa.Column("bound_at", sa.Double(), nullable=False),
        sa.CheckConstraint("length(name) >= 1", name=op.f("ck_named_accounts_name")),
        sa.CheckConstraint(
            "length(account_sid) >= 1", name=op.f("ck_named_accounts_account_sid")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_named_accounts")),
        sa.UniqueConstraint("account_sid", name=op.f("uq_named_accounts_account_sid")),
    )
    op.create_table(
        "call_budgets",
        sa.Column("account_sid", sa.String(length=64), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "length(account_sid) >= 1", name=op.f("ck_call_budgets_account_sid")
        ),
        sa.PrimaryKeyConstraint("account_sid", name=op.f("pk_call_budgets")),
    )
    account = sa.Column(
        "account", sa.String(length=64), server_default="default", nullable=False
    )
    op.add_column("rosters", account)
    op.add_column(
        "rosters", sa.Column("account_from", sa.String(length=64), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("rosters", "account_from")
    op.drop_column("rosters", "account")
    op.drop_table("call_budgets")
    op.drop_table("named_accounts")
