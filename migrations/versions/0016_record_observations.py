"""Record what was observed: the last observation, intervals of legs, checks.

These tables have no triggers: nothing that is declared or remembered changes.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | Sequence[str] | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

AUDIENCES = "'nobody', 'room', 'target'"
CAUSES = (
    "'delayed', 'not-taken', 'paused', 'refused', 'unanswered', 'until-corrected', "
    "'until-seen', 'withheld'"
)


def upgrade() -> None:
    op.create_table(
        "observations",
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "length(room) BETWEEN 1 AND 128", name=op.f("ck_observations_room")
        ),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_observations")),
    )
    op.create_index(op.f("ix_observations_seen_at"), "observations", ["seen_at"])
    make_leg_intervals()
    make_room_checks()


def downgrade() -> None:
    op.drop_table("room_checks")
    op.drop_table("leg_intervals")
    op.drop_table("observations")


def make_leg_intervals() -> None:
    op.create_table(
        "leg_intervals",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("conference_sid", sa.String(length=64), nullable=False),
        sa.Column("call_sid", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("begins_at", sa.Double(), nullable=False),
        sa.Column("ends_at", sa.Double(), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=True),
        sa.Column("permitted", sa.String(length=16), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("hold", sa.Boolean(), nullable=False),
        sa.Column("coaching", sa.Boolean(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=True),
        sa.CheckConstraint(
            "length(room) BETWEEN 1 AND 128", name=op.f("ck_leg_intervals_room")
        ),
        sa.CheckConstraint(
            f"audience IN ({AUDIENCES})", name=op.f("ck_leg_intervals_audience")
        ),
        sa.CheckConstraint(
            f"permitted IN ({AUDIENCES})", name=op.f("ck_leg_intervals_permitted")
        ),
        sa.CheckConstraint(f"cause IN ({CAUSES})", name=op.f("ck_leg_intervals_cause")),
        sa.CheckConstraint(
            "begins_at < ends_at", name=op.f("ck_leg_intervals_ends_at")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leg_intervals")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_leg_intervals_room_ends_at"), "leg_intervals", ["room", "ends_at"]
    )
    op.create_index(op.f("ix_leg_intervals_ends_at"), "leg_intervals", ["ends_at"])


def make_room_checks() -> None:
    op.create_table(
        "room_checks",
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("checked_at", sa.Double(), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("connected", sa.Integer(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "length(room) BETWEEN 1 AND 128", name=op.f("ck_room_checks_room")
        ),
        sa.CheckConstraint("generation >= 0", name=op.f("ck_room_checks_generation")),
        sa.CheckConstraint("connected >= 0", name=op.f("ck_room_checks_connected")),
        sa.CheckConstraint("members >= 0", name=op.f("ck_room_checks_members")),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_room_checks")),
    )
    op.create_index(op.f("ix_room_checks_checked_at"), "room_checks", ["checked_at"])
