"""One HTTP/1.1 connection, one request at a time."""

import asyncio
import select
import ssl
from collections.abc import Callable
from math import inf
from typing import cast

import httpx

from reconciler.twilio.http.request_bytes import Origin, Rendered
from reconciler.twilio.http.response_parser import (
    MalformedResponse,
    Reply,
    ResponseParser,
)

Allowed = float | None


class Connection(asyncio.Protocol):
    """Bytes out, an answer in; closed at the first thing amiss.

    ``ask`` fails with ReadTimeout, WriteTimeout, ReadError, WriteError or
    RemoteProtocolError. ``heard`` says whether any byte of the answer came.
    One timer serves every request: it is armed again only when it rings early.
    ``lost`` is done, and *on_lost* called, once nothing of it is left.
    """

    def __init__(
        self, origin: Origin, on_lost: Callable[["Connection"], object]
    ) -> None:
        self.origin = origin
        self.closed = False
        self.heard = False
        self.idle_since = 0.0
        self.loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self.loop.create_future()
        self._on_lost = on_lost
        self._framing = ResponseParser()
        self._waiter: asyncio.Future[Reply] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = self._latest = inf
        self._paused = False
        self._read: Allowed = None
        self._write: Allowed = None

    def ask(
        self,
        sending: Rendered,
        read: Allowed,
        write: Allowed,
        total: Allowed = None,
    ) -> asyncio.Future[Reply]:
        """Write the request at once; the future is its whole answer.

        *read* bounds the wait for each piece of the answer, *write* that for a
        server which does not take the request, *total* all of it, in seconds.
        """
        waiter = self._waiter = self.loop.create_future()
        self.heard = False
        self._read, self._write = read, write
        now = self.loop.time()
        self._latest = inf if total is None else now + total
        if self.closed:
            self.abort(httpx.ReadError("the connection was closed before the request"))
            return waiter
        self._framing.begin(bodiless=sending.bodiless)
        self._allow(read, now)
        self._transport.write(sending.payload)
        return waiter

    @property
    def kept(self) -> bool:
        """Whether another request may follow the last answer."""
        return self._framing.kept and not self.closed and not self._paused

    @property
    def tls(self) -> ssl.SSLObject | None:
        """Its TLS, None without."""
        found: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
        return found

    def quiet(self) -> bool:
        """Whether it is open and nothing, not even its end, waits to be read.

        It costs a microsecond. Without it, bytes that nobody asked for and that
        the event loop has not seen yet would begin the next request's answer.
        """
        return not self.closed and not self._poll.poll(0)

    def close(self) -> None:
        """Close in good order, for a connection that owes no answer."""
        self.closed = True
        self._disarm()
        self._transport.close()

    def abort(self, error: httpx.TransportError | None = None) -> None:
        """Close at once; *error* goes to whoever still waits for an answer."""
        self.closed = True
        self._disarm()
        self._transport.abort()
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done() and error is not None:
            waiter.set_exception(error)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands, with TLS where that is used."""
        self._transport = cast("asyncio.Transport", transport)
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket"), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        """A piece of an answer; without a request it ends the connection."""
        waiter = self._waiter
        if waiter is None:
            self.abort()
            return
        self.heard = True
        try:
            whole = self._framing.feed(data)
        except MalformedResponse as error:
            self.abort(httpx.RemoteProtocolError(str(error)))
            return
        if whole:
            self._finish(waiter)
        elif not self._paused:
            self._allow(self._read, self.loop.time())

    def eof_received(self) -> bool:
        """The server sends no more; that may be how it ends its answer."""
        waiter = self._waiter
        if waiter is not None and self._framing.end() and self._ended_well():
            self._finish(waiter)
        self.abort(
            httpx.RemoteProtocolError(
                "the server closed the connection without a response"
            )
        )
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing goes either way any longer."""
        why = str(exc or "the connection was closed")
        self.abort(httpx.WriteError(why) if self._paused else httpx.ReadError(why))
        self._on_lost(self)
        if not self.lost.done():
            self.lost.set_result(None)

    def pause_writing(self) -> None:
        """The server is slow to take the request."""
        self._paused = True
        self._allow(self._write, self.loop.time())

    def resume_writing(self) -> None:
        """The server has taken most of the request."""
        self._paused = False
        self._allow(self._read, self.loop.time())

    def _ended_well(self) -> bool:
        """Whether TLS, if it is used, was ended by the server and not cut."""
        tls = self.tls
        try:
            return tls is None or not tls.read(1)
        except ssl.SSLError as error:
            return isinstance(error, ssl.SSLZeroReturnError)

    def _finish(self, waiter: asyncio.Future[Reply]) -> None:
        self._waiter = None
        if not waiter.done():
            waiter.set_result(self._framing.reply())

    def _allow(self, seconds: Allowed, now: float) -> None:
        """Let that many seconds pass from *now*, or any number."""
        at = inf if seconds is None else now + seconds
        self._deadline = at = min(at, self._latest)
        if at == inf:
            return
        timer = self._timer
        if timer is not None and timer.when() <= at:
            return
        self._disarm()
        self._timer = self.loop.call_at(at, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._waiter is None or self._deadline == inf:
            return
        if self._deadline > self.loop.time():
            self._timer = self.loop.call_at(self._deadline, self._ring)
        elif self._paused:
            self.abort(httpx.WriteTimeout("the server did not accept the request"))
        else:
            self.abort(httpx.ReadTimeout("no response in time"))

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
