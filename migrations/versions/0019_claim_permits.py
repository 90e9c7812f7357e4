"""Claim permits: how many calls of an account each process may have under way."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | Sequence[str] | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "permit_claims",
        sa.Column("account_sid", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "length(account_sid) >= 1", name=op.f("ck_permit_claims_account_sid")
        ),
        sa.CheckConstraint("length(owner) >= 1", name=op.f("ck_permit_claims_owner")),
        sa.CheckConstraint("held >= 0", name=op.f("ck_permit_claims_held")),
        sa.PrimaryKeyConstraint("account_sid", "owner", name=op.f("pk_permit_claims")),
    )


def downgrade() -> None:
    op.drop_table("permit_claims")
