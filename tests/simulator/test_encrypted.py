"""Over https, a peer has to prove who it is; clients for http read no authority."""

import asyncio

import certifi
import httpx
import pytest

from reconciler.notifications.http_sender import HttpSender
from reconciler.notifications.sending import DeliveryFailed
from reconciler.simulator.control_client import ControlClient, SimulatorAbsent
from reconciler.simulator.webhooks.webhook_client import webhook_client
from tests.notifications.test_cloudevent import NOTIFICATION
from tests.twilio.http.test_transport_tls import CERTIFICATE, presenting
from tests.twilio.raw_server import listening, sending

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the package certifi are the one that vouches for our server."""
    monkeypatch.setattr(certifi, "where", lambda: str(CERTIFICATE))


async def _asked(url: str) -> int:
    async with webhook_client() as client:
        return (await client.post(url)).status_code


def _controlled(url: str) -> object:
    with ControlClient(url) as client:
        return client.state()


either_case = pytest.mark.parametrize("scheme", ["https", "HTTPS"])


@either_case
@pytest.mark.usefixtures("authorities")
async def test_who_proves_who_it_is_gets_webhooks_and_is_controlled(
    scheme: str,
) -> None:
    async with listening(sending(OK), secure=presenting()) as server:
        url = f"{scheme}://127.0.0.1:{server.port}"
        assert await _asked(url) == 200
        assert await asyncio.to_thread(_controlled, url) == {}


async def test_who_does_not_is_sent_nothing() -> None:
    async with listening(sending(OK), secure=presenting()) as server:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await _asked(server.url)
        with pytest.raises(SimulatorAbsent):
            await asyncio.to_thread(_controlled, f"https://127.0.0.1:{server.port}")
        assert server.requests == 0


@either_case
@pytest.mark.parametrize("trusted", [True, False])
async def test_who_proves_who_it_is_is_notified(
    trusted: bool, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment says whom to trust, as for each of the product's clients."""
    monkeypatch.delenv("SSL_CERT_FILE")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with listening(sending(OK), secure=presenting()) as server:
        sender = HttpSender.open(f"{scheme}://127.0.0.1:{server.port}", None)
        if trusted:
            await sender.send(NOTIFICATION, 0.0)
        else:
            with pytest.raises(DeliveryFailed):
                await sender.send(NOTIFICATION, 0.0)
        await sender.close()
        assert server.requests == trusted
