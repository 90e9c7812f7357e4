"""A database and a folder of a world in which everybody was rung and stayed.

Made by the product's own load; the rings are written beside it, as they are on
record once everybody has connected: to make them one by one takes minutes.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, select, update

from benchmarks.world import SENDER, Room, World, document
from reconciler.files import load
from reconciler.model.phone import normal_address
from reconciler.store.database.url import parse_database_url
from reconciler.store.migration import upgrade_at
from reconciler.store.store import open_store
from reconciler.store.tables import attempts, members, rosters

ROOMS_A_FILE = 50


def folder(home: Path) -> Path:
    """Where the roster files are."""
    return home / "desired"


def database_url(home: Path) -> str:
    """Where the database is: a file beside the rosters, or the server that one names."""
    named = home / "database-url"
    return (
        named.read_text() if named.exists() else f"sqlite:///{home / 'reconciler.db'}"
    )


def write_files(home: Path, of: World) -> None:
    """All rooms as roster files, fifty documents a file."""
    to = folder(home)
    to.mkdir(parents=True, exist_ok=True)
    rooms = list(of.each())
    for start in range(0, len(rooms), ROOMS_A_FILE):
        texts = [document(room) for room in rooms[start : start + ROOMS_A_FILE]]
        path = to / f"rooms-{start:05d}.yaml"
        path.write_text("---\n".join(texts), "utf-8")


async def fill(home: Path, of: World) -> None:
    """Load the files and put everybody's ring on record."""
    now = time.time()
    loading = load([folder(home)], {})
    await upgrade_at(database_url(home))
    async with await open_store(database_url(home)) as store:
        await store.load(
            loading.rosters, folder=loading.folder, now=now - 7200, cause="benchmark"
        )
    engine = create_engine(parse_database_url(database_url(home)).url)
    with engine.begin() as connection:
        found = connection.execute(
            select(members.c.room, members.c.label, members.c.intent)
        )
        intents = {(row.room, row.label): row.intent for row in found}
        rows = [
            row for room in of.each() for row in _rings(room, intents, now - 3600.0)
        ]
        connection.execute(insert(attempts), rows)
        for room in of.each():
            connection.execute(
                update(rosters)
                .where(rosters.c.room == room.name)
                .values(conference_sid=room.sid)
            )
    engine.dispose()


def touch(url: str) -> None:
    """Have a row of every room written, with what it says already."""
    engine = create_engine(parse_database_url(url).url)
    with engine.begin() as connection:
        same = {"conference_sid": rosters.c.conference_sid}
        connection.execute(update(rosters).values(same))
    engine.dispose()


def _rings(
    room: Room, intents: dict[tuple[str, str], int], at: float
) -> list[dict[str, Any]]:
    return [
        {
            "room": room.name,
            "label": person.label,
            "to_address": person.to,
            "address": normal_address(person.to),
            "intent": intents[room.name, person.label],
            "number": 1,
            "state": "placed",
            "generation": 1,
            "created_at": at,
            "send_by": at + 3.0,
            "sent": {"to": person.to, "from": SENDER, "label": person.label},
            "call_sid": person.call_sid,
            "conference_sid": room.sid,
            "connected_at": at + 5.0,
            "ended_at": None,
            "outcome": None,
            "code": None,
            "reason": "benchmark",
            "request_id": None,
        }
        for person in room.people
    ]


def main() -> None:
    """``python -m benchmarks.seed HOME ROOMS PEOPLE [DATABASE_URL]``."""
    home, of = Path(sys.argv[1]), World(int(sys.argv[2]), int(sys.argv[3]))
    for url in sys.argv[4:]:
        (home / "database-url").write_text(url)
    write_files(home, of)
    asyncio.run(fill(home, of))


if __name__ == "__main__":
    main()
