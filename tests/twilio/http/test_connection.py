"""Bytes in, an answer out: as httpx reads it, however they are split."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import httpcore
import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.twilio.http import response_parser
from reconciler.twilio.http.connection import Connection
from reconciler.twilio.http.request_bytes import Rendered
from reconciler.twilio.http.response_parser import Reply, trimmed

ORIGIN = ("http", "twilio.test", 80)
GET = Rendered(b"GET / HTTP/1.1\r\n\r\n", ORIGIN, True, True, False)


class Wire(asyncio.Transport):
    """A connection's way out that leads nowhere."""

    def __init__(self, held: socket.socket) -> None:
        super().__init__({"socket": held})
        self.written = b""
        self.ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.ended = True


@contextlib.contextmanager
def connected() -> Iterator[tuple[Connection, Wire]]:
    with socket.socket() as held:
        wire = Wire(held)
        connection = Connection(ORIGIN, lambda _: None)
        connection.connection_made(wire)
        yield connection, wire
        connection.connection_lost(None)


async def ours(pieces: Sequence[bytes]) -> Reply:
    """The answer in *pieces*, after which the server closes."""
    with connected() as (connection, wire):
        waiter = connection.ask(GET, None, None)
        for piece in pieces:
            if not wire.ended:
                connection.data_received(piece)
        if not wire.ended:
            connection.eof_received()
        assert waiter.done()
        status, headers, body = await waiter
        return status, trimmed(headers), body


async def stock(pieces: Sequence[bytes]) -> Reply:
    """The same by httpx's own parser."""
    backend = httpcore.AsyncMockBackend(list(pieces))
    async with (
        httpcore.AsyncConnectionPool(network_backend=backend) as pool,
        pool.stream("GET", "http://twilio.test/") as response,
    ):
        body = b"".join([piece async for piece in response.aiter_stream()])
        return response.status, response.headers, body


@dataclass(frozen=True)
class Written:
    """An answer's bytes, cut into pieces."""

    pieces: tuple[bytes, ...]

    @property
    def whole(self) -> bytes:
        return b"".join(self.pieces)


