"""The pool of connections: sharing, waiting, expiring, cancelling, closing."""

import asyncio
import gzip
import ssl

import httpx
import pytest

from reconciler.model.errors import ReadOnlyViolation
from reconciler.twilio.api.response import answered
from reconciler.twilio.api.send import SendTracker
from reconciler.twilio.api.transports import ReadOnly, make_transports, raw_sender
from reconciler.twilio.http.pool import Slots
from reconciler.twilio.http.transport import DirectTransport
from tests.twilio.raw_server import (
    LONG,
    PATIENCE,
    SHORT,
    WHOLE,
    Ending,
    Peer,
    listening,
    sending,
    transport,
)


def silent(_: Peer) -> None:
    """No answer, for now."""


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_a_request_is_sent_as_httpx_built_it() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        request = server.request("POST", content=b"To=x")
        request.headers["X-Own"] = "y"
        await direct.ask(request)
        host = f"127.0.0.1:{server.port}"
        assert (
            server.peers[0].received
            == (
                f"POST /page?x=1 HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\n"
                "X-Own: y\r\n\r\nTo=x"
            ).encode()
        )


async def test_reads_one_after_another_share_a_connection() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        request = server.request()
        for _ in range(5):
            assert (await direct.ask(request))[2] == b"hi"
        assert [peer.requests for peer in server.peers] == [5]


async def test_a_response_is_decoded_by_its_content_encoding() -> None:
    packed = gzip.compress(b"hello")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip \r\nContent-Length: %d\r\n\r\n"
    async with (
        listening(sending(head % len(packed) + packed)) as server,
        transport() as direct,
    ):
        response = await direct.handle_async_request(server.request())
        assert await response.aread() == b"hello"
        assert response.http_version == "HTTP/1.1"
        assert (await direct.ask(server.request()))[2] == packed


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
        ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"),
    ],
)
async def test_an_answer_without_a_body_is_whole_after_its_headers(
    method: str, answer: bytes
) -> None:
    async with listening(sending(answer)) as server, transport() as direct:
        assert (await direct.ask(server.request(method)))[2] == b""


@pytest.mark.parametrize(
    "answer",
    [
        WHOLE.replace(b"HTTP/1.1", b"HTTP/1.0"),
        WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
    ],
)
async def test_a_connection_the_answer_ends_is_not_used_again(answer: bytes) -> None:
    async with listening(sending(answer)) as server, transport() as direct:
        for _ in range(2):
            await direct.ask(server.request())
        assert [peer.requests for peer in server.peers] == [1, 1]


async def test_a_read_that_asks_for_it_leaves_no_connection() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        request = server.request()
        request.headers["Connection"] = "close"
        await direct.ask(request)
        await server.peers[0].gone.wait()


async def test_no_more_requests_are_under_way_than_allowed_and_the_first_come_first() -> (
    None
):
    order: list[bytes] = []
    under_way = most = 0

    def act(peer: Peer) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        order.append(peer.received.rsplit(b"X-N: ", 1)[1].split(b"\r\n")[0])
        asyncio.get_running_loop().call_soon(answer, peer)

    def answer(peer: Peer) -> None:
        nonlocal under_way
        under_way -= 1
        peer.send(WHOLE)

    async with listening(act) as server, transport(1) as direct:

        async def ask(number: int) -> None:
            request = server.request()
            request.headers["X-N"] = str(number)
            await direct.ask(request)

        await asyncio.gather(*(ask(number) for number in range(9)))
        assert order == [str(number).encode() for number in range(9)]
        assert most == len(server.peers) == 1


async def test_who_waits_too_long_for_a_connection_has_sent_nothing() -> None:
    async with listening(silent) as server, transport(1) as direct:
        first = asyncio.ensure_future(direct.ask(server.request()))
        await server.seen.wait()
        tracker = SendTracker()
        waiting = server.request(tracker=tracker, timeout=LONG | {"pool": 0.01})
        with pytest.raises(httpx.PoolTimeout) as caught:
            await direct.ask(waiting)
        assert tracker.never_left(caught.value)
        server.peers[0].send(WHOLE)
        assert (await first)[0] == 200
        assert server.requests == 1


async def test_a_slot_given_to_one_who_is_cancelled_goes_to_the_next() -> None:
    slots = Slots(1)
    assert slots.take()
    first = asyncio.ensure_future(slots.wait(None))
    second = asyncio.ensure_future(slots.wait(None))
    await turns(1)
    slots.give_back()
    first.cancel()
    await turns(5)
    assert second.done()
    assert slots.taken == 1
    slots.give_back()
    assert slots.taken == 0


