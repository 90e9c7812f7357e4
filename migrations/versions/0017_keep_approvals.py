"""Say of an approval what a later roster ended of it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | Sequence[str] | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("approvals", sa.Column("voided", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("approvals", "voided")
