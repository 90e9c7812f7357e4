"""The local Twilio on a port: uvicorn, with connections that can be reset."""

import asyncio
import contextlib
import signal
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.http.dialect import wrapper
from reconciler.simulator.live_log import LiveLog
from reconciler.simulator.webhooks.sender import delivering

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class ResettableProtocol(H11Protocol):
    """HTTP/1.1 whose scope offers ``state["abort"]``: reset this connection."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        offered = {**app_state, "abort": self._abort}
        super().__init__(config, server_state, offered, _loop)

    def _abort(self) -> None:
        endpoint = self.transport.get_extra_info("socket")
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()


class _ResettableServer(uvicorn.Server):
    """A server that leaves the process's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. OSError when that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family)
    # Accepted sockets inherit it; asyncio sets it only where proto is not 0.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def base_url(listening: socket.socket) -> str:
    """Where clients reach a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.asynccontextmanager
async def running(
    exchange: Exchange,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    service: str | None = None,
) -> AsyncIterator[str]:
    """Serve an exchange in this event loop; the value is its base URL.

    ``service`` is the dialect that it speaks, None for Twilio's own.

    Webhooks are sent to the URLs that creates give.
    """
    listening = listen(host, port)
    async with delivering(exchange) as app:
        server = _make_server(wrapper(exchange.account, service)(app))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield base_url(listening)
        finally:
            server.should_exit = True
            await serving


async def serve(
    exchange: Exchange,
    listening: socket.socket,
    announce: Callable[[str], None],
    report: Callable[[str], None] | None = None,
    service: str | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; ``announce`` gets the base URL first.

    ``report`` gets a line for each request that changes something and each event.
    """
    async with delivering(exchange) as app, _reporting(exchange, report):
        server = _make_server(wrapper(exchange.account, service)(app))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, setattr, server, "should_exit", True)
        announce(base_url(listening))
        await server.serve(sockets=[listening])


@contextlib.asynccontextmanager
async def _reporting(
    exchange: Exchange, report: Callable[[str], None] | None
) -> AsyncIterator[None]:
    if report is None:
        yield
        return
    log = LiveLog(exchange)
    following = asyncio.create_task(log.follow(report))
    try:
        yield
    finally:
        following.cancel()
        await asyncio.wait({following})
        log.report_to(report)


def _make_server(app: ASGIApp) -> _ResettableServer:
    config = uvicorn.Config(
        app,
        http=ResettableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=0,
    )
    return _ResettableServer(config)
