"""HTTP listeners: uvicorn inside the running event loop.

A slow or silent client is put out after some seconds. There are only so many
clients at once; of idle ones the oldest gives way to a new one, so that idle
connections shut nobody out. Signals are left to the process.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from typing import Any, Final

import uvicorn
from msgspec import Struct
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from reconciler.engine.waiting import wait_for_event
from reconciler.model.errors import SettingError
from reconciler.model.port import LAST_PORT
from reconciler.server.head_limits import MAX_HEAD_BYTES, BoundedHeads

HEADER_TIMEOUT_SECONDS: Final = 10.0
"""Seconds within which a request's head has to come."""

KEEP_ALIVE_SECONDS: Final = 15
TICK_SECONDS: Final = 1.0
MOST_CLIENTS: Final = 256
MAX_IDLE_PER_ADDRESS: Final = 32
"""Connections of one address that have no request under way."""


class _Server(uvicorn.Server):
    """Ticks once a second, for the date of answers, where uvicorn does ten times."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Make ``serve`` return without waiting for the next tick."""
        self.should_exit = True
        self._stopping.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            await wait_for_event(self._stopping, TICK_SECONDS)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _HeaderTimeout(asyncio.Protocol):
    """Does not wait for a request's head for ever; a part of uvicorn's protocols."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    connections: set[Any]
    client: tuple[str, int] | None
    cycle: Any

    _waiting: asyncio.TimerHandle | None = None
    _moved_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._moved_at = self.loop.time()
        self._make_place()
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._moved_at = self.loop.time()
        if self._idle:
            self._wait()
        else:
            self._rest()

    @property
    def _idle(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def _make_place(self) -> None:
        """Close the idle connections that have been so for longest, beyond the limits."""
        others = {
            connection
            for connection in self.connections
            if isinstance(connection, _HeaderTimeout)
        }
        idle = [protocol for protocol in others if protocol._idle]  # noqa: SLF001 - of the same class
        host = self.client and self.client[0]
        of_host = [
            protocol
            for protocol in idle
            if protocol.client and protocol.client[0] == host
        ]
        for crowd, limit in (
            (of_host, MAX_IDLE_PER_ADDRESS),
            (idle, MOST_CLIENTS // 2),
        ):
            if len(crowd) > limit:
                oldest = min(crowd, key=lambda idle: idle._moved_at)  # noqa: SLF001
                oldest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(
                HEADER_TIMEOUT_SECONDS, self.transport.abort
            )

    def _rest(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class Streaming(_HeaderTimeout, H11Protocol):
    """HTTP/1.1 for answers of any kind, also those whose length is not known."""


class Brief(_HeaderTimeout, HttpToolsProtocol):
    """HTTP/1.1 at half of the cost, for answers that say their length.

    Others would go to clients of HTTP/1.0 in chunks, which those do not know. Of what
    is neither a whole head nor a part of a body it takes no more than a head may have.
    """

    _unfinished = 0
    _head_is_whole = False

    def data_received(self, data: bytes) -> None:
        self._unfinished += len(data)
        super().data_received(data)
        if self._unfinished > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The request's head is too long.")

    def on_message_begin(self) -> None:
        self._head_is_whole = False
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._head_is_whole:  # trailers are no headers
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._unfinished, self._head_is_whole = 0, True
        super().on_headers_complete()
        if self.parser.should_upgrade():  # it reads nothing more after this request
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._unfinished = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unfinished = 0
        super().on_message_complete()


class Listener(Struct, frozen=True):
    """A listening application. ``serving`` ends only by ``close``, or a fault."""

    url: str
    serving: asyncio.Task[None]
    _server: _Server

    async def close(self, within: float) -> None:
        """Take no more; answer what has come, for at most so many seconds."""
        self._server.config.timeout_graceful_shutdown = max(1, int(within))
        self._server.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.serving, within)
        state = self._server.server_state
        for task in list(state.tasks):
            task.cancel()
        for connection in list(state.connections):
            _abort(connection)


def listen(address: str, option: str) -> socket.socket:
    """A socket that listens at HOST:PORT; port 0 takes a free one.

    SettingError, naming *option*, if *address* is none or cannot be had.
    """
    host, port = host_and_port(address, option)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        known = error.errno is not None and error.errno > 0
        reason = os.strerror(error.errno or 0) if known else str(error)
        raise SettingError(f"{option} {address}: cannot listen: {reason}") from error
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def serve(
    app: ASGIApp,
    listening: socket.socket,
    protocol: type[Streaming | Brief] = Streaming,
) -> Listener:
    """Serve *app* in the running event loop from now on."""
    config: dict[str, Any] = {
        "http": protocol,
        "ws": "none",
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "limit_concurrency": MOST_CLIENTS,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "h11_max_incomplete_event_size": MAX_HEAD_BYTES,
    }
    server = _Server(uvicorn.Config(BoundedHeads(app), **config))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    return Listener(_url(listening), serving, server)


def host_and_port(address: str, option: str) -> tuple[str, int]:
    """The parts of HOST:PORT; SettingError, naming *option*, if it is none."""
    host, colon, port = address.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or int(port[:9]) > LAST_PORT:
        raise SettingError(
            f"{option} {address!r} is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080"
        )
    return host, int(port)


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _abort(connection: asyncio.Protocol) -> None:
    transport = getattr(connection, "transport", None)
    if isinstance(transport, asyncio.Transport):
        transport.abort()
