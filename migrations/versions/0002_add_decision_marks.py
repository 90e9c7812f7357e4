"""Decision marks: marks, pauses with an end, approvals of a plan."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("rosters", sa.Column("paused_until", sa.Double(), nullable=True))
    make_approvals()
    make_marks()
    index_for_pruning()


def downgrade() -> None:
    op.drop_index(op.f("ix_events_run"), "events")
    op.drop_index(op.f("ix_events_at"), "events")
    op.drop_table("marks")
    op.drop_table("approvals")
    op.drop_column("rosters", "paused_until")


def make_approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("remaining", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "length(fingerprint) = 64", name=op.f("ck_approvals_fingerprint")
        ),
        sa.ForeignKeyConstraint(
            ["room"], ["rosters.room"], name=op.f("fk_approvals_room")
        ),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_approvals")),
    )


def make_marks() -> None:
    op.create_table(
        "marks",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "length(room) BETWEEN 1 AND 128", name=op.f("ck_marks_room")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marks")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_marks_at"), "marks", ["at"])


def index_for_pruning() -> None:
    op.create_index(op.f("ix_events_at"), "events", ["at"])
    op.create_index(op.f("ix_events_run"), "events", ["run"])
