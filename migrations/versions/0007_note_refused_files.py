"""Note where a roster comes from, how young its file is, and files that are refused."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | Sequence[str] | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("rosters", sa.Column("path", sa.Text(), nullable=True))
    op.add_column("rosters", sa.Column("quiet_at", sa.Double(), nullable=True))
    op.create_table(
        "refused_files",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("rooms", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_refused_files")),
    )


def downgrade() -> None:
    op.drop_table("refused_files")
    op.drop_column("rosters", "quiet_at")
    op.drop_column("rosters", "path")
