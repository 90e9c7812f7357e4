"""Generations of rosters as they were written: read back."""

from msgspec import Struct
from sqlalchemy import Connection, select

from reconciler.model.declaration import Declaration, RevisionKind
from reconciler.model.roster import Roster
from reconciler.store.database.answers import AnyRow
from reconciler.store.queries.declaration_document import declaration_of
from reconciler.store.queries.roster_row import roster_of_columns
from reconciler.store.tables import revisions


class Revision(Struct, frozen=True):
    """A generation as it was written; its roster has no ``source``.

    ``declaration`` is what was declared then: by the file, or pinned. ``kind`` is
    what made the generation, None if that was not recorded; ``restored`` is the
    generation that a rollback restored.
    """

    roster: Roster
    generation: int
    loaded_at: float
    cause: str
    declaration: Declaration
    kind: RevisionKind | None = None
    reason: str = ""
    restored: int | None = None


def revisions_of(connection: Connection, room: str) -> tuple[Revision, ...]:
    """Every generation of the room's roster, oldest first."""
    result = connection.execute(
        select(revisions)
        .where(revisions.c.room == room)
        .order_by(revisions.c.generation)
    )
    return tuple(revision_of_row(row) for row in result)


def revision_at(connection: Connection, room: str, at: float) -> Revision | None:
    """The generation of the room's roster that counted at *at*, None before the first."""
    row = connection.execute(
        select(revisions)
        .where(revisions.c.room == room, revisions.c.loaded_at <= at)
        .order_by(revisions.c.generation.desc())
        .limit(1)
    ).one_or_none()
    return revision_of_row(row) if row else None


def revision_of_row(row: AnyRow) -> Revision:
    """The generation in a row of ``revisions``."""
    roster = roster_of_columns(row.roster)
    declaration = (
        Declaration(roster)
        if row.declaration is None
        else declaration_of(row.declaration, "")
    )
    return Revision(
        roster,
        row.generation,
        row.loaded_at,
        row.cause,
        declaration,
        None if row.kind is None else RevisionKind(row.kind),
        row.reason or "",
        row.restored,
    )
