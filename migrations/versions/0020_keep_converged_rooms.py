"""Keep what converged rooms and loaded folders rest on, for the next process.

These tables have no triggers: nothing that is declared or remembered changes.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | Sequence[str] | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "converged_rooms",
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("rules", sa.String(length=64), nullable=False),
        sa.Column("conference_sid", sa.String(length=64), nullable=False),
        sa.Column("listing", sa.Text(), nullable=False),
        sa.Column("watermark", sa.JSON(), nullable=False),
        sa.Column("evaluated_at", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("connected", sa.Integer(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("coached", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "length(room) BETWEEN 1 AND 128", name=op.f("ck_converged_rooms_room")
        ),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_converged_rooms")),
    )
    op.create_index(
        op.f("ix_converged_rooms_evaluated_at"), "converged_rooms", ["evaluated_at"]
    )
    op.create_table(
        "loaded_folders",
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("stored", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("folder", name=op.f("pk_loaded_folders")),
    )


def downgrade() -> None:
    op.drop_table("loaded_folders")
    op.drop_table("converged_rooms")
