"""TLS: who is trusted, and that a failed handshake means that nothing was sent."""

import socket
import ssl
from pathlib import Path

import httpx
import pytest

from reconciler.twilio.api.send import SendTracker
from tests.twilio.raw_server import (
    WHOLE,
    Ending,
    Peer,
    RawServer,
    listening,
    sending,
    transport,
)

# For localhost and 127.0.0.1, of no worth anywhere else, and good for a century.
CERTIFICATE = Path(__file__).with_name("localhost.pem")


def presenting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))


async def test_reads_share_a_connection_and_a_write_has_its_own() -> None:
    async with (
        listening(sending(WHOLE), secure=presenting()) as server,
        transport(secure=trusting()) as direct,
    ):
        for method in ("GET", "GET", "POST", "GET"):
            assert (await direct.ask(server.request(method)))[2] == b"hi"
        assert [peer.requests for peer in server.peers] == [3, 1]
        await server.peers[1].gone.wait()


async def test_the_server_is_told_the_name_and_the_protocol() -> None:
    told: list[str | None] = []
    context = presenting()
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.sni_callback = lambda _, name, __: told.append(name)
    async with (
        listening(sending(WHOLE), secure=context) as server,
        transport(secure=trusting()) as direct,
    ):
        request = server.request()
        request.url = request.url.copy_with(host="localhost")
        await direct.ask(request)
        assert told == ["localhost"]
        tls = server.peers[0].transport.get_extra_info("ssl_object")
        assert tls.selected_alpn_protocol() == "http/1.1"


async def refused(server: RawServer, secure: ssl.SSLContext, host: str) -> Exception:
    tracker = SendTracker()
    request = server.request("POST", tracker=tracker)
    request.url = request.url.copy_with(scheme="https", host=host)
    async with transport(secure=secure) as direct:
        with pytest.raises(httpx.TransportError) as caught:
            await direct.ask(request)
    assert tracker.never_left(caught.value)
    assert server.requests == 0
    return caught.value


async def test_an_authority_nobody_trusts_means_that_nothing_was_sent() -> None:
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with listening(sending(WHOLE), secure=presenting()) as server:
        error = await refused(server, stranger, "localhost")
        assert isinstance(error, httpx.ConnectError)


async def test_another_name_in_the_certificate_means_that_nothing_was_sent() -> None:
    async with listening(sending(WHOLE), secure=presenting()) as server:
        error = await refused(server, trusting(), "127.0.0.2")
        assert isinstance(error, httpx.ConnectError)


@pytest.mark.parametrize("ending", Ending)
async def test_a_handshake_that_breaks_off_means_that_nothing_was_sent(
    ending: Ending,
) -> None:
    def drop(peer: Peer) -> None:
        peer.leave(ending)

    async with listening(sending(WHOLE), drop) as server:
        timeout = ending.patience | {"connect": ending.patience["read"]}
        request = server.request("POST", timeout=timeout)
        request.url = request.url.copy_with(scheme="https")
        async with transport(secure=trusting()) as direct:
            with pytest.raises(httpx.TransportError) as caught:
                await direct.ask(request)
        stalled = ending is Ending.STALL
        kind = httpx.ConnectTimeout if stalled else httpx.ConnectError
        assert type(caught.value) is kind


async def test_a_server_that_does_not_speak_tls_was_sent_nothing() -> None:
    def greet(peer: Peer) -> None:
        peer.send(b"220 mail.example.com\r\n")

    async with listening(sending(WHOLE), greet) as server:
        error = await refused(server, trusting(), "127.0.0.1")
        assert isinstance(error, httpx.ConnectError)


@pytest.mark.parametrize("cut", [b"", WHOLE[:9], WHOLE[:-1]])
@pytest.mark.parametrize("ending", Ending)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_answer_cut_off_under_tls_may_have_been_sent_and_is_not_repeated(
    method: str, ending: Ending, cut: bytes
) -> None:
    tracker = SendTracker()
    async with (
        listening(sending(cut, ending), secure=presenting()) as server,
        transport(secure=trusting()) as direct,
    ):
        request = server.request(method, tracker=tracker, timeout=ending.patience)
        with pytest.raises(
            (httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError)
        ) as caught:
            await direct.ask(request)
        assert isinstance(caught.value, httpx.ReadTimeout) is (ending is Ending.STALL)
        assert not tracker.never_left(caught.value)
        assert server.requests == 1


@pytest.mark.parametrize("cut", [False, True])
async def test_a_body_without_length_is_whole_only_if_tls_was_ended(
    *, cut: bool
) -> None:
    def act(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nbody")
        if cut:
            peer.transport.get_extra_info("socket").shutdown(socket.SHUT_WR)
        else:
            peer.transport.close()

    async with (
        listening(act, secure=presenting()) as server,
        transport(secure=trusting()) as direct,
    ):
        asking = direct.ask(server.request())
        if cut:
            with pytest.raises(httpx.RemoteProtocolError):
                await asking
        else:
            assert (await asking)[2] == b"body"
