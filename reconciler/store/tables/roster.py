"""Rosters and decisions about rooms."""

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

from reconciler.engine.desired_room import Standing
from reconciler.model.account_name import DEFAULT_ACCOUNT, LONGEST_ACCOUNT_NAME
from reconciler.model.declaration import NORMAL, OverrideVerb
from reconciler.model.ledger import NAMED_KINDS, GuardKind
from reconciler.model.roster import OnChange, RoomState, Unlisted
from reconciler.store.tables.metadata import (
    NAME,
    Serial,
    counted,
    metadata,
    named,
    one_of,
)


class RosterColumns(TypedColumns):
    """A room: its roster's own words, and what is known of the whole room.

    A pause stands beside ``standing``: the room is paused while ``paused_by`` is not
    NULL and ``paused_until`` is not over; NULL there is a pause that a person ends.
    ``released_by`` is who released the room, NULL if its file left. ``decisions``
    counts what people decided about the room. The row and those of the members are the
    effective roster, as it stays until ``effective_until``; NULL is for good.
    ``declared`` is the hash of what the file declares, NULL where that is the effective
    roster and nothing else. While ``pin`` is not NULL, what is declared is an earlier
    generation; see ``model.declaration.Pin``. ``past_protection`` is that of
    ``model.ledger.Ledger``, NULL if there is none. ``account`` is the one that the
    roster names, ``account_from`` the one that still acts because its calls were not
    over when the roster changed; NULL if it is the same.
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
    details: Named[dict[str, Any] | None] = Column(JSON(none_as_null=True))
    declared: Named[str | None] = Column(String(64))
    mode: Named[str] = Column(Text, default=NORMAL, server_default=NORMAL)
    effective_until: Named[float | None] = Column(Double)
    origins: Named[list[Any] | None] = Column(JSON(none_as_null=True))
    pin: Named[dict[str, Any] | None] = Column(JSON(none_as_null=True))
    past_protection: Named[dict[str, Any] | None] = Column(JSON(none_as_null=True))
    account: Named[str] = Column(
        String(LONGEST_ACCOUNT_NAME),
        default=DEFAULT_ACCOUNT,
        server_default=DEFAULT_ACCOUNT,
    )
    account_from: Named[str | None] = Column(String(LONGEST_ACCOUNT_NAME))


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
    Index(None, "effective_until"),
)


class MemberColumns(TypedColumns):
    """A member; with ``dismissed_at`` the tombstone of one that was listed.

    ``edited_at`` is when an edit of the file last changed the member, NULL if a
    command or the schedule's hours did after that; see ``model.ledger.Record``.

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
    details: Named[dict[str, Any] | None] = Column(JSON(none_as_null=True))
    edited_at: Named[float | None] = Column(Double)


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
    """A generation of a roster, whole, as it was loaded.

    ``declaration`` is what was declared, NULL where that is the roster. ``kind`` is
    what made the generation, NULL if that was not recorded; ``restored`` is the
    generation that a rollback restored.
    """

    room = Column(String(NAME), ForeignKey("rosters.room"), primary_key=True)
    generation = Column(Integer, primary_key=True, autoincrement=False)
    roster: Named[dict[str, Any]] = Column(JSON)
    loaded_at: Named[float] = Column(Double)
    cause: Named[str] = Column(Text)
    declaration: Named[dict[str, Any] | None] = Column(JSON(none_as_null=True))
    kind: Named[str | None] = Column(String(16))
    reason: Named[str | None] = Column(Text)
    restored: Named[int | None] = Column(Integer)


revisions = Table("revisions", metadata, RevisionColumns, counted("generation", 1))


class DeclarationColumns(TypedColumns):
    """What a room's file declares, where that is not the effective roster alone."""

    room = Column(String(NAME), ForeignKey("rosters.room"), primary_key=True)
    declaration: Named[dict[str, Any]] = Column(JSON)


declarations = Table("declarations", metadata, DeclarationColumns)


class OverrideColumns(TypedColumns):
    """An operator's override of a file; see ``model.declaration.Override``.

    ``ended_at`` is NULL while it stands, ``ended_by`` who or what ended it.
    """

    id = Column(Serial, primary_key=True, autoincrement=True)
    room: Named[str] = Column(String(NAME))
    verb: Named[str] = Column(String(16))
    at: Named[float] = Column(Double)
    until: Named[float | None] = Column(Double)
    who: Named[str] = Column(Text)
    reason: Named[str] = Column(Text)
    labels: Named[list[str]] = Column(JSON)
    fields: Named[dict[str, Any]] = Column(JSON)
    mode: Named[str | None] = Column(Text)
    ended_at: Named[float | None] = Column(Double)
    ended_by: Named[str | None] = Column(Text)


overrides = Table(
    "overrides",
    metadata,
    OverrideColumns,
    named("room"),
    one_of("verb", OverrideVerb),
    Index(None, "room", "ended_at"),
    Index(None, "ended_at"),
    sqlite_autoincrement=True,
)


class ApprovalColumns(TypedColumns):
    """A person's approval of named actions; see ``model.ledger.Approval``.

    ``remaining`` is NULL until the plan is begun.
    """

    room = Column(String(NAME), ForeignKey("rosters.room"), primary_key=True)
    fingerprint: Named[str] = Column(String(64))
    reason: Named[str] = Column(Text)
    who: Named[str] = Column(Text)
    expires_at: Named[float] = Column(Double)
    remaining: Named[list[str] | None] = Column(JSON(none_as_null=True))
    voided: Named[str | None] = Column(Text)


approvals = Table(
    "approvals",
    metadata,
    ApprovalColumns,
    CheckConstraint("length(fingerprint) = 64", name="fingerprint"),
)


STORED_KINDS = frozenset(GuardKind) - NAMED_KINDS
"""What is withheld until a person names it is so by itself, and needs no record."""


class WithheldKindColumns(TypedColumns):
    """A kind withheld for the present generation; see ``model.ledger.WithheldKind``."""

    room = Column(String(NAME), primary_key=True)
    kind = Column(String(16), primary_key=True)
    guard: Named[str] = Column(String(64))
    reason: Named[str] = Column(Text)
    at: Named[float] = Column(Double)


withheld_kinds = Table(
    "withheld_kinds", metadata, WithheldKindColumns, one_of("kind", STORED_KINDS)
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


class LoadedFolderColumns(TypedColumns):
    """A load of a folder; see ``model.load_result.LoadedFolder``.

    ``stored`` is a hash of what it left of the rooms.
    """

    folder = Column(Text, primary_key=True)
    stored: Named[str] = Column(String(64))
    document: Named[dict[str, Any]] = Column(JSON)


loaded_folders = Table("loaded_folders", metadata, LoadedFolderColumns)
