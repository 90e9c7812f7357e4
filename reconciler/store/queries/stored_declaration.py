"""What is declared of rooms, read back: by their files, or pinned."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from reconciler.model.declaration import Declaration
from reconciler.store.database.among import one_of_texts
from reconciler.store.database.answers import AnyRow, rows_of
from reconciler.store.queries.declaration_document import declaration_of
from reconciler.store.queries.roster_row import roster_of
from reconciler.store.queries.row import by_room
from reconciler.store.tables import declarations, members


def declarations_of(
    connection: Connection, rows: Mapping[str, AnyRow]
) -> dict[str, Declaration]:
    """What is declared of rooms, by room; *rows* are those of ``rosters``."""
    chosen = select(declarations).where(one_of_texts(declarations.c.room, rows))
    found = {
        row.room: declaration_of(row.declaration, rows[row.room].source)
        for row in connection.execute(chosen)
    }
    plain = rows.keys() - found.keys()
    listed = select(members).where(
        one_of_texts(members.c.room, plain), members.c.dismissed_at.is_(None)
    )
    rows_found = rows_of(connection.execute(listed.order_by(members.c.position)))
    entries = by_room(rows_found)
    for room in plain:
        found[room] = Declaration(roster_of(rows[room], entries.get(room, ())))
    return found
