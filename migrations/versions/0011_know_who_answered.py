"""Know who answered a call: a person or a machine, which is an outcome of its own.

SQLite's constraint is changed where it stands: a table made anew would lose its
triggers. No row is touched, since what was allowed before still is; see
https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema
Changes".
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | Sequence[str] | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BEFORE = (
    "outcome IN ('busy', 'canceled', 'delayed', 'failed', 'left', 'moved', "
    "'no-answer', 'not-rung', 'refused', 'removed', 'room-ended', 'rung')"
)
AFTER = BEFORE.replace("'left', ", "'left', 'machine', ")


def upgrade() -> None:
    op.add_column("calls", sa.Column("answered_by", sa.Text(), nullable=True))
    allow(AFTER, instead_of=BEFORE)


def downgrade() -> None:
    op.execute("UPDATE attempts SET outcome = 'no-answer' WHERE outcome = 'machine'")
    allow(BEFORE, instead_of=AFTER)
    op.drop_column("calls", "answered_by")


def allow(condition: str, *, instead_of: str) -> None:
    """Replace the constraint of the outcomes of attempts."""
    if op.get_context().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_attempts_outcome"), "attempts", type_="check")
        op.create_check_constraint(
            op.f("ck_attempts_outcome"), "attempts", sa.text(condition)
        )
        return
    before, after = (x.replace("'", "''") for x in (instead_of, condition))
    op.execute("PRAGMA writable_schema = ON")
    op.execute(
        f"UPDATE sqlite_master SET sql = replace(sql, '{before}', '{after}')"  # noqa: S608 - constants
        " WHERE type = 'table' AND name = 'attempts'"
    )
    op.execute("PRAGMA writable_schema = RESET")
