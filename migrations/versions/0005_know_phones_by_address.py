"""Know phones by their address, and the account that a database belongs to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from reconciler.model.phone import normal_address

revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UNCERTAIN = "state IN ('pending', 'unknown')"


def upgrade() -> None:
    make_accounts()
    op.add_column("attempts", sa.Column("account_sid", sa.String(64), nullable=True))
    op.add_column(
        "attempts",
        sa.Column("address", sa.Text(), nullable=False, server_default=""),
    )
    op.execute("UPDATE attempts SET address = to_address")
    if not context.is_offline_mode():
        normalize_addresses()
    op.create_index(op.f("ix_attempts_address"), "attempts", ["address"])
    op.create_index(
        "uq_attempts_uncertain",
        "attempts",
        ["account_sid", "address"],
        unique=True,
        sqlite_where=sa.text(UNCERTAIN),
        postgresql_where=sa.text(UNCERTAIN),
    )


def downgrade() -> None:
    op.drop_index("uq_attempts_uncertain", "attempts")
    op.drop_index(op.f("ix_attempts_address"), "attempts")
    op.drop_column("attempts", "address")
    op.drop_column("attempts", "account_sid")
    op.drop_table("accounts")


def make_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_sid", sa.String(length=64), nullable=False),
        sa.Column("bound_at", sa.Double(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_accounts_id")),
        sa.CheckConstraint(
            "length(account_sid) >= 1", name=op.f("ck_accounts_account_sid")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )


def normalize_addresses() -> None:
    """Write the normal form of all addresses but numbers, which are theirs."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT DISTINCT to_address FROM attempts WHERE to_address NOT LIKE '+%'"
        )
    )
    statement = sa.text("UPDATE attempts SET address = :normal WHERE to_address = :to")
    for (to,) in found.all():
        connection.execute(statement, {"to": to, "normal": normal_address(to)})
