"""Index attempts by time, so that rings within an hour and a day are counted fast."""

from collections.abc import Sequence

from alembic import op

revision: str = "0010"
down_revision: str | Sequence[str] | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(op.f("ix_attempts_created_at"), "attempts", ["created_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_attempts_created_at"), table_name="attempts")