TOKENS = st.text("abcXYZ019-_", min_size=1, max_size=12).map(lambda name: "X-" + name)
VALUES = st.text("ab cXY:;,=\"'\t/09~é", max_size=20).map(str.strip)
HEADER_LISTS = st.lists(st.tuples(TOKENS, VALUES, st.sampled_from(["", " ", "\t "])))
INTERIM = st.sampled_from(
    ["", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"]
)


def cut(data: bytes, places: Sequence[int]) -> Written:
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    pieces = [data[left:right] for left, right in pairwise(edges) if left < right]
    return Written(tuple(pieces))


def chunked(body: bytes, sizes: Sequence[int], tail: str) -> bytes:
    out, rest = b"", body
    for size in [*sizes, len(body)]:
        if piece := rest[:size]:
            out += b"%x%b\r\n%b\r\n" % (len(piece), tail.encode(), piece)
            rest = rest[size:]
    return out + b"0\r\n" + (b"X-Trailer: t\r\n" if tail else b"") + b"\r\n"


@st.composite
def answers(draw: st.DrawFn) -> Written:
    status = draw(st.sampled_from([200, 201, 204, 304, 400, 404, 429, 500, 503]))
    body = b"" if status in {204, 304} else draw(st.binary(max_size=80))
    kind = draw(st.sampled_from(["length", "chunked", "end"])) if body else "length"
    lines = [f"{name}: {value}{pad}" for name, value, pad in draw(HEADER_LISTS)]
    name = draw(st.sampled_from(["-", "Connection: close", "connection: keep-alive"]))
    lines += [name] if name != "-" else []
    sent = body
    if kind == "length" and status != 204:
        lines.append(f"Content-Length: {len(body)}")
    elif kind == "chunked":
        lines.append("transfer-Encoding: chunked")
        sizes = draw(st.lists(st.integers(1, 30), max_size=5))
        sent = chunked(body, sizes, draw(st.sampled_from(["", ";a=b"])))
    minor = 1 if kind == "chunked" else draw(st.integers(0, 1))
    reason = draw(st.sampled_from(["OK", "Not Quite", ""]))
    head = "\r\n".join([f"HTTP/1.{minor} {status} {reason}", *lines, "", ""])
    data = (draw(INTERIM) + head).encode("latin-1") + sent
    return cut(data, draw(st.lists(st.integers(0, 999), max_size=12)))


@given(answers())
async def test_any_answer_split_anywhere_is_what_httpx_makes_of_it(
    written: Written,
) -> None:
    expected = await stock(written.pieces)
    assert await ours(written.pieces) == expected
    assert await ours([bytes([byte]) for byte in written.whole]) == expected


@given(answers(), st.integers(0, 500))
async def test_an_answer_that_ends_early_is_none_unless_its_end_is_all_it_lacks(
    written: Written, at: int
) -> None:
    early = written.whole[: at % (len(written.whole) + 1)]
    try:
        expected: Reply | None = await stock([early] if early else [])
    except httpcore.RemoteProtocolError:
        expected = None
    if expected is not None:
        assert await ours([early]) == expected
        return
    with pytest.raises(httpx.RemoteProtocolError):
        await ours([early])


@given(
    answers(),
    st.lists(st.tuples(st.integers(0, 999), st.binary(max_size=3)), max_size=4),
    st.integers(0, 3),
)
@example(Written((b"HTTP/1.1 200 OK\r\n\r\n",)), [(9, b"\x00")], 0)
async def test_garbage_is_a_protocol_error_or_an_answer_and_never_anything_else(
    written: Written, changes: list[tuple[int, bytes]], gone: int
) -> None:
    data = written.whole
    for place, new in changes:
        at = place % (len(data) + 1)
        data = data[:at] + new + data[at + gone :]
    await harmless(data)


@given(st.binary(max_size=300))
@example(b"HTTP/1.1 ")
async def test_noise_is_never_anything_else_either(data: bytes) -> None:
    await harmless(data)
    await harmless(b"HTTP/1.1 200 OK\r\n" + data)


async def harmless(data: bytes) -> None:
    try:
        status, headers, body = await ours([data] if data else [])
    except httpx.RemoteProtocolError:
        return
    assert 200 <= status <= 999
    assert all(isinstance(name, bytes) for name, _ in headers)
    assert len(body) <= len(data)


OK = b"HTTP/1.1 200 OK\r\n"
REFUSED = {
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
    "a length and a coding": OK
    + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": OK + b"Transfer-Encoding: gzip\r\n\r\nhi",
    "a coding within another": OK
    + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a negative length": OK + b"Content-Length: -2\r\n\r\nhi",
    "a length of words": OK + b"Content-Length: two\r\n\r\nhi",
    "a length without end": OK + b"Content-Length: " + b"9" * 99 + b"\r\n\r\nhi",
    "a chunk size of words": OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a chunk longer than said": OK
    + b"Transfer-Encoding: chunked\r\n\r\n1\r\nhi\r\n0\r\n\r\n",
    "a change of protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
    b"Connection: upgrade\r\n\r\n",
    "a change of protocol unnamed": b"HTTP/1.1 101 Switching\r\n\r\n" + OK + b"\r\n",
    "a status too small": b"HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n",
    "an interim response with a body": b"HTTP/1.1 150 Hm\r\nContent-Length: 2\r\n\r\nhi"
    + OK
    + b"Content-Length: 0\r\n\r\n",
    "only an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n",
    "a space in a header's name": OK + b"Content Length: 2\r\n\r\nhi",
    "a null in a header": OK + b"X: \x00\r\nContent-Length: 0\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a request": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x46",
    "headers without end": OK + b"X: " + b"y" * response_parser.MOST_HEAD,
    "long headers": OK + b"X: " + b"y" * response_parser.MOST_HEAD + b"\r\n\r\n",
    "many headers": OK + b"X: y\r\n" * response_parser.MOST_HEAD + b"\r\n",
    "interim answers without end": b"HTTP/1.1 103 Early\r\n\r\n" * 4000,
    "nothing": b"",
}


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED)
async def test_what_is_no_answer_is_refused(answer: bytes) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await ours([answer])


