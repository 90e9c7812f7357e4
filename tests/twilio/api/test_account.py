"""Hosts, base URLs, credentials and links."""

import base64

import pytest

from reconciler.model.errors import SettingError, TransientError
from reconciler.twilio.api.account import (
    Account,
    Credentials,
    base_url,
    checked_url,
    host,
)
from tests.twilio.samples import page
from tests.twilio.wire_server import ACCOUNT, TOKEN, reply, serving


@pytest.mark.parametrize(
    ("region", "edge", "expected"),
    [
        (None, None, "api.twilio.com"),
        ("", " ", "api.twilio.com"),
        ("us1", None, "api.twilio.com"),
        ("ie1", None, "api.dublin.ie1.twilio.com"),
        ("au1", None, "api.sydney.au1.twilio.com"),
        ("jp1", None, "api.tokyo.jp1.twilio.com"),
        ("de1", None, "api.frankfurt.de1.twilio.com"),
        ("sg1", None, "api.singapore.sg1.twilio.com"),
        ("br1", None, "api.sao-paulo.br1.twilio.com"),
        ("us2", None, "api.umatilla.us2.twilio.com"),
        (None, "dublin", "api.dublin.us1.twilio.com"),
        ("us1", "ashburn", "api.ashburn.us1.twilio.com"),
        ("IE1", "Ashburn", "api.ashburn.ie1.twilio.com"),
        ("xy9", "dublin", "api.dublin.xy9.twilio.com"),
    ],
)
def test_a_region_and_an_edge_make_a_host(
    region: str | None, edge: str | None, expected: str
) -> None:
    assert host(region, edge) == expected
    assert base_url(region, edge) == f"https://{expected}"


@pytest.mark.parametrize(
    ("region", "edge"),
    [("xy9", None), ("ie1.evil.example/", None), (None, "a.b"), (None, "x@y")],
)
def test_a_region_or_an_edge_that_makes_no_host_is_a_setting_error(
    region: str | None, edge: str | None
) -> None:
    with pytest.raises(SettingError):
        host(region, edge)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        (" https://proxy.example/twilio/ ", "https://proxy.example/twilio"),
        ("http://[::1]:9", "http://[::1]:9"),
    ],
)
def test_an_own_address_is_kept(text: str, expected: str) -> None:
    assert checked_url(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "http://api.twilio.com", "http://10.0.0.7:8700", "http://localhost.example",
        "http://127.0.0.1.example", "http://[2001:db8::1]:8700", "HTTP://x.example",
    ],
)  # fmt: skip
def test_plain_http_to_another_machine_is_refused_unless_it_is_allowed(
    text: str,
) -> None:
    with pytest.raises(SettingError, match="RECONCILER_PLAIN_HTTP=yes"):
        checked_url(text)
    assert checked_url(text, plain_http=True) == text.replace("HTTP", "http")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]"])
def test_plain_http_on_this_machine_is_taken(host: str) -> None:
    assert checked_url(f"http://{host}:8700") == f"http://{host}:8700"


@pytest.mark.parametrize(
    "text",
    [
        "", "api.twilio.com", "ftp://x.example", "http://", "https://u:pw@x.example",
        "https://x.example/?a=1", "https://x.example/#a", "https://x.example:99999999", "/a",
        "me:pw@x.example", "https://me:pw@x.example:port",
    ],
)  # fmt: skip
def test_an_address_of_another_kind_is_a_setting_error(text: str) -> None:
    with pytest.raises(SettingError) as caught:
        checked_url(text)
    assert "pw" not in str(caught.value)


def test_credentials_do_not_show_their_password() -> None:
    account = Account(ACCOUNT, Credentials("SKkey", "hush"), "https://x.example")
    assert "hush" not in repr(account)


@pytest.mark.parametrize(
    ("user", "password"), [(ACCOUNT, TOKEN), ("SK123", "sécret:with colon")]
)
async def test_credentials_go_in_basic_form_and_the_account_in_the_path(
    user: str, password: str
) -> None:
    async with serving(reply(200, page("conferences"))) as server:
        account = Account("ACsub", Credentials(user, password), server.url)
        async with server.client(account=account) as twilio:
            await twilio.conferences.list()
    (request,) = server.requests
    scheme, _, pair = request.headers["authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(pair).decode() == f"{user}:{password}"
    assert request.path == "/2010-04-01/Accounts/ACsub/Conferences.json"
    assert request.headers["user-agent"].startswith("reconciler")


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/2010-04-01/x",
        "//evil.example/x",
        "http://api.twilio.com/x",
        "https://api.twilio.com:8443/x",
        "https://api.twilio.com@evil.example/x",
        "https://user:pw@api.twilio.com/x",
        "https://api.twilio.com.evil.example/x",
        "http://[",
    ],
)
def test_a_link_to_another_origin_is_not_followed(link: str) -> None:
    account = Account(ACCOUNT, Credentials(ACCOUNT, TOKEN), "https://api.twilio.com")
    with pytest.raises(TransientError):
        account.follow(link)


@pytest.mark.parametrize(
    "start", ["", "https://api.twilio.com", "https://api.twilio.com:443"]
)
def test_a_link_to_the_same_origin_is_followed_as_it_is(start: str) -> None:
    account = Account(ACCOUNT, Credentials(ACCOUNT, TOKEN), "https://api.twilio.com")
    path = "/2010-04-01/x.json?FriendlyName=a%20b&PageToken=PA1"
    assert account.follow(start + path) == f"https://api.twilio.com{path}"
