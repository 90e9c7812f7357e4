"""The event stream: what it names, and when it ends."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from reconciler.page.stream import MOST_NAMED, MOST_STREAMS, EventStream
from tests.page.page_desk import OPERATOR, ROOM, VIEWER, PageDesk

Message = MutableMapping[str, Any]


class Client:
    """An ASGI client that takes as many messages as it likes."""

    def __init__(self, takes: float = float("inf")) -> None:
        self.takes = takes
        self.taken: list[Message] = []
        self.more = asyncio.Event()
        self.gone = asyncio.Event()

    async def send(self, message: Message) -> None:
        if len(self.taken) >= self.takes:
            await asyncio.Event().wait()
        self.taken.append(message)
        self.more.set()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    @property
    def text(self) -> str:
        return b"".join(x.get("body", b"") for x in self.taken).decode()

    async def sees(self, text: str) -> None:
        async with asyncio.timeout(60):
            while text not in self.text:
                self.more.clear()
                await self.more.wait()


def scope(token: str = "", cookie: str = "") -> dict[str, Any]:
    headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
    headers += [(b"cookie", cookie.encode())] if cookie else []
    return {
        "type": "http",
        "method": "GET",
        "path": "/stream",
        "query_string": b"",
        "headers": headers,
        "state": {"nonce": "n"},
    }


def connect(desk: PageDesk, client: Client, **how: str) -> "asyncio.Task[None]":
    stream = EventStream(desk.state)
    return asyncio.create_task(stream(scope(**how), client.receive, client.send))


async def test_a_stream_names_the_rooms_that_changed_and_nothing_of_them(
    desk: PageDesk,
) -> None:
    client = Client()
    task = connect(desk, client, token=VIEWER)
    await client.sees("event: hello")
    await desk.look()
    await client.sees("event: rooms")
    assert f'{{"rooms": ["{ROOM}"]}}' in client.text
    assert "ann" not in client.text
    client.gone.set()
    await task
    assert desk.state.latest.subscribers == 0


async def test_a_stream_beats_while_nothing_changes(desk: PageDesk) -> None:
    desk.state.heartbeat_seconds = 0.01
    client = Client()
    task = connect(desk, client, token=VIEWER)
    await client.sees("event: beat")
    client.gone.set()
    await task


async def test_a_client_that_takes_nothing_is_disconnected(desk: PageDesk) -> None:
    desk.state.send_within_seconds = 0.05
    client = Client(takes=2)
    task = connect(desk, client, token=VIEWER)
    await client.sees("event: hello")
    await desk.look()
    await asyncio.wait_for(task, 60)
    assert desk.state.latest.subscribers == 0
    assert "event: rooms" not in client.text


async def test_what_changes_while_a_client_is_slow_is_kept_once(
    desk: PageDesk,
) -> None:
    subscription = desk.state.latest.subscribe()
    for _ in range(10_000):
        desk.state.latest.tell(ROOM)
    assert await subscription.take(1.0) == (ROOM,)
    assert await subscription.take(0.001) == ()


async def test_of_very_many_rooms_a_stream_says_all(desk: PageDesk) -> None:
    client = Client()
    task = connect(desk, client, token=VIEWER)
    await client.sees("event: hello")
    for number in range(MOST_NAMED + 1):
        desk.state.latest.tell(f"room-{number}")
    await client.sees('{"rooms": ["*"]}')
    client.gone.set()
    await task


async def test_signing_out_ends_the_stream_at_once(desk: PageDesk) -> None:
    desk.state.heartbeat_seconds = 1000.0
    async with desk.browser(OPERATOR) as http:
        cookie = f"reconciler={http.cookies['reconciler']}"
        client = Client()
        task = connect(desk, client, cookie=cookie)
        await client.sees("event: hello")
        origin = {"Sec-Fetch-Site": "same-origin"}
        await http.post("/sign-out", headers=origin)
        await asyncio.wait_for(task, 60)
    assert [x for x in client.text.splitlines() if x.startswith("event:")] == [
        "event: hello",
        "event: signed-out",
    ]


async def test_streams_are_limited_in_number(desk: PageDesk) -> None:
    kept = [desk.state.latest.subscribe() for _ in range(MOST_STREAMS)]
    client = Client()
    await connect(desk, client, token=VIEWER)
    assert client.taken[0]["status"] == 503
    desk.state.latest.unsubscribe(kept[0])
    client = Client()
    task = connect(desk, client, token=VIEWER)
    await client.sees("event: hello")
    client.gone.set()
    await task


async def test_a_stream_is_for_people_who_are_signed_in(desk: PageDesk) -> None:
    client = Client()
    await connect(desk, client)
    assert client.taken[0]["status"] == 401
