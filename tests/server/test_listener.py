"""Listeners: real sockets, slow clients, ports that are taken."""

import asyncio
import signal
import time

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from reconciler.engine import request_body
from reconciler.model.errors import SettingError
from reconciler.server import listener as listening
from reconciler.server.listener import Brief, Streaming, listen, serve
from tests.webhooks.desk import CONFERENCE, Desk

Protocol = type[Streaming | Brief]


@pytest.fixture(params=[Streaming, Brief], ids=["streaming", "brief"])
def protocol(request: pytest.FixtureRequest) -> Protocol:
    """Each of those that listeners use."""
    of: Protocol = request.param
    return of


def _app(
    gate: asyncio.Event | None = None, asked: asyncio.Event | None = None
) -> Starlette:
    async def hello(_request: Request) -> PlainTextResponse:
        if asked:
            asked.set()
        if gate:
            await gate.wait()
        return PlainTextResponse("hello")

    return Starlette(routes=[Route("/", hello, methods=["GET", "POST"])])


async def test_a_listener_answers_and_leaves_signals_alone(protocol: Protocol) -> None:
    before = signal.getsignal(signal.SIGTERM)
    listener = serve(_app(), listen("127.0.0.1:0", "--listen"), protocol)
    async with httpx.AsyncClient() as http:
        answer = await http.get(listener.url)
        assert answer.text == "hello"
        assert "server" not in answer.headers
    assert signal.getsignal(signal.SIGTERM) is before
    await listener.close(2)
    async with httpx.AsyncClient() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(listener.url)


async def test_ipv6_addresses_are_written_in_brackets() -> None:
    try:
        listening = listen("[::1]:0", "--listen")
    except SettingError:
        pytest.skip("no IPv6 here")
    listener = serve(_app(), listening)
    async with httpx.AsyncClient() as http:
        assert (await http.get(listener.url)).text == "hello"
    await listener.close(2)


def test_a_port_in_use_is_named_with_its_option() -> None:
    with listen("127.0.0.1:0", "--listen") as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SettingError, match=r"--admin-listen .*in use") as caught:
            listen(address, "--admin-listen")
        assert address in str(caught.value)


@pytest.mark.parametrize(
    "address", ["", "8080", ":8080", "a:b", "127.0.0.1:", "127.0.0.1:70000", "h:²"]
)
def test_what_is_no_address_is_said_to_be_none(address: str) -> None:
    with pytest.raises(SettingError, match="HOST:PORT"):
        listen(address, "--listen")


def test_a_host_that_is_not_ours_is_said_to_be_out_of_reach() -> None:
    with pytest.raises(
        SettingError, match=r"--listen 203\.0\.113\.9:80: cannot listen"
    ):
        listen("203.0.113.9:80", "--listen")


async def test_a_request_under_way_is_answered_before_the_end(
    protocol: Protocol,
) -> None:
    gate, asked = asyncio.Event(), asyncio.Event()
    listener = serve(_app(gate, asked), listen("127.0.0.1:0", "--listen"), protocol)
    async with httpx.AsyncClient() as http:
        asking = asyncio.create_task(http.get(listener.url))
        await asked.wait()
        closing = asyncio.create_task(listener.close(5))
        await asyncio.sleep(0)
        gate.set()
        assert (await asking).text == "hello"
        await closing


async def test_a_request_that_never_ends_does_not_hold_up_the_end(
    protocol: Protocol,
) -> None:
    asked = asyncio.Event()
    listener = serve(
        _app(asyncio.Event(), asked), listen("127.0.0.1:0", "--listen"), protocol
    )
    async with httpx.AsyncClient() as http:
        asking = asyncio.create_task(http.get(listener.url))
        await asked.wait()
        began = time.monotonic()
        await listener.close(1)
        assert time.monotonic() - began < 30
        answer = await asyncio.gather(asking, return_exceptions=True)
        assert answer


