"""httpx transport over HTTP/1.1 whose errors say whether a byte was sent.

ConnectError, ConnectTimeout, PoolTimeout, UnsupportedProtocol: nothing was sent.
ReadTimeout, WriteTimeout, ReadError, WriteError, RemoteProtocolError: some or
all of the request may have been received, and carried out.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from reconciler.twilio.http.connection import Connection
from reconciler.twilio.http.pool import Idle, Slots
from reconciler.twilio.http.request_bytes import Origin, Rendered, rendered
from reconciler.twilio.http.response_parser import Reply, trimmed
from reconciler.twilio.http.spares import Spares
from reconciler.twilio.http.tls_sessions import resuming

KEEPALIVE_SECONDS = 90.0
_CONNECTING = "connection.connect_tcp.started"
_LEAVING = "http11.send_request_headers.started"
_TLS_SHUTDOWN_SECONDS = 2.0
_CLOSED = "the connection was closed on this side"
_VERSION = {"http_version": b"HTTP/1.1"}
_UNBOUNDED: Mapping[str, float | None] = {}

Trace = Callable[[str], Awaitable[object]]
"""Is told of a step; what it raises stops the request."""


class DirectTransport(httpx.AsyncBaseTransport):
    """Requests of one event loop, at most *connections* at a time (None: any).

    Only a GET goes over a connection that was used before, and only a GET is
    sent again: once, on a fresh connection, if the used one ended before a
    byte of the answer. All else has a fresh connection, which is closed after. One
    that was made ahead, see ``expect``, is fresh: nothing was sent on it.

    The extensions ``timeout`` and ``trace`` are httpcore's. ``connect`` bounds
    TCP and TLS together, and ``total``, which is ours, an answer from the first
    byte of the request to its own last. Of the trace's steps there are two:
    connecting, and the last one before the first byte; what a trace raises
    stops the request.
    """

    def __init__(
        self,
        secure: ssl.SSLContext,
        connections: int | None,
        *,
        keepalive_seconds: float = KEEPALIVE_SECONDS,
    ) -> None:
        secure.set_alpn_protocols(["http/1.1"])
        self._secure = secure
        self._sessions = resuming(secure)
        self._slots = Slots(connections)
        self._idle = Idle(keepalive_seconds)
        self._spares = Spares(self._opened)
        self._open: set[Connection] = set()
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, whole; its body is decoded by whoever reads it."""
        status, headers, body = await self.ask(request)
        stream = httpx.ByteStream(body)
        return httpx.Response(
            status, headers=trimmed(headers), stream=stream, extensions=_VERSION.copy()
        )

    async def ask(self, request: httpx.Request) -> Reply:
        """Status, raw headers, and the whole body as it was sent, not decoded.

        What ``handle_async_request`` does, without building a response.
        """
        await request.aread()
        return await self.exchange(rendered(request), request.extensions, request)

    async def exchange(
        self,
        sending: Rendered,
        extensions: Mapping[str, Any],
        request: httpx.Request | None = None,
    ) -> Reply:
        """What ``ask`` does, of a request in bytes; *request* is told to a trace."""
        timeouts = extensions.get("timeout", _UNBOUNDED)
        trace = extensions.get("trace")
        if trace is not None:
            trace = _told(trace, request)
        if not self._slots.take():
            await self._slots.wait(timeouts.get("pool"))
        first: httpx.TransportError | None = None
        try:
            used = self._idle.take(sending.origin) if sending.repeatable else None
            if used is not None:
                try:
                    return await self._over(used, sending, trace, timeouts)
                except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
                    if used.heard:
                        raise
                    first = error
            return await self._afresh(sending, trace, timeouts, first)
        finally:
            self._slots.give_back()

    def expect(self, origin: Origin, requests: int) -> None:
        """So many *requests* with fresh connections to *origin* are about to be sent."""
        if not self._closed:
            self._spares.expect(origin, requests)

    async def aclose(self) -> None:
        """Close all connections; requests under way fail, and so do later ones."""
        self._closed = True
        self._idle.clear()
        self._spares.clear()
        still = tuple(self._open)
        for connection in still:
            connection.abort(httpx.ReadError(_CLOSED))
        if still:
            await asyncio.wait([connection.lost for connection in still])

    async def _afresh(
        self,
        sending: Rendered,
        trace: Trace | None,
        timeouts: Mapping[str, float | None],
        first: httpx.TransportError | None,
    ) -> Reply:
        """Over a connection of its own; *first* is how a used one failed."""
        try:
            fresh = await self._connected(sending, trace, timeouts.get("connect"))
        except httpx.TransportError as error:
            if first is None:
                raise
            raise first from error
        return await self._over(fresh, sending, trace, timeouts)

    async def _over(
        self,
        connection: Connection,
        sending: Rendered,
        trace: Trace | None,
        timeouts: Mapping[str, float | None],
    ) -> Reply:
        """Nothing is awaited between the last step told of and the first byte."""
        try:
            if trace is not None:
                await trace(_LEAVING)
            reply = await connection.ask(
                sending,
                timeouts.get("read"),
                timeouts.get("write"),
                timeouts.get("total"),
            )
        except BaseException:
            connection.abort()
            raise
        if self._sessions.missing:
            self._sessions.note(connection.tls)
        if sending.lasting and connection.kept:
            self._idle.put(connection)
        else:
            connection.close()
        return reply

    async def _connected(
        self, sending: Rendered, trace: Trace | None, seconds: float | None
    ) -> Connection:
        """A fresh connection; ConnectError or ConnectTimeout if there is none."""
        self._check_open()
        while self._idle and self._slots.over(len(self._idle)):
            self._idle.evict()
        if trace is not None:
            await trace(_CONNECTING)
        try:
            async with asyncio.timeout(seconds):
                spare = await self._spares.take(sending.origin)
                fresh = spare or await self._opened(sending.origin)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error) or "no connection in time") from error
        except (OSError, ValueError, OverflowError) as error:
            raise httpx.ConnectError(str(error)) from error
        if fresh.closed:
            raise httpx.ConnectError("closed before a byte was sent")
        return fresh

    def _check_open(self) -> None:
        if self._closed:
            raise httpx.ConnectError(_CLOSED)

    async def _opened(self, origin: Origin) -> Connection:
        scheme, host, port = origin
        secure = scheme == "https"
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(origin, self._lost),
            host,
            port,
            ssl=self._secure if secure else None,
            ssl_shutdown_timeout=_TLS_SHUTDOWN_SECONDS if secure else None,
        )
        if not connection.lost.done():
            self._open.add(connection)
        if self._closed:
            connection.abort()
        return connection

    def _lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._idle.drop(connection)


def _told(
    trace: Callable[[str, Mapping[str, object]], Awaitable[object]],
    request: httpx.Request | None,
) -> Trace:
    """What tells *trace*, httpcore's, of a step of *request*."""
    about = {"request": request}
    return lambda step: trace(step, about)
