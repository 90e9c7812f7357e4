"""Proxies of the environment, and what they leave unsaid."""

import pytest

from reconciler.model.errors import SettingError, TransientError, UnknownOutcome
from reconciler.twilio.api.transports import make_transports
from tests.twilio.samples import BASE, CONFERENCE, page, participant
from tests.twilio.wire_server import TIGHT, Break, Reply, client, reply, serving


async def test_the_proxy_of_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(reply(200, page("participants"))) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removeprefix("http://"))
        async with client("http://twilio.test") as twilio:
            await twilio.participants.list(CONFERENCE)
    (request,) = proxy.requests
    assert request.target.startswith(f"http://twilio.test{BASE}/Conferences")


async def test_this_machine_is_never_reached_by_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(reply(200, page("participants"))) as server:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        async with server.client() as twilio:
            assert await twilio.participants.list(CONFERENCE) == ()


@pytest.mark.parametrize(
    ("answer", "stage"),
    [
        (reply(403, b"no"), None),
        (Reply(), Break.AFTER_HEADERS),
        (Reply(broken=Break.HANG), None),
    ],
)
async def test_a_proxy_that_opens_no_tunnel_means_that_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch, answer: Reply, stage: Break | None
) -> None:
    async with serving(answer, stage) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        async with client("https://twilio.test", timing=TIGHT) as twilio:
            with pytest.raises(TransientError, match="nothing was sent"):
                await twilio.participants.create("standup", ())
    assert [each.method for each in proxy.requests] == ["CONNECT"]


async def test_a_proxy_that_forwards_and_breaks_leaves_the_outcome_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = Reply(reply(201, participant()).raw[:30])
    async with serving(broken, Break.MID_HEADERS) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        async with client("http://twilio.test") as twilio:
            with pytest.raises(UnknownOutcome):
                await twilio.participants.create("standup", ())


@pytest.mark.parametrize(
    "proxy",
    [
        "http://", "ftp://proxy.example", "http://proxy.example:port",
        "http://me:hush@proxy.example:99999999", "http://[::1", "me:hush@host:x",
        "socks5://proxy.example",
    ],
)  # fmt: skip
@pytest.mark.parametrize("variable", ["https_proxy", "all_proxy"])
def test_a_proxy_that_is_no_url_is_a_setting_error_which_hides_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    for each in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(variable, proxy)
    with pytest.raises(SettingError, match=variable.upper()) as caught:
        make_transports("https://twilio.test", 1)
    assert "hush" not in str(caught.value)
