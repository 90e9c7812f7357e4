"""A server that does with each connection, byte for byte, what a test says."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

import httpx

from reconciler.twilio.api.send import SendTracker
from reconciler.twilio.http.transport import DirectTransport
from tests.ports import free_port

_END = b"\r\n\r\n"
_LONGEST_TEST = 60.0
SHORT = {"connect": 2.0, "read": 0.03, "write": 0.03, "pool": 2.0}
LONG = {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}
PATIENCE = LONG | {"read": 0.3}
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Ending(StrEnum):
    """How a server leaves a connection."""

    CLOSE = "close"
    RESET = "reset"
    STALL = "stall"

    @property
    def patience(self) -> dict[str, float]:
        """Time-outs that only a server which stalls exceeds."""
        return SHORT if self is Ending.STALL else LONG


class Peer(asyncio.Protocol):
    """The server's end of one connection."""

    def __init__(self, server: "RawServer") -> None:
        self._server = server
        self.received = b""
        self.answered = 0
        self.gone = asyncio.Event()

    @property
    def number(self) -> int:
        return self._server.peers.index(self)

    @property
    def requests(self) -> int:
        return self.received.count(_END)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._server.peers.append(self)
        self._server.accepted(self)

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._server.seen.set()
        while self.answered < self.requests:
            self.answered += 1
            self._server.asked(self)

    def connection_lost(self, _: Exception | None) -> None:
        self.gone.set()

    def send(self, data: bytes) -> None:
        self.transport.write(data)

    def leave(self, ending: Ending) -> None:
        if ending is Ending.CLOSE:
            self.transport.close()
        elif ending is Ending.RESET:
            raw = self.transport.get_extra_info("socket")
            linger = struct.pack("ii", 1, 0)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.transport.abort()


Act = Callable[[Peer], None]


def _nothing(_: Peer) -> None:
    """Wait for the request."""


@dataclass
class RawServer:
    """Calls *asked* once a request's headers came, *accepted* at each connection."""

    asked: Act
    accepted: Act = _nothing
    peers: list[Peer] = field(default_factory=list)
    port: int = 0
    scheme: str = "http"
    seen: asyncio.Event = field(default_factory=asyncio.Event)
    stop: Callable[[], None] = lambda: None

    @property
    def requests(self) -> int:
        return sum(peer.requests for peer in self.peers)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/page?x=1"

    def request(
        self,
        method: str = "GET",
        *,
        content: bytes | None = None,
        tracker: SendTracker | None = None,
        timeout: dict[str, float] | None = None,
    ) -> httpx.Request:
        request = httpx.Request(method, self.url, content=content)
        request.extensions = {"timeout": timeout or LONG}
        if tracker is not None:
            request.extensions["trace"] = tracker.watch
        return request


def sending(data: bytes, ending: Ending = Ending.STALL) -> Act:
    """Send *data* for every request, and leave so."""

    def act(peer: Peer) -> None:
        peer.send(data)
        if ending is Ending.CLOSE or not data:
            peer.leave(ending)
        elif ending is Ending.RESET:
            asyncio.get_running_loop().call_later(0.02, peer.leave, ending)

    return act


@asynccontextmanager
async def listening(
    asked: Act, accepted: Act = _nothing, secure: ssl.SSLContext | None = None
) -> AsyncIterator[RawServer]:
    """A server on a loopback port for the length of the block."""
    server = RawServer(asked, accepted, scheme="http" if secure is None else "https")
    loop = asyncio.get_running_loop()
    accepting = await loop.create_server(
        lambda: Peer(server), "127.0.0.1", free_port(), ssl=secure
    )
    server.stop = accepting.close
    server.port = accepting.sockets[0].getsockname()[1]
    try:
        async with asyncio.timeout(_LONGEST_TEST):
            yield server
    finally:
        accepting.close()
        for peer in server.peers:
            peer.transport.abort()
        for peer in server.peers:
            await peer.gone.wait()
        await accepting.wait_closed()


@asynccontextmanager
async def transport(
    connections: int | None = 2,
    *,
    keepalive: float = 90.0,
    secure: ssl.SSLContext | None = None,
) -> AsyncIterator[DirectTransport]:
    """A transport that must have nothing taken at the end, and leave nothing open."""
    trust = secure or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    direct = DirectTransport(trust, connections, keepalive_seconds=keepalive)
    try:
        yield direct
        assert direct._slots.taken == 0
    finally:
        await direct.aclose()
    assert not direct._open
    assert not direct._idle
