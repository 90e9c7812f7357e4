"""Remember until when a number was that of a protected member."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | Sequence[str] | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("rosters", sa.Column("past_protection", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("rosters", "past_protection")