async def _talk(url: str, *pieces: bytes) -> bytes:
    """What a client hears that says *pieces* and then waits for the end."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(60):
            return await reader.read()
    except ConnectionResetError:
        return b"reset"
    finally:
        writer.close()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT",
    ],
)
async def test_a_client_that_says_nothing_more_is_put_out(
    protocol: Protocol, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "HEADER_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(listening, "KEEP_ALIVE_SECONDS", 1)
    listener = serve(_app(), listen("127.0.0.1:0", "--listen"), protocol)
    heard = await _talk(listener.url, said)
    await listener.close(1)
    assert heard == b"" or b"hello" in heard or heard == b"reset"


async def test_a_body_that_does_not_come_is_given_up_and_counted(
    protocol: Protocol,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(request_body, "BODY_TIMEOUT_SECONDS", 0.1)
    desk = Desk()
    listener = serve(desk.app(), listen("127.0.0.1:0", "--listen"), protocol)
    head = f"POST {CONFERENCE} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\nConnection: close\r\n\r\na="
    assert b" 408 " in (await _talk(listener.url, head.encode()))
    assert desk.results == ["slow"]
    await listener.close(1)


@pytest.mark.parametrize("size", [17_000, 40_000, 60_000])
@pytest.mark.parametrize("where", ["header", "query"])
async def test_a_head_that_is_too_long_is_refused_also_if_it_comes_at_once(
    protocol: Protocol, size: int, where: str
) -> None:
    listener = serve(_app(), listen("127.0.0.1:0", "--listen"), protocol)
    long = b"a" * size
    said = b"GET / HTTP/1.1\r\nHost: x\r\nA: " + long
    if where == "query":
        said = b"GET /?" + long + b" HTTP/1.1\r\nHost: x"
    heard = await _talk(listener.url, said + b"\r\n\r\n")
    await listener.close(1)
    assert b" 431 " in heard or b" 400 " in heard
    assert b"hello" not in heard


async def test_a_head_that_is_just_short_enough_is_taken(protocol: Protocol) -> None:
    listener = serve(_app(), listen("127.0.0.1:0", "--listen"), protocol)
    async with httpx.AsyncClient() as http:
        answer = await http.get(listener.url, headers={"A": "a" * 15_000})
    await listener.close(1)
    assert answer.text == "hello"


async def test_a_request_with_two_lengths_is_refused_and_the_connection_closed(
    protocol: Protocol,
) -> None:
    listener = serve(_app(), listen("127.0.0.1:0", "--listen"), protocol)
    said = (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    heard = await _talk(listener.url, said)
    await listener.close(1)
    assert b" 400 " in heard
    assert b"hello" not in heard


@pytest.mark.parametrize(
    ("of_address", "most"), [(4, 256), (256, 8)], ids=["of an address", "of all"]
)
async def test_idle_connections_shut_nobody_out(
    protocol: Protocol, monkeypatch: pytest.MonkeyPatch, of_address: int, most: int
) -> None:
    monkeypatch.setattr(listening, "MAX_IDLE_PER_ADDRESS", of_address)
    monkeypatch.setattr(listening, "MOST_CLIENTS", most)
    listener = serve(_app(), listen("127.0.0.1:0", "--listen"), protocol)
    host, port = listener.url.removeprefix("http://").split(":")
    idle = [await asyncio.open_connection(host, int(port)) for _ in range(20)]
    async with httpx.AsyncClient() as http:
        for _ in range(3):
            assert (await http.get(listener.url)).status_code == 200
    assert await asyncio.wait_for(idle[0][0].read(), 60) == b""
    assert not idle[-1][0].at_eof()
    for _, writer in idle:
        writer.close()
    await listener.close(1)


async def test_a_request_under_way_does_not_give_way_to_idle_connections(
    protocol: Protocol,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening, "MAX_IDLE_PER_ADDRESS", 2)
    gate, asked = asyncio.Event(), asyncio.Event()
    listener = serve(_app(gate, asked), listen("127.0.0.1:0", "--listen"), protocol)
    host, port = listener.url.removeprefix("http://").split(":")
    async with httpx.AsyncClient() as http:
        asking = asyncio.create_task(http.get(listener.url))
        await asked.wait()
        idle = [await asyncio.open_connection(host, int(port)) for _ in range(6)]
        gate.set()
        assert (await asking).text == "hello"
    for _, writer in idle:
        writer.close()
    await listener.close(1)


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01 hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20_000,
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_answered_with_400(
    protocol: Protocol, said: bytes
) -> None:
    listener = serve(_app(), listen("127.0.0.1:0", "--listen"), protocol)
    assert b" 400 " in await _talk(listener.url, said)
    await listener.close(1)


async def test_there_are_only_so_many_clients_at_once(
    protocol: Protocol,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening, "MOST_CLIENTS", 4)
    gate = asyncio.Event()
    listener = serve(_app(gate), listen("127.0.0.1:0", "--listen"), protocol)
    host, port = listener.url.removeprefix("http://").split(":")
    busy = [await _asking(host, int(port)) for _ in range(6)]
    async with httpx.AsyncClient() as http:
        assert (await http.get(listener.url)).status_code == 503
    gate.set()
    for each in busy:
        each.close()
    await listener.close(1)


async def _asking(host: str, port: int) -> asyncio.StreamWriter:
    """A connection with a request under way, of which the head has come."""
    _, writer = await asyncio.open_connection(host, port)
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(0.01)
    return writer


async def test_what_follows_a_body_is_bounded_and_no_header() -> None:
    listener = serve(_echo(), listen("127.0.0.1:0", "--listen"), Brief)
    said = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    whole = said + b"X-Later: b\r\n\r\n"
    assert (await _talk(listener.url, _closing(whole))).endswith(b"a host")
    endless = await _talk(listener.url, said + b"X-Later: ", *[b"b" * 9_000] * 90)
    await listener.close(1)
    assert b" 400 " in endless or endless == b"reset"


async def test_a_long_body_is_taken_in_pieces_of_any_size() -> None:
    listener = serve(_echo(), listen("127.0.0.1:0", "--listen"), Brief)
    async with httpx.AsyncClient() as http:
        answer = await http.post(listener.url, content=b"a" * 60_000)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n"
    heard = await _talk(listener.url, _closing(head), *[b"a" * 10_000] * 4)
    await listener.close(1)
    assert answer.text.startswith("a" * 60_000)
    assert b"a" * 40_000 in heard


async def test_a_request_that_asks_for_another_protocol_is_answered_as_it_is() -> None:
    listener = serve(_echo(), listen("127.0.0.1:0", "--listen"), Brief)
    said = (
        b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Content-Length: 1\r\n\r\na"
    )
    heard = await _talk(listener.url, said)
    await listener.close(1)
    assert b" 200 " in heard
    assert b"connection: close" in heard


def _closing(said: bytes) -> bytes:
    """The same, after which the connection is closed."""
    return said.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)


def _echo() -> Starlette:
    """Answers the body, and the names of the headers but those of length."""

    async def echo(request: Request) -> PlainTextResponse:
        body = await request.body()
        names = {"content-length", "transfer-encoding", "connection", "upgrade"}
        rest = sorted(x for x in request.headers if x not in names)
        return PlainTextResponse(f"{body.decode()} {' '.join(rest)}")

    return Starlette(routes=[Route("/", echo, methods=["POST"])])
