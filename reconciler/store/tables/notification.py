"""What people are notified of, and how far events were read for that."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
)

from reconciler.model.notification import DeliveryState
from reconciler.store.tables.metadata import Serial, counted, metadata, one_of


class NotificationCursorColumns(TypedColumns):
    """One row: every event up to ``event_id`` has been read.

    ``origin`` is the database's own name in CloudEvents. The one process that
    sends is ``owner`` until ``expires_at``.
    """

    id = Column(Integer, primary_key=True, autoincrement=False)
    event_id: Named[int] = Column(BigInteger)
    origin: Named[str] = Column(String(64))
    owner: Named[str] = Column(Text)
    expires_at: Named[float] = Column(Double)


notification_cursors = Table(
    "notification_cursors",
    metadata,
    NotificationCursorColumns,
    CheckConstraint("id = 1", name="id"),
)


class NotificationColumns(TypedColumns):
    """An event to be delivered to a target, by the name of either."""

    id = Column(Serial, primary_key=True, autoincrement=True)
    event_id: Named[int] = Column(BigInteger)
    target: Named[str] = Column(String(64))
    attempts: Named[int]
    next_at: Named[float] = Column(Double)
    reason: Named[str] = Column(Text)
    state: Named[str] = Column(String(16))
    closed_at: Named[float | None] = Column(Double)


notifications = Table(
    "notifications",
    metadata,
    NotificationColumns,
    counted("attempts"),
    one_of("state", DeliveryState),
    CheckConstraint("(state = 'pending') = (closed_at IS NULL)", name="closed"),
    Index("ix_notifications_target_state_event_id", "target", "state", "event_id"),
    Index(None, "closed_at"),
    Index("uq_notifications_event_id_target", "event_id", "target", unique=True),
    sqlite_autoincrement=True,
)
