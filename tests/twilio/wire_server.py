"""A server that records raw requests and answers, breaks off or hangs by script."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from reconciler.twilio.api.account import Account, Credentials
from reconciler.twilio.api.client import TwilioClient
from reconciler.twilio.http.timing import Timing

ACCOUNT = "AC5ef872f6da5a21de157d80997a64bd33"
TOKEN = "the-token"
PATIENT = Timing(
    connect_seconds=30.0,
    read_seconds=30.0,
    read_total_seconds=60.0,
    write_total_seconds=60.0,
)
TIGHT = Timing(
    connect_seconds=1.0,
    read_seconds=0.05,
    write_total_seconds=2.0,
    read_total_seconds=2.0,
)
"""Where the server does not answer: elsewhere a busy machine may be slower."""


@dataclass(frozen=True)
class Request:
    """A request as its bytes came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)


class Break(StrEnum):
    """Where a connection is broken off."""

    AFTER_ACCEPT = "after accept"
    AFTER_HEADERS = "after headers read"
    AFTER_BODY = "after body read"
    MID_HEADERS = "mid response headers"
    MID_BODY = "mid body"
    HANG = "hang"


@dataclass(frozen=True)
class Reply:
    """An answer as its bytes go, and where it is broken off, if it is."""

    raw: bytes = b""
    broken: Break | None = None
    reset: bool = False


def reply(
    status: int,
    body: object = None,
    headers: Iterable[tuple[str, str]] = (),
) -> Reply:
    """A whole answer; *body* is sent as JSON unless it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    if body is None:
        content = b""
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        *(f"{name}: {value}" for name, value in headers),
        "" if status == HTTPStatus.NO_CONTENT else f"Content-Length: {len(content)}",
    ]
    head = "\r\n".join(line for line in lines if line)
    return Reply(f"{head}\r\n\r\n".encode() + content)


def error(status: int, code: int, message: str = "words") -> Reply:
    """Twilio's error body."""
    return reply(status, {"code": code, "message": message, "status": status})


Script = Callable[[Request], Reply]


@dataclass
class WireServer:
    """Answers with each of *replies* in turn, the last one again and again."""

    script: Script
    broken: Break | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    received: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **options: object) -> TwilioClient:
        return client(self.url, **options)

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._talk(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self.broken is Break.AFTER_ACCEPT:
            return
        while True:
            request = await _read(reader, bodies=self.broken is not Break.AFTER_HEADERS)
            self.requests.append(request)
            self.received.set()
            answer = self.script(request)
            if answer.broken is Break.HANG:
                await self.go_on.wait()
            if answer.reset:
                _reset(writer)
                return
            writer.write(answer.raw)
            await writer.drain()
            if answer.broken is not None or self.broken is not None:
                return
            if request.headers.get("connection") == "close":
                return


async def _read(reader: asyncio.StreamReader, *, bodies: bool) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *rest = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (x.partition(":") for x in rest)
    }
    length = int(headers.get("content-length", "0")) if bodies else 0
    return Request(method, target, headers, await reader.readexactly(length))


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def in_turn(*replies: Reply) -> Script:
    """Each reply once, and the last one from then on."""
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


@asynccontextmanager
async def serving(
    script: Script | Reply, broken: Break | None = None
) -> AsyncIterator[WireServer]:
    """A server on a loopback port for the length of the block."""
    server = WireServer(
        in_turn(script) if isinstance(script, Reply) else script, broken
    )
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        server.go_on.set()
        listening.close()
        await listening.wait_closed()
        await asyncio.gather(*server._serving)


class Slept:
    """A sleep that takes no time and remembers what was asked of it."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def __call__(self, seconds: float) -> Self:
        self.waits.append(seconds)
        return self


def client(url: str, **options: object) -> TwilioClient:
    """A client of *url* that never really waits between tries."""
    account = Account(ACCOUNT, Credentials(ACCOUNT, TOKEN), url)
    defaults: dict[str, object] = {
        "account": account,
        "sleep": Slept(),
        "jitter": lambda: 0.5,
        "timing": PATIENT,
    }
    return TwilioClient(**(defaults | options))  # type: ignore[arg-type]
