"""The admin port answers by its addresses and its names, and by no other name."""

import socket

import httpx
import pytest

from reconciler.server.allowed_hosts import AllowedHosts
from reconciler.telemetry.health import StallThresholds, Vitals, admin_app


async def _ask(host: str, *names: str) -> int:
    vitals = Vitals(now=1.0, started_at=0.0)
    app = admin_app(lambda: vitals, lambda: (b"x 1\n", "text/plain"), StallThresholds())
    transport = httpx.ASGITransport(AllowedHosts(app, names))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        answer = await http.get("/metrics", headers={"Host": host})
    assert (b"x 1" in answer.content) == (answer.status_code == 200)
    return answer.status_code


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:9090", "[::1]:9090", "10.0.0.7", "localhost:9090", "LOCALHOST",
        "reconciler:9090", socket.gethostname(),
    ],
)  # fmt: skip
async def test_addresses_and_names_of_this_network_are_answered(host: str) -> None:
    assert await _ask(host) == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example.:9090", "127.0.0.1.evil.example", "", "[", "a@b.c"],
)
async def test_a_name_that_somebody_made_up_is_refused(host: str) -> None:
    assert await _ask(host) == 421


async def test_a_name_of_the_settings_is_answered_in_any_case() -> None:
    assert await _ask("Metrics.corp.example:9090", "metrics.corp.example") == 200
    assert await _ask("other.corp.example", "metrics.corp.example") == 421
