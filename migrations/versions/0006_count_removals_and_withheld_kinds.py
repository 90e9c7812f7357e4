"""Add removals, withheld kinds, results of corrections and the limit of exposures.

SQLite adds columns in place: a table made anew would lose its triggers.
"""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | Sequence[str] | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("removals", "withheld_kinds")


def upgrade() -> None:
    op.execute(
        "ALTER TABLE rosters ADD COLUMN limit_exposures INTEGER DEFAULT 10 NOT NULL"
        " CONSTRAINT ck_rosters_limit_exposures CHECK (limit_exposures >= 0)"
    )
    op.execute(
        "ALTER TABLE corrections ADD COLUMN result VARCHAR(16)"
        " DEFAULT 'failed' NOT NULL"
    )
    op.add_column("corrections", sa.Column("seen_at", sa.Double(), nullable=True))
    make_removals()
    make_withheld_kinds()
    if op.get_context().dialect.name == "sqlite":
        statements = sqlite_triggers()
    else:
        statements = postgresql_triggers()
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("withheld_kinds")
    op.drop_table("removals")
    op.drop_column("corrections", "seen_at")
    op.drop_column("corrections", "result")
    op.drop_column("rosters", "limit_exposures")


def make_removals() -> None:
    op.create_table(
        "removals",
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("call_sid", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("room", "call_sid", name=op.f("pk_removals")),
    )
    op.create_index(op.f("ix_removals_room_at"), "removals", ["room", "at"])
    op.create_index(op.f("ix_removals_at"), "removals", ["at"])


def make_withheld_kinds() -> None:
    op.create_table(
        "withheld_kinds",
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("guard", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('exposures', 'flapping', 'removals', 'rings')",
            name=op.f("ck_withheld_kinds_kind"),
        ),
        sa.PrimaryKeyConstraint("room", "kind", name=op.f("pk_withheld_kinds")),
    )


def sqlite_triggers() -> Iterator[str]:
    """As in 0003: every write of a row tells its room."""
    for table in TABLES:
        for name, when, row in (
            ("insert", f"INSERT ON {table}", "NEW"),
            ("update", f"UPDATE ON {table}", "NEW"),
            ("delete", f"DELETE ON {table}", "OLD"),
            ("move", f"UPDATE OF room ON {table} WHEN OLD.room <> NEW.room", "OLD"),
        ):
            yield f"""
                CREATE TRIGGER changes_{table}_{name} AFTER {when} BEGIN
                    INSERT INTO changes (turn, room) VALUES (
                        coalesce((SELECT seq FROM sqlite_sequence
                                  WHERE name = 'changes'), 0) + 1,
                        {row}.room
                    );
                END
            """  # noqa: S608 - constants


def postgresql_triggers() -> Iterator[str]:
    """As in 0003: every statement tells the rooms of its rows."""
    for table in TABLES:
        for name, when, rows in (
            ("insert", "AFTER INSERT", "REFERENCING NEW TABLE AS after"),
            ("delete", "AFTER DELETE", "REFERENCING OLD TABLE AS before"),
            (
                "update",
                "AFTER UPDATE",
                "REFERENCING OLD TABLE AS before NEW TABLE AS after",
            ),
            ("truncate", "BEFORE TRUNCATE", ""),
        ):
            yield (
                f"CREATE TRIGGER changes_{table}_{name} {when} ON {table} {rows} "
                "FOR EACH STATEMENT EXECUTE FUNCTION tell_changes()"
            )
