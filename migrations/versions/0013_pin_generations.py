"""Know what made each generation, and which one a person restored.

SQLite adds columns in place: a table made anew would lose its triggers.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | Sequence[str] | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS: tuple[tuple[str, sa.Column[Any]], ...] = (
    ("rosters", sa.Column("pin", sa.JSON(), nullable=True)),
    ("revisions", sa.Column("kind", sa.String(length=16), nullable=True)),
    ("revisions", sa.Column("reason", sa.Text(), nullable=True)),
    ("revisions", sa.Column("restored", sa.Integer(), nullable=True)),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, column)


def downgrade() -> None:
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column.name)
