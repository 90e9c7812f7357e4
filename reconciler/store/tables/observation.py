"""Observed state: the last observation of each room, its legs over time, checks."""

from typing import Any

from sqlalchemy import (
    JSON,
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

from reconciler.model.recorded_observation import Audience, OverheardCause
from reconciler.store.tables.metadata import (
    NAME,
    Serial,
    counted,
    metadata,
    named,
    one_of,
)


class ObservationColumns(TypedColumns):
    """The last observation that differed; see ``model.recorded_observation.ObservedRoom``.

    A room without a conference that was never observed with one has no row.
    """

    room = Column(String(NAME), primary_key=True)
    seen_at: Named[float] = Column(Double)
    fingerprint: Named[str] = Column(String(64))
    document: Named[dict[str, Any]] = Column(JSON)


observations = Table(
    "observations",
    metadata,
    ObservationColumns,
    named("room"),
    Index(None, "seen_at"),
)


class LegIntervalColumns(TypedColumns):
    """An interval that ended; see ``model.recorded_observation.LegInterval``."""

    id = Column(Serial, primary_key=True, autoincrement=True)
    room: Named[str] = Column(String(NAME))
    conference_sid: Named[str] = Column(String(64))
    call_sid: Named[str] = Column(String(64))
    label: Named[str] = Column(Text)
    begins_at: Named[float] = Column(Double)
    ends_at: Named[float] = Column(Double)
    audience: Named[str] = Column(String(16))
    target: Named[str | None] = Column(String(64))
    permitted: Named[str] = Column(String(16))
    muted: Named[bool]
    hold: Named[bool]
    coaching: Named[bool]
    cause: Named[str | None] = Column(String(16))


leg_intervals = Table(
    "leg_intervals",
    metadata,
    LegIntervalColumns,
    named("room"),
    one_of("audience", Audience),
    one_of("permitted", Audience),
    one_of("cause", OverheardCause),
    CheckConstraint("begins_at < ends_at", name="ends_at"),
    Index(None, "room", "ends_at"),
    Index(None, "ends_at"),
    sqlite_autoincrement=True,
)


class RoomCheckColumns(TypedColumns):
    """When a room was last observed; see ``model.recorded_observation.RoomCheck``."""

    room = Column(String(NAME), primary_key=True)
    checked_at: Named[float] = Column(Double)
    next_at: Named[float | None] = Column(Double)
    generation: Named[int]
    state: Named[str] = Column(String(16))
    reason: Named[str] = Column(Text)
    connected: Named[int]
    members: Named[int]


room_checks = Table(
    "room_checks",
    metadata,
    RoomCheckColumns,
    named("room"),
    counted("generation"),
    counted("connected"),
    counted("members"),
    Index(None, "checked_at"),
)


class ConvergedRoomColumns(TypedColumns):
    """A room found as declared; see ``model.converged_room.ConvergedRoom``."""

    room = Column(String(NAME), primary_key=True)
    rules: Named[str] = Column(String(64))
    conference_sid: Named[str] = Column(String(64))
    listing: Named[str] = Column(Text)
    watermark: Named[dict[str, Any]] = Column(JSON)
    evaluated_at: Named[float] = Column(Double)
    until: Named[float | None] = Column(Double)
    generation: Named[int]
    fingerprint: Named[str] = Column(String(64))
    connected: Named[int]
    members: Named[int]
    coached: Named[bool]


converged_rooms = Table(
    "converged_rooms",
    metadata,
    ConvergedRoomColumns,
    named("room"),
    Index(None, "evaluated_at"),
)
