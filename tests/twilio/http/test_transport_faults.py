"""A server that breaks off everywhere: what is raised, and how often was sent."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from reconciler.twilio.api.send import SendTracker
from reconciler.twilio.http.connection import Connection
from reconciler.twilio.http.request_bytes import Origin
from reconciler.twilio.http.transport import DirectTransport
from tests.twilio.raw_server import (
    SHORT,
    WHOLE,
    Ending,
    Peer,
    RawServer,
    listening,
    sending,
    transport,
)

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CUTS = {
    "after the request": b"",
    "in the status line": b"HTTP/1.",
    "after the status line": b"HTTP/1.1 200 OK\r\n",
    "in a header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "before the empty line": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
    "after the headers": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
    "in the body": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nh",
    "after chunked headers": CHUNKED,
    "in a chunk size": CHUNKED + b"1",
    "in a chunk": CHUNKED + b"5\r\nab",
    "after a chunk": CHUNKED + b"2\r\nab\r\n",
    "after the last chunk": CHUNKED + b"2\r\nab\r\n0\r\n",
    "in a trailer": CHUNKED + b"2\r\nab\r\n0\r\nX: 1",
    "after an interim answer": b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n",
}
RAISED = {
    Ending.CLOSE: httpx.RemoteProtocolError,
    Ending.RESET: httpx.ReadError,
    Ending.STALL: httpx.ReadTimeout,
}
METHODS = ["GET", "POST", "DELETE"]
EVERYWHERE = pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
ANYHOW = pytest.mark.parametrize("ending", Ending)
ANY_METHOD = pytest.mark.parametrize("method", METHODS)


def body_of(method: str) -> bytes | None:
    return b"To=%2B15551230001" if method == "POST" else None


@ANYHOW
@EVERYWHERE
@ANY_METHOD
async def test_a_request_cut_off_on_a_fresh_connection_may_have_been_sent_and_is_not_repeated(
    method: str, cut: bytes, ending: Ending
) -> None:
    tracker = SendTracker()
    async with listening(sending(cut, ending)) as server, transport() as direct:
        request = server.request(
            method,
            content=body_of(method),
            tracker=tracker,
            timeout=ending.patience,
        )
        with pytest.raises(httpx.TransportError) as caught:
            await direct.ask(request)
        assert type(caught.value) is RAISED[ending]
        assert tracker.left
        assert not tracker.never_left(caught.value)
        assert server.requests == len(server.peers) == 1


class Second:
    """Answers the first request on every connection, and breaks off at the next."""

    def __init__(self, cut: bytes, ending: Ending) -> None:
        self._break = sending(cut, ending)

    def __call__(self, peer: Peer) -> None:
        if peer.answered == 1:
            peer.send(WHOLE)
        else:
            self._break(peer)


@ANYHOW
@EVERYWHERE
async def test_a_read_on_a_used_connection_is_repeated_only_if_no_byte_of_an_answer_came(
    cut: bytes, ending: Ending
) -> None:
    again = not cut and ending is not Ending.STALL
    async with listening(Second(cut, ending)) as server, transport() as direct:
        await direct.ask(server.request())
        asking = direct.ask(server.request(timeout=ending.patience))
        if again:
            assert (await asking)[0] == 200
        else:
            with pytest.raises(RAISED[ending]):
                await asking
        assert server.requests == (3 if again else 2)
        assert len(server.peers) == (2 if again else 1)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_a_write_takes_no_used_connection(method: str) -> None:
    unlucky = Second(b"", Ending.CLOSE)
    async with listening(unlucky) as server, transport() as direct:
        await direct.ask(server.request())
        assert (await direct.ask(server.request(method)))[0] == 200
        assert [peer.requests for peer in server.peers] == [1, 1]
        await server.peers[1].gone.wait()


async def test_a_read_is_repeated_once_and_no_more() -> None:
    def act(peer: Peer) -> None:
        if peer.number == 0 and peer.answered == 1:
            peer.send(WHOLE)
        else:
            peer.leave(Ending.CLOSE)

    async with listening(act) as server, transport() as direct:
        await direct.ask(server.request())
        with pytest.raises(httpx.RemoteProtocolError):
            await direct.ask(server.request())
        assert server.requests == 3


async def test_a_repeated_read_that_cannot_connect_may_still_have_been_sent() -> None:
    tracker = SendTracker()

    def act(peer: Peer) -> None:
        if peer.answered == 1:
            peer.send(WHOLE)
        else:
            server.stop()
            peer.leave(Ending.CLOSE)

    async with listening(act) as server, transport() as direct:
        await direct.ask(server.request())
        with pytest.raises(httpx.RemoteProtocolError) as caught:
            await direct.ask(server.request(tracker=tracker))
        assert not tracker.never_left(caught.value)
        assert server.requests == 2


def unused_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
    return port


@ANY_METHOD
async def test_a_refused_connection_is_a_connect_error_and_nothing_left(
    method: str,
) -> None:
    tracker = SendTracker()
    server = RawServer(sending(b""), port=unused_port())
    async with transport() as direct:
        with pytest.raises(httpx.ConnectError) as caught:
            await direct.ask(server.request(method, tracker=tracker))
    assert tracker.never_left(caught.value)


@asynccontextmanager
async def never_accepting() -> AsyncIterator[int]:
    """A port whose queue of connections is full."""
    loop = asyncio.get_running_loop()
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(2)]
        for each in waiting:
            each.setblocking(False)
        knocking = [
            asyncio.ensure_future(loop.sock_connect(each, address)) for each in waiting
        ]
        await asyncio.wait(knocking, return_when=asyncio.FIRST_COMPLETED)
        yield address[1]
        for knock in knocking:
            knock.cancel()
        await asyncio.gather(*knocking, return_exceptions=True)
        for each in waiting:
            each.close()


@ANY_METHOD
async def test_a_connection_nobody_accepts_is_a_connect_timeout_and_nothing_left(
    method: str,
) -> None:
    tracker = SendTracker()
    async with never_accepting() as port, transport() as direct:
        server = RawServer(sending(b""), port=port)
        timeout = SHORT | {"connect": 0.05}
        with pytest.raises(httpx.ConnectTimeout) as caught:
            await direct.ask(server.request(method, tracker=tracker, timeout=timeout))
        assert tracker.never_left(caught.value)


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
@ANY_METHOD
async def test_a_connection_dropped_at_once_was_sent_nothing_or_is_not_sure(
    method: str, ending: Ending
) -> None:
    tracker = SendTracker()

    def drop(peer: Peer) -> None:
        peer.leave(ending)

    async with listening(sending(b""), drop) as server, transport() as direct:
        with pytest.raises(httpx.TransportError) as caught:
            await direct.ask(server.request(method, tracker=tracker))
        assert tracker.left is not tracker.never_left(caught.value)
        assert tracker.left is not isinstance(caught.value, httpx.ConnectError)
        assert len(server.peers) <= 1


@pytest.mark.parametrize("ending", Ending)
async def test_a_request_cut_off_while_it_is_sent_may_have_been_sent(
    ending: Ending,
) -> None:
    tracker = SendTracker()

    def act(peer: Peer) -> None:
        peer.transport.pause_reading()
        peer.leave(ending)

    async with listening(act) as server, transport() as direct:
        request = server.request(
            "POST",
            content=bytes(16_000_000),
            tracker=tracker,
            timeout=ending.patience,
        )
        with pytest.raises((httpx.WriteError, httpx.WriteTimeout)) as caught:
            await direct.ask(request)
        stalled = ending is Ending.STALL
        assert isinstance(caught.value, httpx.WriteTimeout) is stalled
        assert not tracker.never_left(caught.value)
        assert server.requests == 1


@ANY_METHOD
async def test_what_a_trace_raises_stops_the_request_before_a_byte_of_it(
    method: str,
) -> None:
    tracker = SendTracker(lambda: False)
    async with listening(sending(WHOLE)) as server, transport() as direct:
        with pytest.raises(Exception, match="not sent"):
            await direct.ask(server.request(method, tracker=tracker))
        assert not tracker.left
        for peer in server.peers:
            await peer.gone.wait()
            assert peer.received == b""


class Slow(DirectTransport):
    """Learns that it is connected when the server has gone again."""

    async def _opened(self, origin: Origin) -> Connection:
        connection = await super()._opened(origin)
        await connection.lost
        return connection


@ANY_METHOD
async def test_a_connection_that_ended_before_a_byte_was_sent_had_none_sent(
    method: str,
) -> None:
    def drop(peer: Peer) -> None:
        peer.leave(Ending.CLOSE)

    tracker = SendTracker()
    direct = Slow(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), 1)
    async with listening(sending(b""), drop) as server, direct:
        with pytest.raises(httpx.ConnectError) as caught:
            await direct.ask(server.request(method, tracker=tracker))
        assert tracker.never_left(caught.value)
        assert direct._slots.taken == 0
        assert not direct._open


async def test_bytes_nobody_asked_for_end_a_connection_at_rest() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        await direct.ask(server.request())
        server.peers[0].send(b"x")
        await server.peers[0].gone.wait()
        assert not direct._idle


async def test_an_end_before_the_request_is_seen_by_looking_once_more() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        await direct.ask(server.request())
        server.peers[0].transport.write_eof()
        assert (await direct.ask(server.request()))[0] == 200
        assert [peer.requests for peer in server.peers] == [1, 1]


async def test_an_answer_nobody_asked_for_is_never_given_to_the_next_request() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        await direct.ask(server.request())
        server.peers[0].send(WHOLE.replace(b"hi", b"no"))
        assert (await direct.ask(server.request()))[2] == b"hi"
        assert len(server.peers) == 2


@pytest.mark.parametrize("surplus", [b"x", WHOLE, b"\x00" * 9])
async def test_bytes_after_an_answer_end_the_connection_and_are_dropped(
    surplus: bytes,
) -> None:
    async with listening(sending(WHOLE + surplus)) as server, transport() as direct:
        for _ in range(3):
            assert (await direct.ask(server.request()))[2] == b"hi"
        assert [peer.requests for peer in server.peers] == [1, 1, 1]
