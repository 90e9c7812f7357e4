"""Make all tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    make_rosters()
    make_members()
    make_revisions()
    make_attempts()
    make_call_fields()
    make_calls()
    make_corrections()
    make_runs()
    make_events()
    make_leases()


def downgrade() -> None:
    op.drop_table("leases")
    op.drop_table("events")
    op.drop_table("runs")
    op.drop_table("corrections")
    op.drop_table("calls")
    op.drop_table("call_fields")
    op.drop_table("attempts")
    op.drop_table("revisions")
    op.drop_table("members")
    op.drop_table("rosters")


def make_rosters() -> None:
    op.create_table(
        "rosters",
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("unlisted", sa.String(length=16), nullable=False),
        sa.Column("limit_removals", sa.Integer(), nullable=False),
        sa.Column("limit_rings", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=True),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("intents", sa.Integer(), nullable=False),
        sa.Column("emptied", sa.Boolean(), nullable=False),
        sa.Column("conference_sid", sa.String(length=64), nullable=True),
        sa.Column("loaded_at", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "standing IN ('managed', 'paused', 'released')",
            name=op.f("ck_rosters_standing"),
        ),
        sa.CheckConstraint("state IN ('ended', 'open')", name=op.f("ck_rosters_state")),
        sa.CheckConstraint(
            "unlisted IN ('hold', 'keep', 'mute', 'remove')",
            name=op.f("ck_rosters_unlisted"),
        ),
        sa.CheckConstraint("generation >= 1", name=op.f("ck_rosters_generation")),
        sa.CheckConstraint("intents >= 0", name=op.f("ck_rosters_intents")),
        sa.CheckConstraint(
            "length(room) BETWEEN 1 AND 128", name=op.f("ck_rosters_room")
        ),
        sa.CheckConstraint(
            "limit_removals >= 0", name=op.f("ck_rosters_limit_removals")
        ),
        sa.CheckConstraint("limit_rings >= 0", name=op.f("ck_rosters_limit_rings")),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_rosters")),
    )
    op.create_index(op.f("ix_rosters_folder"), "rosters", ["folder"])


def make_members() -> None:
    op.create_table(
        "members",
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("from_address", sa.Text(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=True),
        sa.Column("hold", sa.Boolean(), nullable=True),
        sa.Column("coaching", sa.Boolean(), nullable=True),
        sa.Column("coaching_target", sa.String(length=128), nullable=True),
        sa.Column("end_conference_on_exit", sa.Boolean(), nullable=True),
        sa.Column("create_only", sa.JSON(), nullable=False),
        sa.Column("write_only", sa.JSON(), nullable=False),
        sa.Column("announcements", sa.JSON(), nullable=False),
        sa.Column("redial_on", sa.JSON(), nullable=False),
        sa.Column("redial_attempts", sa.Integer(), nullable=False),
        sa.Column("redial_backoff", sa.Double(), nullable=False),
        sa.Column("on_change", sa.String(length=16), nullable=False),
        sa.Column("intent", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.Column("dismissed_at", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "on_change IN ('keep', 'redial')", name=op.f("ck_members_on_change")
        ),
        sa.CheckConstraint(
            "coaching_target IS NULL OR coaching IS TRUE",
            name=op.f("ck_members_coaching"),
        ),
        sa.CheckConstraint("intent >= 0", name=op.f("ck_members_intent")),
        sa.CheckConstraint(
            "length(label) BETWEEN 1 AND 128", name=op.f("ck_members_label")
        ),
        sa.CheckConstraint("position >= 0", name=op.f("ck_members_position")),
        sa.CheckConstraint(
            "redial_attempts >= 0", name=op.f("ck_members_redial_attempts")
        ),
        sa.CheckConstraint(
            "redial_backoff >= 0", name=op.f("ck_members_redial_backoff")
        ),
        sa.ForeignKeyConstraint(
            ["room"], ["rosters.room"], name=op.f("fk_members_room")
        ),
        sa.PrimaryKeyConstraint("room", "label", name=op.f("pk_members")),
    )


def make_revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("roster", sa.JSON(), nullable=False),
        sa.Column("loaded_at", sa.Double(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.CheckConstraint("generation >= 1", name=op.f("ck_revisions_generation")),
        sa.ForeignKeyConstraint(
            ["room"], ["rosters.room"], name=op.f("fk_revisions_room")
        ),
        sa.PrimaryKeyConstraint("room", "generation", name=op.f("pk_revisions")),
    )


def make_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("intent", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("send_by", sa.Double(), nullable=False),
        sa.Column("sent", sa.JSON(), nullable=False),
        sa.Column("call_sid", sa.String(length=64), nullable=True),
        sa.Column("conference_sid", sa.String(length=64), nullable=True),
        sa.Column("connected_at", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('pending', 'placed', 'unknown')) = (outcome IS NULL)",
            name=op.f("ck_attempts_closed"),
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR NOT (state IN ('pending', 'placed', 'unknown'))",
            name=op.f("ck_attempts_ended"),
        ),
        sa.CheckConstraint(
            "outcome IN ('busy', 'canceled', 'delayed', 'failed', 'left', 'moved', 'no-answer', 'not-rung', 'refused', 'removed', 'room-ended', 'rung')",
            name=op.f("ck_attempts_outcome"),
        ),
        sa.CheckConstraint(
            "state <> 'placed' OR call_sid IS NOT NULL", name=op.f("ck_attempts_placed")
        ),
        sa.CheckConstraint(
            "state IN ('ended', 'pending', 'placed', 'refused', 'unknown')",
            name=op.f("ck_attempts_state"),
        ),
        sa.CheckConstraint("generation >= 0", name=op.f("ck_attempts_generation")),
        sa.CheckConstraint("intent >= 0", name=op.f("ck_attempts_intent")),
        sa.CheckConstraint(
            "length(label) BETWEEN 1 AND 128", name=op.f("ck_attempts_label")
        ),
        sa.CheckConstraint(
            "length(room) BETWEEN 1 AND 128", name=op.f("ck_attempts_room")
        ),
        sa.CheckConstraint("number >= 0", name=op.f("ck_attempts_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_attempts_room_label_intent"),
        "attempts",
        ["room", "label", "intent"],
    )
    op.create_index(
        "uq_attempts_open",
        "attempts",
        ["room", "label"],
        unique=True,
        sqlite_where=sa.text("state IN ('pending', 'placed', 'unknown')"),
        postgresql_where=sa.text("state IN ('pending', 'placed', 'unknown')"),
    )


def make_call_fields() -> None:
    op.create_table(
        "call_fields",
        sa.Column("call_sid", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("sent_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("call_sid", "name", name=op.f("pk_call_fields")),
    )
    op.create_index(
        op.f("ix_call_fields_room_sent_at"), "call_fields", ["room", "sent_at"]
    )


def make_calls() -> None:
    op.create_table(
        "calls",
        sa.Column("call_sid", sa.String(length=64), nullable=False),
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("from_address", sa.Text(), nullable=False),
        sa.Column("direction", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=True),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "status IN ('busy', 'canceled', 'completed', 'failed', 'in-progress', 'initiated', 'no-answer', 'queued', 'ringing')",
            name=op.f("ck_calls_status"),
        ),
        sa.PrimaryKeyConstraint("call_sid", name=op.f("pk_calls")),
    )
    op.create_index(op.f("ix_calls_room_seen_at"), "calls", ["room", "seen_at"])


def make_corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("call_sid", sa.String(length=64), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_room_at"), "corrections", ["room", "at"])


def make_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.CheckConstraint("generation >= 0", name=op.f("ck_runs_generation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_room_started_at"), "runs", ["room", "started_at"])


def make_events() -> None:
    op.create_table(
        "events",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=False),
        sa.Column("call_sid", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=True),
        sa.Column("run", sa.String(length=64), nullable=True),
        sa.CheckConstraint("generation >= 0", name=op.f("ck_events_generation")),
        sa.CheckConstraint("length(kind) >= 1", name=op.f("ck_events_kind")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_events_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_events_room_id"), "events", ["room", "id"])


def make_leases() -> None:
    op.create_table(
        "leases",
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.CheckConstraint("epoch >= 1", name=op.f("ck_leases_epoch")),
        sa.CheckConstraint("length(owner) >= 1", name=op.f("ck_leases_owner")),
        sa.CheckConstraint(
            "length(room) BETWEEN 1 AND 128", name=op.f("ck_leases_room")
        ),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_leases")),
    )
