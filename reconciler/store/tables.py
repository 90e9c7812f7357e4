"""The tables: every promise the schema itself can keep is a constraint here.

Times are Unix seconds. ``leases``, ``attempts`` and ``events`` name a room
without a foreign key: what happened to people stays on record and stays
guarded even where no roster of the room does.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
)

from reconciler.engine.ports import Standing
from reconciler.model.attempt import OPEN, AttemptState, Outcome
from reconciler.model.observation import CallStatus
from reconciler.model.roster import OnChange, RoomState, Unlisted
from reconciler.store.schema import (
    NAME,
    Serial,
    counted,
    metadata,
    named,
    one_of,
    quoted,
)


class RosterColumns(TypedColumns):
    """A room: its roster's own words, and what is known of the whole room."""

    room = Column(String(NAME), primary_key=True)
    generation: Named[int]
    content: Named[str] = Column(String(64))
    state: Named[str] = Column(String(16))
    unlisted: Named[str] = Column(String(16))
    limit_removals: Named[int]
    limit_rings: Named[int]
    source: Named[str] = Column(Text)
    folder: Named[str | None] = Column(Text)
    standing: Named[str] = Column(String(16))
    intents: Named[int]
    emptied: Named[bool]
    approved: Named[str | None] = Column(Text)
    conference_sid: Named[str | None] = Column(String(64))
    loaded_at: Named[float] = Column(Double)


rosters = Table(
    "rosters",
    metadata,
    RosterColumns,
    named("room"),
    counted("generation", 1),
    one_of("state", RoomState),
    one_of("unlisted", Unlisted),
    one_of("standing", Standing),
    counted("limit_removals"),
    counted("limit_rings"),
    counted("intents"),
    Index(None, "folder"),
)


class MemberColumns(TypedColumns):
    """A member; with ``dismissed_at`` the tombstone of one that was listed.

    ``coaching`` with a target coaches it, without one it is "nobody", and
    NULL is no opinion.
    """

    room = Column(String(NAME), ForeignKey("rosters.room"), primary_key=True)
    label = Column(String(NAME), primary_key=True)
    position: Named[int]
    to_address: Named[str] = Column(Text)
    from_address: Named[str] = Column(Text)
    muted: Named[bool | None]
    hold: Named[bool | None]
    coaching: Named[bool | None]
    coaching_target: Named[str | None] = Column(String(NAME))
    end_conference_on_exit: Named[bool | None]
    create_only: Named[dict[str, Any]] = Column(JSON)
    write_only: Named[dict[str, Any]] = Column(JSON)
    announcements: Named[list[Any]] = Column(JSON)
    redial_on: Named[list[str]] = Column(JSON)
    redial_attempts: Named[int]
    redial_backoff: Named[float] = Column(Double)
    on_change: Named[str] = Column(String(16))
    intent: Named[int]
    changed_at: Named[float] = Column(Double)
    dismissed_at: Named[float | None] = Column(Double)


members = Table(
    "members",
    metadata,
    MemberColumns,
    named("label"),
    counted("position"),
    CheckConstraint("coaching_target IS NULL OR coaching IS TRUE", name="coaching"),
    counted("redial_attempts"),
    counted("redial_backoff"),
    one_of("on_change", OnChange),
    counted("intent"),
)


class RevisionColumns(TypedColumns):
    """A generation of a roster, whole, as it was loaded."""

    room = Column(String(NAME), ForeignKey("rosters.room"), primary_key=True)
    generation = Column(Integer, primary_key=True, autoincrement=False)
    roster: Named[dict[str, Any]] = Column(JSON)
    loaded_at: Named[float] = Column(Double)
    cause: Named[str] = Column(Text)


revisions = Table("revisions", metadata, RevisionColumns, counted("generation", 1))


class AttemptColumns(TypedColumns):
    """One ring; see ``model.attempt.Attempt``."""

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
    one_of("outcome", Outcome),
    CheckConstraint("state <> 'placed' OR call_sid IS NOT NULL", name="placed"),
    CheckConstraint(f"({_OPEN}) = (outcome IS NULL)", name="closed"),
    CheckConstraint(f"ended_at IS NULL OR NOT ({_OPEN})", name="ended"),
    Index(None, "room", "label", "intent"),
    sqlite_autoincrement=True,
)

Index(
    "uq_attempts_open",
    attempts.c.room,
    attempts.c.label,
    unique=True,
    sqlite_where=attempts.c.state.in_(sorted(OPEN)),
    postgresql_where=attempts.c.state.in_(sorted(OPEN)),
)


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


calls = Table(
    "calls",
    metadata,
    CallColumns,
    one_of("status", CallStatus),
    Index(None, "room", "seen_at"),
)


class CorrectionColumns(TypedColumns):
    """One field put right on one call."""

    id = Column(Serial, primary_key=True, autoincrement=True)
    room: Named[str] = Column(String(NAME))
    call_sid: Named[str] = Column(String(64))
    field: Named[str] = Column(Text)
    at: Named[float] = Column(Double)


corrections = Table(
    "corrections", metadata, CorrectionColumns, Index(None, "room", "at")
)


class RunColumns(TypedColumns):
    """A run that did or noted something."""

    id = Column(String(64), primary_key=True)
    room: Named[str] = Column(String(NAME))
    started_at: Named[float] = Column(Double)
    ended_at: Named[float | None] = Column(Double)
    cause: Named[str] = Column(Text)
    generation: Named[int | None]
    result: Named[str | None] = Column(Text)


runs = Table(
    "runs",
    metadata,
    RunColumns,
    counted("generation"),
    Index(None, "room", "started_at"),
)


class EventColumns(TypedColumns):
    """A fact for people; see ``model.event.Event``."""

    id = Column(Serial, primary_key=True, autoincrement=True)
    room: Named[str] = Column(String(NAME))
    at: Named[float] = Column(Double)
    kind: Named[str] = Column(String(64))
    message: Named[str] = Column(Text)
    label: Named[str] = Column(String(NAME))
    call_sid: Named[str] = Column(String(64))
    cause: Named[str] = Column(Text)
    request_id: Named[str | None] = Column(Text)
    generation: Named[int | None]
    run: Named[str | None] = Column(String(64), ForeignKey("runs.id"))


events = Table(
    "events",
    metadata,
    EventColumns,
    CheckConstraint("length(kind) >= 1", name="kind"),
    counted("generation"),
    Index(None, "room", "id"),
    sqlite_autoincrement=True,
)


class LeaseColumns(TypedColumns):
    """Who may act on a room. A row stays when given back: epochs only grow."""

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
