"""A resumed TLS session saves a handshake's work, and changes nothing else."""

from pathlib import Path

import httpx
import pytest

from benchmarks.chain import make_chain
from reconciler.twilio.http import tls_sessions
from reconciler.twilio.http.tls_sessions import resuming
from tests.twilio.http.test_transport_tls import presenting, trusting
from tests.twilio.raw_server import WHOLE, RawServer, listening, sending, transport


def resumed(server: RawServer) -> list[bool]:
    """Of each connection, whether it resumed a session."""
    objects = (x.transport.get_extra_info("ssl_object") for x in server.peers)
    return [each.session_reused for each in objects]


async def test_connections_after_the_first_resume_its_session() -> None:
    async with (
        listening(sending(WHOLE), secure=presenting()) as server,
        transport(secure=trusting()) as direct,
    ):
        answers = [await direct.ask(server.request("POST")) for _ in range(3)]
        assert answers[0] == answers[1] == answers[2]
        assert resumed(server) == [False, True, True]
        assert len({each.received for each in server.peers}) == 1


async def test_reads_and_writes_of_one_context_share_a_session() -> None:
    secure = trusting()
    async with (
        listening(sending(WHOLE), secure=presenting()) as server,
        transport(secure=secure) as reading,
        transport(secure=secure) as writing,
    ):
        await reading.ask(server.request())
        await writing.ask(server.request("POST"))
        assert resumed(server) == [False, True]


async def test_certificates_are_checked_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tls_sessions, "RESUMED_SECONDS", 0.0)
    async with (
        listening(sending(WHOLE), secure=presenting()) as server,
        transport(secure=trusting()) as direct,
    ):
        for _ in range(2):
            await direct.ask(server.request("POST"))
        assert resumed(server) == [False, False]


async def test_a_resumed_session_does_not_count_as_checked_anew() -> None:
    secure = trusting()
    async with (
        listening(sending(WHOLE), secure=presenting()) as server,
        transport(secure=secure) as direct,
    ):
        await direct.ask(server.request("POST"))
        first = resuming(secure).of("127.0.0.1")
        resuming(secure).missing = True
        await direct.ask(server.request("POST"))
        assert resumed(server) == [False, True]
        assert resuming(secure).of("127.0.0.1") is first


async def test_a_server_that_cannot_resume_must_show_a_chain_that_is_trusted(
    tmp_path: Path,
) -> None:
    secure = trusting()
    async with transport(secure=secure) as direct:
        async with listening(sending(WHOLE), secure=presenting()) as server:
            await direct.ask(server.request("POST"))
        assert resuming(secure).of("127.0.0.1") is not None
        stranger = make_chain(tmp_path).served()
        async with listening(sending(WHOLE), secure=stranger) as server:
            with pytest.raises(httpx.ConnectError):
                await direct.ask(server.request("POST"))
            assert server.requests == 0
        assert resuming(secure).of("127.0.0.1") is None
        async with listening(sending(WHOLE), secure=presenting()) as server:
            assert (await direct.ask(server.request("POST")))[2] == b"hi"
            assert resumed(server) == [False]


async def test_without_a_ticket_each_handshake_is_whole() -> None:
    context = presenting()
    context.num_tickets = 0
    async with (
        listening(sending(WHOLE), secure=context) as server,
        transport(secure=trusting()) as direct,
    ):
        for _ in range(2):
            await direct.ask(server.request("POST"))
        assert resumed(server) == [False, False]


async def test_an_old_connection_that_is_read_from_was_not_checked_just_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, secure = 0.0, trusting()
    monkeypatch.setattr(tls_sessions, "_now", lambda: now)
    async with (
        listening(sending(WHOLE), secure=presenting()) as server,
        transport(secure=secure) as direct,
    ):
        await direct.ask(server.request())
        for _ in range(3):
            now += tls_sessions.RESUMED_SECONDS + 1.0
            assert resuming(secure).of("127.0.0.1") is None
            await direct.ask(server.request())
            await direct.ask(server.request("POST"))
        assert resumed(server) == [False] * 4


async def test_a_session_that_a_server_no_longer_resumes_is_replaced() -> None:
    secure = trusting()
    async with (
        listening(sending(WHOLE), secure=presenting()) as other,
        transport(secure=secure) as direct,
    ):
        await direct.ask(other.request("POST"))
    async with (
        listening(sending(WHOLE), secure=presenting()) as server,
        transport(secure=secure) as direct,
    ):
        for _ in range(3):
            await direct.ask(server.request("POST"))
        assert resumed(server) == [False, True, True]
