"""Names of rooms and members, read without SQLAlchemy: a shell waits for them."""

import os
import sqlite3
from contextlib import closing

_SQLITE = ("sqlite:///", "sqlite+aiosqlite:///")
_POSTGRESQL = "postgresql+psycopg://"
_WAIT_SECONDS = 0.2

_ROOMS = "SELECT room FROM rosters ORDER BY room"
_LABELS = "SELECT label FROM members WHERE room = {} ORDER BY label"


def stored_rooms(database_url: str) -> list[str]:
    """The names of all rooms; none where the database cannot be read."""
    return _column(database_url, _ROOMS)


def stored_labels(database_url: str, room: str) -> list[str]:
    """The labels of the members of *room*; none where they cannot be read."""
    return _column(database_url, _LABELS, room)


def _column(url: str, query: str, *given: str) -> list[str]:
    for prefix in _SQLITE:
        if url.startswith(prefix):
            return _sqlite(url.removeprefix(prefix), query.format("?"), given)
    return _postgresql(url, query.format("%s"), given)


def _sqlite(path: str, query: str, given: tuple[str, ...]) -> list[str]:
    absolute = os.path.abspath(path)  # noqa: PTH100 - pathlib is slow to import
    for special, escaped in (("%", "%25"), ("?", "%3f"), ("#", "%23")):
        absolute = absolute.replace(special, escaped)
    url = f"file:{absolute}?mode=ro"
    try:
        with closing(sqlite3.connect(url, uri=True, timeout=_WAIT_SECONDS)) as database:
            return [str(row[0]) for row in database.execute(query, given)]
    except sqlite3.Error:
        return []


def _postgresql(url: str, query: str, given: tuple[str, ...]) -> list[str]:
    import psycopg  # noqa: PLC0415 - slow to import

    address = url.replace(_POSTGRESQL, "postgresql://", 1)
    try:
        with psycopg.connect(address, connect_timeout=2) as connection:
            rows = connection.execute(query.encode(), given).fetchall()
    except psycopg.Error:
        return []
    return [str(row[0]) for row in rows]