async def test_connections_at_rest_count_too() -> None:
    async with listening(sending(WHOLE)) as server, transport(1) as direct:
        await direct.ask(server.request())
        await direct.ask(server.request("DELETE"))
        await server.peers[0].gone.wait()


async def test_a_connection_at_rest_is_closed_when_its_time_is_over() -> None:
    async with (
        listening(sending(WHOLE)) as server,
        transport(keepalive=0.01) as direct,
    ):
        await asyncio.gather(*(direct.ask(server.request()) for _ in range(2)))
        for peer in server.peers:
            await peer.gone.wait()
        assert not direct._idle
        assert direct._idle._timer is None


async def test_a_connection_the_server_ends_at_rest_is_forgotten() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        await direct.ask(server.request())
        server.peers[0].leave(Ending.CLOSE)
        await server.peers[0].gone.wait()
        await turns(5)
        assert not direct._idle
        assert not direct._open


async def test_each_piece_of_an_answer_has_the_whole_time_to_read() -> None:
    def act(peer: Peer) -> None:
        loop = asyncio.get_running_loop()
        for number in range(len(WHOLE)):
            loop.call_later(0.01 * number, peer.send, WHOLE[number : number + 1])

    async with listening(act) as server, transport() as direct:
        request = server.request(timeout=PATIENCE)
        assert (await direct.ask(request))[2] == b"hi"
        assert 0.01 * len(WHOLE) > PATIENCE["read"]


async def test_all_pieces_together_have_the_total_time() -> None:
    def drip(peer: Peer) -> None:
        if not peer.gone.is_set():
            peer.send(b"x")
            asyncio.get_running_loop().call_later(0.005, drip, peer)

    def act(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        drip(peer)

    async with listening(act) as server, transport() as direct:
        request = server.request(timeout=LONG | {"total": 0.1})
        with pytest.raises(httpx.ReadTimeout):
            await direct.ask(request)
        assert server.requests == 1


async def test_a_shorter_time_to_read_holds_although_the_last_one_was_long() -> None:
    def act(peer: Peer) -> None:
        if peer.answered == 1:
            peer.send(WHOLE)

    async with listening(act) as server, transport() as direct:
        await direct.ask(server.request())
        with pytest.raises(httpx.ReadTimeout):
            await direct.ask(server.request(timeout=SHORT))


async def test_no_time_given_is_no_limit() -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        request = server.request()
        request.extensions = {}
        assert (await direct.ask(request))[0] == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("count", range(14))
async def test_cancelled_at_any_moment_it_leaves_nothing_behind(
    count: int, method: str
) -> None:
    tracker = SendTracker()
    async with listening(sending(WHOLE)) as server, transport(1) as direct:
        asking = asyncio.ensure_future(
            direct.ask(server.request(method, tracker=tracker))
        )
        await turns(count)
        asking.cancel()
        (found,) = await asyncio.gather(asking, return_exceptions=True)
        assert isinstance(found, asyncio.CancelledError | tuple)
        assert direct._slots.taken == 0
        assert (await direct.ask(server.request()))[0] == 200
        assert tracker.left or not server.peers[0].received.startswith(b"POST")


async def test_cancelled_while_it_waits_for_an_answer_it_ends_the_connection() -> None:
    async with listening(silent) as server, transport() as direct:
        asking = asyncio.ensure_future(direct.ask(server.request()))
        await server.seen.wait()
        asking.cancel()
        await server.peers[0].gone.wait()
        assert not direct._idle


async def test_cancelled_while_it_waits_for_a_slot_it_leaves_the_queue() -> None:
    async with listening(silent) as server, transport(1) as direct:
        first = asyncio.ensure_future(direct.ask(server.request()))
        await server.seen.wait()
        second = asyncio.ensure_future(direct.ask(server.request()))
        await turns(2)
        second.cancel()
        await turns(2)
        server.peers[0].send(WHOLE)
        await first
        assert second.cancelled()


async def test_closing_ends_what_is_under_way_and_what_comes_after() -> None:
    async with listening(silent) as server, transport(1) as direct:
        under_way = asyncio.ensure_future(direct.ask(server.request()))
        await server.seen.wait()
        waiting = asyncio.ensure_future(direct.ask(server.request()))
        await turns(2)
        await direct.aclose()
        ended = await asyncio.gather(under_way, waiting, return_exceptions=True)
        assert [type(each) for each in ended] == [httpx.ReadError, httpx.ConnectError]
        with pytest.raises(httpx.ConnectError):
            await direct.ask(server.request())
        await server.peers[0].gone.wait()
        assert len(server.peers) == 1


@pytest.mark.parametrize("count", range(10))
async def test_closing_while_connecting_leaves_no_connection(count: int) -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        asking = asyncio.ensure_future(direct.ask(server.request()))
        await turns(count)
        await direct.aclose()
        await asyncio.gather(asking, return_exceptions=True)
        await turns(5)
        for peer in server.peers:
            await peer.gone.wait()


async def test_a_large_body_is_sent_as_fast_as_it_is_taken() -> None:
    content = bytes(range(256)) * 20_000

    def act(peer: Peer) -> None:
        peer.transport.pause_reading()
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, peer.transport.resume_reading)
        loop.call_later(0.05, wait, peer)

    def wait(peer: Peer) -> None:
        if peer.received.endswith(content):
            peer.send(WHOLE)
        else:
            asyncio.get_running_loop().call_later(0.01, wait, peer)

    async with listening(act) as server, transport() as direct:
        request = server.request("POST", content=content)
        assert (await direct.ask(request))[0] == 200


