"""Change feed: triggers record every write, whoever makes it.

A migration that recreates one of these tables must recreate its triggers.
"""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    "rosters",
    "members",
    "approvals",
    "attempts",
    "call_fields",
    "calls",
    "corrections",
)


def upgrade() -> None:
    make_changes()
    if op.get_context().dialect.name == "sqlite":
        for _, statement in sqlite_triggers():
            op.execute(statement)
        return
    op.execute(FUNCTION)
    for _, _, statement in postgresql_triggers():
        op.execute(statement)


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        for name, _ in sqlite_triggers():
            op.execute(f"DROP TRIGGER {name}")
    else:
        for name, table, _ in postgresql_triggers():
            op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute("DROP FUNCTION tell_changes()")
    op.drop_table("changes")


def make_changes() -> None:
    op.create_table(
        "changes",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("room", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_changes_turn"), "changes", ["turn"])


def sqlite_triggers() -> Iterator[tuple[str, str]]:
    """Names and statements. A turn is the id that comes next: writers are serial."""
    for table in TABLES:
        for name, when, row in (
            ("insert", f"INSERT ON {table}", "NEW"),
            ("update", f"UPDATE ON {table}", "NEW"),
            ("delete", f"DELETE ON {table}", "OLD"),
            ("move", f"UPDATE OF room ON {table} WHEN OLD.room <> NEW.room", "OLD"),
        ):
            trigger = f"changes_{table}_{name}"
            statement = f"""
                CREATE TRIGGER {trigger} AFTER {when} BEGIN
                    INSERT INTO changes (turn, room) VALUES (
                        coalesce((SELECT seq FROM sqlite_sequence
                                  WHERE name = 'changes'), 0) + 1,
                        {row}.room
                    );
                END
            """  # noqa: S608 - constants
            yield trigger, statement


FUNCTION = """
CREATE FUNCTION tell_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    this_turn bigint := CAST(CAST(pg_current_xact_id() AS text) AS bigint);
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO changes (turn, room)
            SELECT DISTINCT this_turn, room FROM after;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO changes (turn, room)
            SELECT DISTINCT this_turn, room FROM before;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO changes (turn, room)
            SELECT this_turn, room FROM before
            UNION SELECT this_turn, room FROM after;
    ELSE
        EXECUTE format('INSERT INTO changes (turn, room) SELECT DISTINCT $1, room '
            'FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) USING this_turn;
    END IF;
    RETURN NULL;
END $$
"""


def postgresql_triggers() -> Iterator[tuple[str, str, str]]:
    """Names, tables and statements. A turn is the transaction's own number."""
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
            trigger = f"changes_{table}_{name}"
            statement = (
                f"CREATE TRIGGER {trigger} {when} ON {table} {rows} "
                "FOR EACH STATEMENT EXECUTE FUNCTION tell_changes()"
            )
            yield trigger, table, statement
