"""The official SDK in 8 threads, each with its own client, and an ORM query a room."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from benchmarks.peers.arguments import Task, arguments
from benchmarks.peers.desired import Member, database, members
from benchmarks.worker import Result, Stopwatch, obey
from benchmarks.world import ACCOUNT, PAGE_SIZE, TOKEN, Room

THREADS = 8


class ToLoopback(TwilioHttpClient):  # type: ignore[misc]
    """The SDK has no setting for an address: its host is replaced."""

    def __init__(self, url: str) -> None:
        super().__init__(timeout=10)
        self._url = url

    def request(self, method: str, url: str, *rest: Any, **more: Any) -> Response:
        """Send to the measuring server."""
        moved = url.replace("https://api.twilio.com", self._url)
        return super().request(method, moved, *rest, **more)


def check(client: Client, engine: Engine, room: Room) -> int:
    """How many differ from what the database says."""
    listed = client.conferences(room.sid).participants.list(page_size=PAGE_SIZE)
    found = {each.label: each for each in listed}
    with Session(engine) as session:
        wanted = members(session, room.name)
        return sum(
            label not in found or _differs(found[label], member)
            for label, member in wanted.items()
        ) + len(found.keys() - wanted.keys())


def _differs(found: Any, member: Member) -> bool:
    return bool(
        found.muted != member.muted
        or found.hold != member.hold
        or found.coaching != member.coaching
    )


def serve(task: Task) -> None:
    """Check whenever told to."""
    engine = database(task.path, task.world, task.rooms)
    rooms = list(task.world.each(task.rooms))
    clients = [
        Client(ACCOUNT, TOKEN, http_client=ToLoopback(task.url)) for _ in range(THREADS)
    ]
    parts = [rooms[start::THREADS] for start in range(THREADS)]

    def work(client: Client, part: list[Room]) -> int:
        return sum(check(client, engine, room) for room in part)

    with ThreadPoolExecutor(THREADS) as threads:

        def sweep() -> Result:
            watch = Stopwatch()
            found = sum(threads.map(work, clients, parts))
            return watch.result(len(rooms), differing=found)

        sweep()
        obey({"sweep": sweep}, {})


if __name__ == "__main__":
    serve(arguments())
