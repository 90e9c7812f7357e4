"""Attempts and leases."""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    Index,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
)

from reconciler.model.attempt import OPEN, UNCERTAIN, AttemptState, CallOutcome
from reconciler.store.tables.metadata import (
    NAME,
    Serial,
    counted,
    metadata,
    named,
    one_of,
    quoted,
    unique_where,
)


class AttemptColumns(TypedColumns):
    """One ring; see ``model.attempt.Attempt``.

    ``address`` is the normal form of ``to_address``. ``memory`` is NULL for
    attempts made before it was kept. ``account_sid`` is NULL for
    attempts made before the database was bound to an account.
    """

    id = Column(Serial, primary_key=True, autoincrement=True)
    room: Named[str] = Column(String(NAME))
    label: Named[str] = Column(String(NAME))
    to_address: Named[str] = Column(Text)
    intent: Named[int]
    number: Named[int]
    state: Named[str] = Column(String(16))
    generation: Named[int]
    created_at: Named[float] = Column(Double)
    send_by: Named[float] = Column(Double)
    sent: Named[dict[str, Any]] = Column(JSON)
    call_sid: Named[str | None] = Column(String(64))
    conference_sid: Named[str | None] = Column(String(64))
    connected_at: Named[float | None] = Column(Double)
    ended_at: Named[float | None] = Column(Double)
    outcome: Named[str | None] = Column(String(16))
    code: Named[int | None]
    reason: Named[str] = Column(Text)
    request_id: Named[str | None] = Column(Text)
    account_sid: Named[str | None] = Column(String(64))
    address: Named[str] = Column(Text)
    memory: Named[dict[str, Any] | None] = Column(JSON)


_OPEN = f"state IN ({quoted(OPEN)})"

attempts = Table(
    "attempts",
    metadata,
    AttemptColumns,
    named("room"),
    named("label"),
    counted("intent"),
    counted("number"),
    one_of("state", AttemptState),
    counted("generation"),
    one_of("outcome", CallOutcome),
    CheckConstraint("state <> 'placed' OR call_sid IS NOT NULL", name="placed"),
    CheckConstraint(f"({_OPEN}) = (outcome IS NULL)", name="closed"),
    CheckConstraint(f"ended_at IS NULL OR NOT ({_OPEN})", name="ended"),
    Index(None, "room", "label", "intent"),
    Index(None, "address"),
    Index(None, "created_at"),
    sqlite_autoincrement=True,
)

unique_where(
    "uq_attempts_open",
    attempts.c.room,
    attempts.c.label,
    where=attempts.c.state.in_(sorted(OPEN)),
)

unique_where(
    "uq_attempts_uncertain",
    attempts.c.account_sid,
    attempts.c.address,
    where=attempts.c.state.in_(sorted(UNCERTAIN)),
)
"""At most one attempt a phone of which nobody knows yet what became of it."""


class LeaseColumns(TypedColumns):
    """Leases of rooms. A row outlives its lease: ``epoch``, the fencing token, only grows."""

    room = Column(String(NAME), primary_key=True)
    owner: Named[str] = Column(Text)
    epoch: Named[int] = Column(BigInteger)
    expires_at: Named[float] = Column(Double)


leases = Table(
    "leases",
    metadata,
    LeaseColumns,
    named("room"),
    CheckConstraint("length(owner) >= 1", name="owner"),
    counted("epoch", 1),
)
