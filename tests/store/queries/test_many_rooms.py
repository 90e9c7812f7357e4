"""Loads of more rooms than a statement of SQLite or PostgreSQL takes values."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection

from reconciler.store.opening import open_store
from tests.store.samples import ANN, BOB, NOW, roster

MOST_VALUES = 100
ROOMS = tuple(f"room-{number:03d}" for number in range(2 * MOST_VALUES))


def limited(connection: Connection) -> None:
    """Let no statement have more values; by default there are some ten thousand."""
    opened = connection.connection.driver_connection
    assert isinstance(opened, sqlite3.Connection)
    opened.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, MOST_VALUES)


async def test_rooms_beyond_that_are_loaded_changed_and_released(
    tmp_path: Path,
) -> None:
    folder = str(tmp_path / "desired")
    async with await open_store(f"sqlite:///{tmp_path / 'rooms.db'}") as store:
        await store.database.write(limited)
        for members in ((ANN,), (ANN, BOB)):
            every = [roster(*members, room=room) for room in ROOMS]
            loaded = await store.load(every, folder=folder, now=NOW, cause="test")
            assert {*loaded.added, *loaded.changed} == set(ROOMS)
        one = [roster(ANN, BOB, room=ROOMS[0])]
        loaded = await store.load(one, folder=folder, now=NOW + 60.0, cause="test")
        assert set(loaded.released) == set(ROOMS[1:])
