"""Rows as queries read them: quick by name, and the same as the database gives."""

from sqlalchemy import create_engine, select, text

from reconciler.store.database.answers import rows_of
from reconciler.store.queries.row import by_room
from reconciler.store.tables import members
from reconciler.store.tables.metadata import metadata


def test_rows_have_every_column_by_name_and_in_order() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        chosen = text("SELECT 'lobby' AS room, 2 AS details, NULL AS position")
        (row,) = rows_of(connection.execute(chosen))
    assert (row.room, row.details, row.position) == ("lobby", 2, None)
    assert row._asdict() == {"room": "lobby", "details": 2, "position": None}


def test_a_statement_without_rows_gives_none() -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine, [members.metadata.tables["rosters"], members])
    with engine.begin() as connection:
        assert by_room(connection.execute(select(members))) == {}
