"""Let the trigger function of PostgreSQL write to our own table and no other.

It runs with the rights of its owner, so that every role can fill the feed. Its
names are looked up in the schema of the tables alone, temporary tables last, and
no other role may hang it on a table of its own.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0008"
down_revision: str | Sequence[str] | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    op.execute("""
        DO $$ BEGIN
            EXECUTE format(
                'ALTER FUNCTION %1$I.tell_changes() SET search_path = %1$I, pg_temp',
                current_schema()
            );
        END $$
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION tell_changes() FROM PUBLIC")


def downgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    op.execute("GRANT EXECUTE ON FUNCTION tell_changes() TO PUBLIC")
    op.execute("ALTER FUNCTION tell_changes() SET search_path FROM CURRENT")
