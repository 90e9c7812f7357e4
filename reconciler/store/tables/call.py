"""Recorded facts about calls."""

from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Double,
    Index,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
)

from reconciler.model.ledger import CorrectionResult
from reconciler.model.observation import CallStatus
from reconciler.store.tables.metadata import NAME, Serial, metadata, one_of


class CallFieldColumns(TypedColumns):
    """What was last sent on a call of a field that Twilio does not show."""

    call_sid = Column(String(64), primary_key=True)
    name = Column(Text, primary_key=True)
    room: Named[str] = Column(String(NAME))
    value: Named[Any] = Column(JSON, nullable=False)
    sent_at: Named[float] = Column(Double)


call_fields = Table(
    "call_fields", metadata, CallFieldColumns, Index(None, "room", "sent_at")
)


class CallColumns(TypedColumns):
    """A call told apart; see ``model.observation.Call``."""

    call_sid = Column(String(64), primary_key=True)
    room: Named[str] = Column(String(NAME))
    to_address: Named[str] = Column(Text)
    from_address: Named[str] = Column(Text)
    direction: Named[str] = Column(String(32))
    status: Named[str] = Column(String(16))
    created_at: Named[float | None] = Column(Double)
    started_at: Named[float | None] = Column(Double)
    ended_at: Named[float | None] = Column(Double)
    seen_at: Named[float] = Column(Double)
    answered_by: Named[str | None] = Column(Text)


calls = Table(
    "calls",
    metadata,
    CallColumns,
    one_of("status", CallStatus),
    Index(None, "room", "seen_at"),
)


class CorrectionColumns(TypedColumns):
    """A field set on one call; see ``model.ledger.Correction``."""

    id = Column(Serial, primary_key=True, autoincrement=True)
    room: Named[str] = Column(String(NAME))
    call_sid: Named[str] = Column(String(64))
    field: Named[str] = Column(Text)
    at: Named[float] = Column(Double)
    result: Named[str] = Column(String(16), server_default=CorrectionResult.FAILED)
    seen_at: Named[float | None] = Column(Double)


corrections = Table(
    "corrections", metadata, CorrectionColumns, Index(None, "room", "at")
)


class RemovalColumns(TypedColumns):
    """A call that we removed without a person's approval, or are about to."""

    room = Column(String(NAME), primary_key=True)
    call_sid = Column(String(64), primary_key=True)
    at: Named[float] = Column(Double)


removals = Table(
    "removals", metadata, RemovalColumns, Index(None, "room", "at"), Index(None, "at")
)
