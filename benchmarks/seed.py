"""A database and a folder of a world in which everybody was rung and stayed.

Made by the product's own load; the rings and what was observed since are written beside
it, as they are on record once a daemon has every room at rest: to come there takes it
minutes.
"""

import asyncio
import sys
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from msgspec import to_builtins
from sqlalchemy import create_engine, insert, select, update

from benchmarks.world import ACCOUNT, CREATED, SENDER, Person, Room, World, document
from reconciler.files import load
from reconciler.model.load_result import FileReport
from reconciler.model.observation import (
    Conference,
    ConferenceStatus,
    Participant,
    ParticipantStatus,
)
from reconciler.model.phone import normal_address
from reconciler.model.recorded_observation import Audience, ObservedLeg, ObservedRoom
from reconciler.planning.observed_room import fingerprint
from reconciler.store.database.url import parse_database_url
from reconciler.store.migration import upgrade_at
from reconciler.store.opening import open_store
from reconciler.store.tables import (
    accounts,
    attempts,
    members,
    observations,
    room_checks,
    rosters,
)

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
    """Load the files and put on record that everybody was rung, connected and seen."""
    now = time.time()
    loading = load([folder(home)], {})
    await upgrade_at(database_url(home))
    async with await open_store(database_url(home)) as store:
        await store.load(
            loading.rosters,
            folder=loading.folder,
            now=now - 7200,
            cause="benchmark",
            report=FileReport(files=loading.paths, paths=loading.path_of),
        )
    engine = create_engine(parse_database_url(database_url(home)).url)
    with engine.begin() as connection:
        found = connection.execute(
            select(members.c.room, members.c.label, members.c.intent)
        )
        intents = {(row.room, row.label): row.intent for row in found}
        rings, seen, checked = [], [], []
        for room in of.each():
            rings += _rings(room, intents, now - 3600.0)
            seen.append(_observed(room, declared_at=now - 7200, at=now - 3500.0))
            checked.append(_check(room, now - 3500.0))
            connection.execute(
                update(rosters)
                .where(rosters.c.room == room.name)
                .values(conference_sid=room.sid)
            )
        if of.rooms:
            connection.execute(insert(attempts), rings)
            connection.execute(insert(observations), seen)
            connection.execute(insert(room_checks), checked)
        account = {"id": 1, "account_sid": ACCOUNT, "bound_at": now - 7200}
        connection.execute(insert(accounts), [account])
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


def observation(room: Room, *, declared_at: float, at: float) -> ObservedRoom:
    """The room as it was last observed."""
    return ObservedRoom(
        room.name,
        at,
        1,
        conference=Conference(room.sid, room.name, ConferenceStatus.IN_PROGRESS),
        legs=tuple(_leg(room, person, declared_at, at) for person in room.people),
    )


def _observed(room: Room, *, declared_at: float, at: float) -> dict[str, Any]:
    """The row of that."""
    observed = observation(room, declared_at=declared_at, at=at)
    return {
        "room": room.name,
        "seen_at": at,
        "fingerprint": fingerprint(observed),
        "document": to_builtins(observed),
    }


def _leg(room: Room, person: Person, declared_at: float, at: float) -> ObservedLeg:
    target = room.call_sid(person.coaching)
    heard = Audience.TARGET if target else Audience.ROOM
    audience = Audience.NOBODY if person.muted or person.hold else heard
    participant = Participant(
        call_sid=person.call_sid,
        conference_sid=room.sid,
        label=person.label,
        status=ParticipantStatus.CONNECTED,
        muted=person.muted,
        hold=person.hold,
        coaching=target is not None,
        call_sid_to_coach=target,
        end_conference_on_exit=False,
        created_at=parsedate_to_datetime(CREATED).timestamp(),
    )
    return ObservedLeg(
        participant,
        member=person.label,
        audience=audience,
        target=target,
        permitted=audience,
        since=at,
        declared_at=declared_at,
    )


def _check(room: Room, at: float) -> dict[str, Any]:
    """The row that says that everything is as declared."""
    return {
        "room": room.name,
        "checked_at": at,
        "next_at": None,
        "generation": 1,
        "state": "converged",
        "reason": "",
        "connected": len(room.people),
        "members": len(room.people),
    }


def main() -> None:
    """``python -m benchmarks.seed HOME ROOMS PEOPLE [DATABASE_URL]``."""
    home, of = Path(sys.argv[1]), World(int(sys.argv[2]), int(sys.argv[3]))
    for url in sys.argv[4:]:
        (home / "database-url").write_text(url)
    write_files(home, of)
    asyncio.run(fill(home, of))


if __name__ == "__main__":
    main()
