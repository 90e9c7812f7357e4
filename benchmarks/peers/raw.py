"""Near the floor: sockets without an HTTP library, rosters in memory, fields needed.

It finds the conferences first, as the product must, and decodes every page.
"""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import cast

import msgspec

from benchmarks.peers.arguments import Task, arguments
from benchmarks.worker import Result, Stopwatch, obey_async
from benchmarks.world import ACCOUNT, BASE, PAGE_SIZE, TOKEN, Room

CONNECTIONS = 20
_END = b"\r\n\r\n"
_LENGTH = b"Content-Length: "


class Participant(msgspec.Struct):
    """What is compared."""

    call_sid: str
    label: str | None
    muted: bool
    hold: bool
    coaching: bool
    call_sid_to_coach: str | None


class People(msgspec.Struct):
    """One page of participants."""

    participants: list[Participant]
    next_page_uri: str | None


class Conference(msgspec.Struct):
    """A conference by name."""

    sid: str
    friendly_name: str


class Conferences(msgspec.Struct):
    """One page of conferences."""

    conferences: list[Conference]
    next_page_uri: str | None


_people = msgspec.json.Decoder(People)
_conferences = msgspec.json.Decoder(Conferences)

Wanted = dict[str | None, tuple[bool, bool, str | None]]


class Connection(asyncio.Protocol):
    """A connection that is kept: one request, one answer."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._missing = -1
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, request: bytes) -> "asyncio.Future[bytes]":
        """The body of the answer, once it is whole."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        """Gather the body; its length is in the head."""
        if self._missing < 0:
            end = data.index(_END)
            at = data.index(_LENGTH) + len(_LENGTH)
            self._missing = int(data[at : data.index(b"\r", at)])
            data = data[end + len(_END) :]
        self._pieces.append(data)
        self._missing -= len(data)
        if not self._missing and self._answer is not None:
            body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces, self._missing = [], -1
            self._answer.set_result(body)


def _request(path: str) -> bytes:
    user = b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {user}\r\n"
        "Accept: application/json\r\n\r\n"
    ).encode()


def _listing(sid: str) -> bytes:
    return _request(f"{BASE}/Conferences/{sid}/Participants.json?PageSize={PAGE_SIZE}")


async def _active(connection: Connection) -> dict[str, str]:
    found: dict[str, str] = {}
    for status in ("init", "in-progress"):
        path: str | None = (
            f"{BASE}/Conferences.json?Status={status}&PageSize={PAGE_SIZE}"
        )
        while path is not None:
            page = _conferences.decode(await connection.ask(_request(path)))
            found |= {each.friendly_name: each.sid for each in page.conferences}
            path = page.next_page_uri
    return found


def _differing(page: People, wanted: Wanted) -> int:
    differing = int(len(page.participants) != len(wanted))
    for each in page.participants:
        if wanted.get(each.label) != (each.muted, each.hold, each.call_sid_to_coach):
            differing += 1
    return differing


def rosters(rooms: Iterable[Room]) -> dict[str, Wanted]:
    """What is wanted of each person, by room and label."""
    return {
        room.name: {
            each.label: (each.muted, each.hold, room.call_sid(each.coaching))
            for each in room.people
        }
        for room in rooms
    }


async def serve(task: Task) -> None:
    """Check whenever told to."""
    wanted = rosters(task.world.each(task.rooms))
    requests = {room.sid: _listing(room.sid) for room in task.world.each(task.rooms)}
    loop = asyncio.get_running_loop()
    tls = ssl.create_default_context() if task.url.startswith("https") else None
    connections = [
        (await loop.create_connection(Connection, "127.0.0.1", task.port, ssl=tls))[1]
        for _ in range(CONNECTIONS)
    ]

    async def work(connection: Connection, queue: Iterator[tuple[str, str]]) -> int:
        differing = 0
        for name, sid in queue:
            body = await connection.ask(requests[sid])
            differing += _differing(_people.decode(body), wanted[name])
        return differing

    async def sweep() -> Result:
        watch = Stopwatch()
        active = await _active(connections[0])
        queue = iter([(name, active[name]) for name in wanted])
        found = await asyncio.gather(*(work(each, queue) for each in connections))
        return watch.result(len(wanted), differing=sum(found))

    await sweep()
    await obey_async({"sweep": sweep}, {})


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
