"""Transports for reads and writes, and read-only ones."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpx

from reconciler.model.errors import ReadOnlyViolation, SettingError
from reconciler.model.port import LAST_PORT
from reconciler.twilio.api.request_builder import RequestBuilder, Source
from reconciler.twilio.http.decompression import whole
from reconciler.twilio.http.response_parser import Reply
from reconciler.twilio.http.transport import KEEPALIVE_SECONDS, DirectTransport

Ask = Callable[[httpx.Request], Awaitable[Reply]]
Get = Callable[[Source, Mapping[str, Any]], Awaitable[Reply]]

_PACKING = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
_PROXY_SCHEMES = frozenset({"http", "https"})
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class ReadOnly(httpx.AsyncBaseTransport):
    """Lets GET through to *inner* and refuses all else before anything is sent."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._ask = raw_sender(inner)

    @property
    def direct(self) -> httpx.AsyncBaseTransport:
        """What is below: for those who send nothing but GET."""
        return self._inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a GET; ReadOnlyViolation for any other method."""
        _check(request)
        return await self._inner.handle_async_request(request)

    async def ask(self, request: httpx.Request) -> Reply:
        """Ask a GET; ReadOnlyViolation for any other method."""
        _check(request)
        return await self._ask(request)

    async def aclose(self) -> None:
        """Close what is below."""
        await self._inner.aclose()


def _check(request: httpx.Request) -> None:
    if request.method != "GET":
        raise ReadOnlyViolation(f"{request.method} was called on a read-only client")


def raw_sender(transport: httpx.AsyncBaseTransport) -> Ask:
    """Send by *transport* without an httpx.Response: status, raw headers, body.

    The body is as it was sent, or unpacked with no header that says otherwise.
    """
    if isinstance(transport, DirectTransport | ReadOnly):
        return transport.ask

    async def ask(request: httpx.Request) -> Reply:
        total = request.extensions.get("timeout", {}).get("total")
        async with asyncio.timeout(total):
            response = await transport.handle_async_request(request)
            try:
                body = await whole(response)
            finally:
                await response.aclose()
        headers = [
            each for each in response.headers.raw if each[0].lower() not in _PACKING
        ]
        return response.status_code, headers, body

    return ask


def get_sender(transport: httpx.AsyncBaseTransport, requests: RequestBuilder) -> Get:
    """What sends a GET to a source, with extensions as httpx's transports take them.

    Its bytes go straight to a transport of ours; others are given a request.
    """
    direct = transport.direct if isinstance(transport, ReadOnly) else transport
    if isinstance(direct, DirectTransport):
        exchange = direct.exchange
        return lambda source, extensions: exchange(
            requests.rendered(source), extensions
        )
    asking = raw_sender(transport)

    def ask(source: Source, extensions: Mapping[str, Any]) -> Awaitable[Reply]:
        request = requests.bodiless("GET", requests.url(source))
        request.extensions = dict(extensions)
        return asking(request)

    return ask


def make_transports(
    base_url: str, connections: int
) -> tuple[httpx.AsyncBaseTransport, httpx.AsyncBaseTransport]:
    """Transports for reads and for writes, with the proxy the environment names.

    Reads share at most *connections* and keep them alive. Each write gets a
    connection of its own: one that was kept alive may be closed by the server
    while the write is under way, which would make its outcome unknown.
    SettingError if the environment's proxy is no URL.
    """
    secure, proxy = _trust(base_url), _proxy(httpx.URL(base_url))
    if proxy is not None:
        return _proxied(proxy, secure, connections)
    return DirectTransport(secure, connections), DirectTransport(secure, None)


def _proxied(
    proxy: str, secure: ssl.SSLContext, connections: int
) -> tuple[httpx.AsyncBaseTransport, httpx.AsyncBaseTransport]:
    """The transports of httpx, which know how to speak to proxies."""
    reading = httpx.Limits(
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=KEEPALIVE_SECONDS,
    )
    writing = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return (
        httpx.AsyncHTTPTransport(verify=secure, limits=reading, proxy=proxy),
        httpx.AsyncHTTPTransport(verify=secure, limits=writing, proxy=proxy),
    )


def _trust(base_url: str) -> ssl.SSLContext:
    """The usual authorities for https; none, which is quick, where TLS is not used."""
    if base_url.startswith("https:"):
        return httpx.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _proxy(url: httpx.URL) -> str | None:
    """The environment's proxy for *url*; this machine itself is never proxied."""
    if url.host in _HERE or proxy_bypass(url.host):
        return None
    named = getproxies()
    scheme = url.scheme if named.get(url.scheme) else "all"
    proxy = named.get(scheme)
    return proxy and _checked_proxy(f"{scheme.upper()}_PROXY", proxy)


def _checked_proxy(variable: str, text: str) -> str:
    """*text* as a proxy's URL; SettingError, which never repeats it, if it is none."""
    url = _url(text if "://" in text else f"http://{text}")
    valid = url is not None and bool(url.host) and url.scheme in _PROXY_SCHEMES
    if url is None or not valid or not 0 < (url.port or 1) <= LAST_PORT:
        raise SettingError(
            f"{variable} is not a proxy URL: write http://HOST:PORT (or https://), "
            "or unset it"
        )
    return str(url)


def _url(text: str) -> httpx.URL | None:
    try:
        return httpx.URL(text)
    except httpx.InvalidURL:
        return None
