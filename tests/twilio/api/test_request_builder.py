"""A GET in bytes is what the request that httpx builds comes to."""

import httpx
import pytest

from reconciler.twilio.api.account import Account, Credentials
from reconciler.twilio.api.request_builder import RequestBuilder, address
from reconciler.twilio.http.request_bytes import rendered

SID = "AC" + "0" * 32
BASES = ["https://api.twilio.com", "http://127.0.0.1:8080", "http://[::1]:9/below"]
PATHS = [
    "/2010-04-01/Accounts.json",
    "/a%20b/C.json",
    "/",
    "/x?Page=1&T=a%2Bb",
    "/a b",
    "/ä?x=ü",
    "/a/../b",
    "/./a",
    "/a#b",
    "/%zz",
    "/%c3%a4",
    "/a[b]|{c}",
    "",
]


def builder(base: str) -> RequestBuilder:
    account = Account(SID, Credentials(SID, "token"), base)
    return RequestBuilder(account, "reconciler/test")


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("path", PATHS)
def test_the_bytes_are_those_of_the_built_request(base: str, path: str) -> None:
    requests, url = builder(base), f"{base}{path}"
    assert requests.rendered(url) == rendered(requests.bodiless("GET", url))


def test_a_query_is_kept() -> None:
    requests, url = builder(BASES[0]), address(f"{BASES[0]}/L.json", (("To", "a b"),))
    assert b"GET /L.json?To=a%20b HTTP/1.1\r\n" in requests.rendered(url).payload


def test_another_host_is_asked_itself() -> None:
    found = builder(BASES[0]).rendered("https://api.twilio.com.example/x")
    assert found.origin == ("https", "api.twilio.com.example", 443)


def test_an_address_that_would_end_the_line_is_not_sent() -> None:
    with pytest.raises(httpx.InvalidURL):
        builder(BASES[0]).rendered(f"{BASES[0]}/a\r\nHost: other")
