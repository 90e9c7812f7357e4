"""What is declared, and what a person decided about it."""

from typing import Any

from sqlalchemy import (
    JSON,
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
from reconciler.model.ledger import GuardKind
from reconciler.model.roster import OnChange, RoomState, Unlisted
from reconciler.store.tables.metadata import NAME, counted, metadata, named, one_of


class RosterColumns(TypedColumns):
    """A room: its roster's own words, and what is known of the whole room.

    A pause stands beside ``standing``: the room is paused while ``paused_by`` is
    not NULL and ``paused_until`` is not over; NULL there is a pause that a person
    ends. ``released_by`` is who released the room, NULL if its file left.
    ``decisions`` counts what people decided about the room.
    """

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
    conference_sid: Named[str | None] = Column(String(64))
    loaded_at: Named[float] = Column(Double)
    paused_until: Named[float | None] = Column(Double)
    paused_at: Named[float | None] = Column(Double)
    paused_by: Named[str | None] = Column(Text)
    released_by: Named[str | None] = Column(Text)
    decisions: Named[int] = Column(default=0, server_default="0")
    limit_exposures: Named[int] = Column(Integer, server_default="10")
    path: Named[str | None] = Column(Text)
    quiet_at: Named[float | None] = Column(Double)


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
    counted("limit_exposures"),
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


class ApprovalColumns(TypedColumns):
    """A person's word for one plan; see ``model.ledger.Approval``.

    ``remaining`` is NULL until the plan is begun.
    """

    room = Column(String(NAME), ForeignKey("rosters.room"), primary_key=True)
    fingerprint: Named[str] = Column(String(64))
    reason: Named[str] = Column(Text)
    who: Named[str] = Column(Text)
    expires_at: Named[float] = Column(Double)
    remaining: Named[list[str] | None] = Column(JSON(none_as_null=True))


approvals = Table(
    "approvals",
    metadata,
    ApprovalColumns,
    CheckConstraint("length(fingerprint) = 64", name="fingerprint"),
)


class WithheldKindColumns(TypedColumns):
    """A kind withheld for the present generation; see ``model.ledger.WithheldKind``."""

    room = Column(String(NAME), primary_key=True)
    kind = Column(String(16), primary_key=True)
    guard: Named[str] = Column(String(64))
    reason: Named[str] = Column(Text)
    at: Named[float] = Column(Double)


withheld_kinds = Table(
    "withheld_kinds", metadata, WithheldKindColumns, one_of("kind", GuardKind)
)


class RefusedFileColumns(TypedColumns):
    """A roster file with errors: its rooms keep the rosters loaded before.

    ``path`` is absolute, ``file`` the name as shown in messages.
    """

    path = Column(Text, primary_key=True)
    file: Named[str] = Column(Text)
    rooms: Named[list[Any]] = Column(JSON)
    problems: Named[list[Any]] = Column(JSON)
    since: Named[float] = Column(Double)


refused_files = Table("refused_files", metadata, RefusedFileColumns)