async def test_an_answer_before_the_whole_request_was_taken_counts() -> None:
    def act(peer: Peer) -> None:
        peer.transport.pause_reading()
        peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    async with listening(act) as server, transport() as direct:
        request = server.request("POST", content=bytes(16_000_000))
        assert (await direct.ask(request))[0] == 413


@pytest.mark.parametrize(
    "change",
    [
        {"url": httpx.URL("ftp://127.0.0.1/")},
        {"url": httpx.URL("/page")},
        {"method": "GET /other"},
        {"headers": httpx.Headers({"X": "a\r\nY: b"})},
        {"headers": httpx.Headers({"X Y": "a"})},
        {"headers": httpx.Headers({"Content-Length": "7"})},
        {"headers": httpx.Headers({"Transfer-Encoding": "chunked"})},
    ],
)
async def test_what_http_cannot_carry_is_not_sent(change: dict[str, object]) -> None:
    async with listening(sending(WHOLE)) as server, transport() as direct:
        tracker = SendTracker()
        request = server.request(tracker=tracker)
        vars(request).update(change)
        with pytest.raises(httpx.UnsupportedProtocol) as caught:
            await direct.ask(request)
        assert tracker.never_left(caught.value)
        assert server.peers == []


async def test_a_name_nobody_knows_is_a_connect_error() -> None:
    async with transport() as direct:
        request = httpx.Request("GET", f"http://{'x' * 64}.test/")
        with pytest.raises(httpx.ConnectError):
            await direct.ask(request)


async def test_reads_are_limited_and_writes_are_not() -> None:
    reading, writing = make_transports("http://127.0.0.1:1", 1)
    async with listening(silent) as server:
        asking = [
            asyncio.ensure_future(each.handle_async_request(server.request(method)))
            for each, method in [(reading, "GET"), (writing, "POST")]
            for _ in range(3)
        ]
        while server.requests < 4:
            await turns(1)
        await turns(20)
        assert server.requests == 4
        await reading.aclose()
        await writing.aclose()
        await asyncio.gather(*asking, return_exceptions=True)


async def test_a_proxy_leaves_the_transport_to_httpx(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "127.0.0.1:1")
    for each in make_transports("http://twilio.test", 1):
        assert isinstance(each, httpx.AsyncHTTPTransport)
        await each.aclose()
    monkeypatch.setenv("no_proxy", "twilio.test")
    for each in make_transports("http://twilio.test", 1):
        assert isinstance(each, DirectTransport)


async def test_white_space_after_a_header_is_no_part_of_its_value() -> None:
    packed = gzip.compress(b"hello")
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip \t\r\nTwilio-Request-Id: RQ1 \r\n"
    )
    length = b"Content-Length: %d\r\n\r\n" % len(packed)
    async with (
        listening(sending(head + length + packed)) as server,
        transport() as direct,
    ):
        response = await direct.handle_async_request(server.request())
        assert response.headers["Content-Encoding"] == "gzip"
        assert await response.aread() == b"hello"
        kept = answered(await direct.ask(server.request()))
        assert (kept.content, kept.request_id) == (b"hello", "RQ1")


async def test_every_transport_has_the_same_lower_door() -> None:
    packed = gzip.compress(b"hello")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    stock = httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    async with (
        listening(sending(head % len(packed) + packed)) as server,
        transport() as direct,
        stock,
    ):
        for each in (direct, ReadOnly(direct)):
            status, headers, body = await raw_sender(each)(server.request())
            assert (status, body) == (200, packed)
            assert (b"Content-Encoding", b"gzip") in headers
        for other in (stock, ReadOnly(stock)):
            status, headers, body = await raw_sender(other)(server.request())
            assert (status, headers, body) == (200, [], b"hello")
        with pytest.raises(ReadOnlyViolation):
            await raw_sender(ReadOnly(direct))(server.request("POST"))
