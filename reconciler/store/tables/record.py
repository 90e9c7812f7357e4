"""Events, runs and marks."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
)

from reconciler.store.tables.metadata import NAME, Serial, counted, metadata, named


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
    notice: Named[str | None] = Column(String(16))


events = Table(
    "events",
    metadata,
    EventColumns,
    CheckConstraint("length(kind) >= 1", name="kind"),
    counted("generation"),
    Index(None, "room", "id"),
    Index(None, "at"),
    Index(None, "run"),
    sqlite_autoincrement=True,
)


class MarkColumns(TypedColumns):
    """A room that somebody decided about: the loop is to look at it."""

    id = Column(Serial, primary_key=True, autoincrement=True)
    room: Named[str] = Column(String(NAME))
    at: Named[float] = Column(Double)
    cause: Named[str] = Column(Text)


marks = Table(
    "marks",
    metadata,
    MarkColumns,
    named("room"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)


class ChangeColumns(TypedColumns):
    """A room that anything was written about: triggers fill this; see ``store.queries.change_feed``.

    ``turn`` is the place of the writing transaction in their order.
    """

    id = Column(Serial, primary_key=True, autoincrement=True)
    turn: Named[int] = Column(BigInteger)
    room: Named[str] = Column(String(NAME))


changes = Table(
    "changes",
    metadata,
    ChangeColumns,
    Index(None, "turn"),
    sqlite_autoincrement=True,
)