async def test_headers_without_end_are_refused_before_the_server_stops() -> None:
    with connected() as (connection, wire):
        waiter = connection.ask(GET, None, None)
        connection.data_received(OK)
        for _ in range(9):
            if not wire.ended:
                connection.data_received(b"X-Y: z\r\n" * 1000)
        with pytest.raises(httpx.RemoteProtocolError, match="too long"):
            await waiter


@pytest.mark.parametrize(
    "start",
    [
        OK + b"\r\n",
        OK + b"Content-Length: 999999\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    ],
)
async def test_a_body_without_end_is_refused_before_the_server_stops(
    start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response_parser, "MOST_ANSWER", 5000)
    with connected() as (connection, wire):
        waiter = connection.ask(GET, None, None)
        connection.data_received(start)
        for _ in range(6):
            if not wire.ended:
                connection.data_received(b"z" * 1000)
        with pytest.raises(httpx.RemoteProtocolError, match="too long"):
            await waiter


async def test_the_next_answer_starts_clean() -> None:
    first = (
        OK + b"X: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: x\r\n\r\n"
    )
    second = b"HTTP/1.1 201 Made\r\nContent-Length: 3\r\n\r\nyou"
    with connected() as (connection, wire):
        for answer, status, body in [(first, 200, b"hi"), (second, 201, b"you")] * 3:
            waiter = connection.ask(GET, None, None)
            for byte in answer:
                assert not waiter.done()
                connection.data_received(bytes([byte]))
            found = await waiter
            assert (found[0], found[2]) == (status, body)
            assert len(found[1]) == (2 if status == 200 else 1)
            assert connection.kept
        assert wire.written == GET.payload * 6


async def test_a_small_answer_after_many_is_not_mistaken_for_a_long_one() -> None:
    page = OK + b"Content-Length: 60000\r\n\r\n" + bytes(60_000)
    with connected() as (connection, _):
        for _ in range(5):
            waiter = connection.ask(GET, None, None)
            connection.data_received(page)
            assert len((await waiter)[2]) == 60_000


@pytest.mark.parametrize("error", [ConnectionResetError(), None])
async def test_a_loss_in_a_body_without_length_does_not_make_it_whole(
    error: Exception | None,
) -> None:
    with connected() as (connection, _):
        waiter = connection.ask(GET, None, None)
        connection.data_received(OK + b"\r\nhalf")
        connection.connection_lost(error)
        with pytest.raises(httpx.ReadError):
            await waiter


async def test_an_end_in_a_body_without_length_makes_it_whole() -> None:
    assert (await ours([OK + b"\r\nall"]))[2] == b"all"


async def test_a_connection_lost_before_it_is_asked_fails_and_writes_nothing() -> None:
    with connected() as (connection, wire):
        connection.eof_received()
        with pytest.raises(httpx.ReadError):
            await connection.ask(GET, None, None)
        assert not connection.heard
        assert wire.written == b""


async def test_a_paused_request_fails_to_be_written_and_not_to_be_read() -> None:
    with connected() as (connection, _):
        waiter = connection.ask(GET, 5.0, 0.01)
        connection.pause_writing()
        with pytest.raises(httpx.WriteTimeout):
            await waiter
    with connected() as (connection, _):
        waiter = connection.ask(GET, 0.02, 0.01)
        connection.pause_writing()
        connection.resume_writing()
        with pytest.raises(httpx.ReadTimeout):
            await waiter


async def test_the_total_time_of_one_request_is_not_that_of_the_next() -> None:
    with connected() as (connection, _):
        for total in (0.01, None):
            waiter = connection.ask(GET, 5.0, 5.0, total)
            if total is None:
                await asyncio.sleep(0.03)
            connection.data_received(OK + b"Content-Length: 0\r\n\r\n")
            assert (await waiter)[0] == 200
