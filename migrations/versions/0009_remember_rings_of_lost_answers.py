"""Remember of each ring what its call is to be known by, were its answer lost."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | Sequence[str] | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("attempts", sa.Column("memory", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("attempts", "memory")
