"""Who may use the control API: nobody who comes by a foreign name or page."""

import httpx
import pytest

from reconciler.simulator.http.app import app
from reconciler.simulator.http.local_only import is_loopback
from reconciler.simulator.local_server import running
from tests.simulator.desk import open_desk

_PATHS = ["state", "webhooks", "switches"]


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example.com"},
        {"Host": "rebound.example.com:8700"},
        {"Host": "127.0.0.1.example.com"},
        {"Host": "192.0.2.1"},
        {"Host": ""},
        {"Host": "[::1"},
        {"Origin": "https://example.com"},
        {"Origin": "http://localhost.example.com"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
async def test_a_foreign_host_or_origin_is_refused(
    path: str, headers: dict[str, str]
) -> None:
    desk = open_desk()
    async with running(desk.exchange) as url, httpx.AsyncClient(base_url=url) as http:
        looked = await http.get(f"/simulator/{path}", headers=headers)
        given = {"kind": "drop"} if path == "webhooks" else {"list_lag": 9}
        flipped = await http.post(f"/simulator/{path}", json=given, headers=headers)
    # uvicorn itself refuses what is no Host at all.
    assert looked.status_code in {400, 403}
    assert flipped.status_code in {400, 403}
    assert desk.exchange.switches.list_lag == 0


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
async def test_loopback_by_any_name_is_served(path: str, name: str) -> None:
    desk = open_desk()
    async with running(desk.exchange) as url, httpx.AsyncClient(base_url=url) as http:
        port = url.rpartition(":")[2]
        headers = {"Host": f"{name}:{port}", "Origin": f"http://{name}:{port}"}
        looked = await http.get(f"/simulator/{path}", headers=headers)
    assert looked.status_code == 200


@pytest.mark.parametrize(
    ("host", "status"), [("192.0.2.7:8700", 200), ("192.0.2.8:8700", 403)]
)
async def test_the_address_it_is_reached_at_is_its_own(host: str, status: int) -> None:
    transport = httpx.ASGITransport(app(open_desk().exchange))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://192.0.2.7:8700"
    ) as http:
        answer = await http.get("/simulator/state", headers={"Host": host})
    assert answer.status_code == status


async def test_twilios_api_is_open_to_any_host_and_guarded_by_credentials() -> None:
    desk = open_desk()
    account = desk.exchange.account
    path = f"/2010-04-01/Accounts/{account.sid}/Conferences.json"
    async with running(desk.exchange) as url, httpx.AsyncClient(base_url=url) as http:
        headers = {"Host": "api.twilio.com"}
        without = await http.get(path, headers=headers)
        http.auth = httpx.BasicAuth(account.sid, account.token)
        allowed = await http.get(path, headers=headers)
    assert (without.status_code, allowed.status_code) == (401, 200)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost.", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.7", False),
        ("localhost.example.com", False),
    ],
)
def test_loopback_is_known_by_name_and_address(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
