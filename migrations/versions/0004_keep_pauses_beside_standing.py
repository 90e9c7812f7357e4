"""Keep pauses beside the standing: who paused or released a room, and when."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("rosters", sa.Column("paused_at", sa.Double(), nullable=True))
    op.add_column("rosters", sa.Column("paused_by", sa.Text(), nullable=True))
    op.add_column("rosters", sa.Column("released_by", sa.Text(), nullable=True))
    op.add_column(
        "rosters",
        sa.Column("decisions", sa.Integer(), nullable=False, server_default="0"),
    )
    op.execute(
        "UPDATE rosters SET paused_at = loaded_at, paused_by = '',"
        " standing = 'managed' WHERE standing = 'paused'"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE rosters SET standing = 'paused'"
        " WHERE standing = 'managed' AND paused_by IS NOT NULL"
    )
    for name in ("decisions", "released_by", "paused_by", "paused_at"):
        op.drop_column("rosters", name)
