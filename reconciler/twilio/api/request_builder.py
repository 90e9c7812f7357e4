"""Requests of one account to Twilio's API, with all their headers."""

import re
from functools import lru_cache
from urllib.parse import quote, urlencode

import httpx

from reconciler.twilio.api.account import Account
from reconciler.twilio.api.form import Form
from reconciler.twilio.http.request_bytes import Rendered, rendered

_PLAIN = re.compile(r"/(?:[A-Za-z0-9_~/?=&+:@,.-]++|%[0-9A-F]{2})*+")
"""Addresses below a host that httpx sends as they are written.

Possessive, so that a long one is matched in one go, and never in another way.
"""

Source = bytes | str
"""Where a GET goes: the target below the account's host in bytes, or any address."""


class RequestBuilder:
    """Headers are built once: those of requests without a body are all the same."""

    def __init__(self, account: Account, user_agent: str) -> None:
        self._headers = {
            "Authorization": account.authorization,
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": user_agent,
        }
        host = httpx.URL(account.base_url).netloc.decode("ascii")
        self._bodiless = httpx.Headers({"Host": host, **self._headers})
        self._here = f"{httpx.URL(account.base_url).scheme}://{host}"
        root = rendered(self.bodiless("GET", f"{self._here}/"))
        self.origin = root.origin
        self._after_target = root.payload.removeprefix(b"GET /")

    def post(self, url: str, form: Form) -> httpx.Request:
        """A POST of *form*, over a connection of its own."""
        headers = {
            **self._headers,
            "Content-Type": "application/x-www-form-urlencoded",
            "Connection": "close",
        }
        content = urlencode(form).encode()
        return httpx.Request("POST", _parsed(url), headers=headers, content=content)

    def bodiless(self, method: str, url: str) -> httpx.Request:
        """A request with all its headers: httpx neither adds nor encodes any."""
        request = httpx.Request(
            method, _parsed(url), headers=self._bodiless, stream=httpx.ByteStream(b"")
        )
        request.read()
        return request

    def source(self, url: str) -> Source:
        """In bytes where httpx would leave *url* as it is, else *url* itself."""
        target = url.removeprefix(self._here)
        if target == url or not _PLAIN.fullmatch(target) or "/." in target:
            return url
        return target.encode("ascii")

    def url(self, source: Source) -> str:
        """The address of *source*."""
        if isinstance(source, str):
            return source
        return f"{self._here}{source.decode('ascii')}"

    def rendered(self, source: Source) -> Rendered:
        """A GET of *source* in bytes: what ``bodiless`` comes to."""
        if isinstance(source, str):
            return rendered(self.bodiless("GET", source))
        return Rendered(
            payload=b"GET %b%b" % (source, self._after_target),
            origin=self.origin,
            repeatable=True,
            lasting=True,
            bodiless=False,
        )


@lru_cache(1024)
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)


@lru_cache(1024)
def address(url: str, query: Form) -> str:
    return f"{url}?{urlencode(query, quote_via=quote)}" if query else url
