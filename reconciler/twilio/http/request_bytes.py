"""Serializes requests."""

import re

import httpx
from msgspec import Struct

Origin = tuple[str, str, int]

_PORTS = {"http": 80, "https": 443}
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TARGET = re.compile(rb"[\x21-\x7e]+")
_VALUE = re.compile(rb"[^\x00\r\n]*")


class Rendered(Struct, frozen=True):
    """The bytes of a request and where they go.

    ``repeatable`` may go over a used connection, and once more over a fresh
    one; ``lasting`` leaves a connection that can be used again; ``bodiless``
    is answered without a body whatever the headers say.
    """

    payload: bytes
    origin: Origin
    repeatable: bool
    lasting: bool
    bodiless: bool


def rendered(request: httpx.Request) -> Rendered:
    """*request*, whose body was read, in bytes.

    UnsupportedProtocol, with which nothing is sent, for what cannot be sent
    as it stands: another scheme, a line break in a header, a wrong length.
    """
    origin = _origin(request.url)
    method, body, headers = request.method, request.content, request.headers
    _check_length(headers, body)
    first = _line(method.encode(), request.url.raw_path)
    lines = [first, *(_header(*each) for each in headers.raw), b"\r\n", body]
    repeatable = method == "GET" and not body
    return Rendered(
        payload=b"".join(lines),
        origin=origin,
        repeatable=repeatable,
        lasting=repeatable and "close" not in headers.get("Connection", "").lower(),
        bodiless=method == "HEAD",
    )


def _origin(url: httpx.URL) -> Origin:
    if url.scheme not in _PORTS or not url.raw_host:
        raise httpx.UnsupportedProtocol(f"cannot send to {url.scheme}://{url.host}")
    host = url.raw_host.decode("ascii")
    return url.scheme, host, url.port or _PORTS[url.scheme]


def _line(method: bytes, target: bytes) -> bytes:
    if not _TOKEN.fullmatch(method) or not _TARGET.fullmatch(target):
        raise httpx.UnsupportedProtocol("a method or address not valid in HTTP")
    return b"%b %b HTTP/1.1\r\n" % (method, target)


def _header(name: bytes, value: bytes) -> bytes:
    if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
        raise httpx.UnsupportedProtocol("a header not valid in HTTP")
    return b"%b: %b\r\n" % (name, value)


def _check_length(headers: httpx.Headers, body: bytes) -> None:
    if "Transfer-Encoding" in headers:
        raise httpx.UnsupportedProtocol("a body of unknown length is not sent")
    if headers.get("Content-Length", "0") != str(len(body)):
        raise httpx.UnsupportedProtocol("the Content-Length is not that of the body")
