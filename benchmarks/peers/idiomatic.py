"""The idiomatic way: an httpx pool of 10, pydantic models, an ORM query a room."""

import asyncio
from collections.abc import Iterator

import httpx
from pydantic import BaseModel
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from benchmarks.peers.arguments import Task, arguments
from benchmarks.peers.desired import Member, database, members
from benchmarks.worker import Result, Stopwatch, obey_async
from benchmarks.world import ACCOUNT, BASE, PAGE_SIZE, TOKEN, Room

CONNECTIONS = 10


class Participant(BaseModel):
    """One participant, every field of it."""

    account_sid: str
    call_sid: str
    label: str | None
    conference_sid: str
    date_created: str
    date_updated: str
    end_conference_on_exit: bool
    muted: bool
    hold: bool
    status: str
    start_conference_on_enter: bool
    coaching: bool
    call_sid_to_coach: str | None
    queue_time: str | None
    uri: str


class Page(BaseModel):
    """One page of the listing."""

    participants: list[Participant]
    next_page_uri: str | None


async def check(client: httpx.AsyncClient, engine: Engine, room: Room) -> int:
    """How many differ from what the database says."""
    path = f"{BASE}/Conferences/{room.sid}/Participants.json"
    response = await client.get(path, params={"PageSize": PAGE_SIZE})
    response.raise_for_status()
    page = Page.model_validate_json(response.content)
    assert page.next_page_uri is None
    with Session(engine) as session:
        wanted = members(session, room.name)
        found = {each.label: each for each in page.participants}
        return sum(
            label not in found or _differs(found[label], member)
            for label, member in wanted.items()
        ) + len(found.keys() - wanted.keys())


def _differs(found: Participant, member: Member) -> bool:
    return (
        found.muted != member.muted
        or found.hold != member.hold
        or found.coaching != member.coaching
    )


async def serve(task: Task) -> None:
    """Check whenever told to."""
    engine = database(task.path, task.world, task.rooms)
    rooms = list(task.world.each(task.rooms))
    limits = httpx.Limits(
        max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS
    )
    async with httpx.AsyncClient(
        base_url=task.url, auth=(ACCOUNT, TOKEN), limits=limits
    ) as client:

        async def work(queue: Iterator[Room]) -> int:
            return sum([await check(client, engine, room) for room in queue])

        async def sweep() -> Result:
            watch, queue = Stopwatch(), iter(rooms)
            found = await asyncio.gather(*(work(queue) for _ in range(CONNECTIONS)))
            return watch.result(len(rooms), differing=sum(found))

        await sweep()
        await obey_async({"sweep": sweep}, {})


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
