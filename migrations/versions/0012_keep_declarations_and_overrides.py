"""Keep what files declare over time, and overrides on top of it.

SQLite adds columns in place: a table made anew would lose its triggers.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | Sequence[str] | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("declarations", "overrides")

COLUMNS: tuple[tuple[str, sa.Column[Any]], ...] = (
    ("rosters", sa.Column("details", sa.JSON(), nullable=True)),
    ("rosters", sa.Column("declared", sa.String(length=64), nullable=True)),
    ("rosters", sa.Column("mode", sa.Text(), server_default="normal", nullable=False)),
    ("rosters", sa.Column("effective_until", sa.Double(), nullable=True)),
    ("rosters", sa.Column("origins", sa.JSON(), nullable=True)),
    ("members", sa.Column("details", sa.JSON(), nullable=True)),
    ("members", sa.Column("edited_at", sa.Double(), nullable=True)),
    ("revisions", sa.Column("declaration", sa.JSON(), nullable=True)),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, column)
    op.execute("UPDATE members SET edited_at = changed_at")
    op.create_index(op.f("ix_rosters_effective_until"), "rosters", ["effective_until"])
    make_declarations()
    make_overrides()
    if op.get_context().dialect.name == "sqlite":
        statements = sqlite_triggers()
    else:
        statements = postgresql_triggers()
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("overrides")
    op.drop_table("declarations")
    op.drop_index(op.f("ix_rosters_effective_until"), table_name="rosters")
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column.name)


def make_declarations() -> None:
    op.create_table(
        "declarations",
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("declaration", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room"], ["rosters.room"], name=op.f("fk_declarations_room")
        ),
        sa.PrimaryKeyConstraint("room", name=op.f("pk_declarations")),
    )


def make_overrides() -> None:
    op.create_table(
        "overrides",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.Column("verb", sa.String(length=16), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "length(room) BETWEEN 1 AND 128", name=op.f("ck_overrides_room")
        ),
        sa.CheckConstraint(
            "verb IN ('end', 'mode', 'mute-all', 'only', 'set', 'start')",
            name=op.f("ck_overrides_verb"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_overrides_room_ended_at"), "overrides", ["room", "ended_at"]
    )
    op.create_index(op.f("ix_overrides_ended_at"), "overrides", ["ended_at"])


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
