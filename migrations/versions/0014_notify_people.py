"""Notify people of events: what is to be sent to whom, and how far events were read."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | Sequence[str] | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("events", sa.Column("notice", sa.String(length=16), nullable=True))
    op.create_table(
        "notification_cursors",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_notification_cursors_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_cursors")),
    )
    op.create_table(
        "notifications",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_notifications_attempts")),
        sa.CheckConstraint(
            "state IN ('failed', 'pending', 'sent')",
            name=op.f("ck_notifications_state"),
        ),
        sa.CheckConstraint(
            "(state = 'pending') = (closed_at IS NULL)",
            name=op.f("ck_notifications_closed"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_notifications_target_state_event_id"),
        "notifications",
        ["target", "state", "event_id"],
    )
    op.create_index(op.f("ix_notifications_closed_at"), "notifications", ["closed_at"])
    op.create_index(
        "uq_notifications_event_id_target",
        "notifications",
        ["event_id", "target"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("notifications")
    op.drop_table("notification_cursors")
    op.drop_column("events", "notice")
