"""Restricts the control API to requests for an address of the host.

It has no credentials. A web page that a person of this machine has open could
use it through the browser: by a request to another origin, which the browser
marks with ``Origin``, or by a name of its own that it lets point at this
machine (DNS rebinding), which shows in ``Host``.
"""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_FORBIDDEN: Final = 403


class LocalOnly:
    """Passes on requests whose Host, and Origin if any, are local."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        reason = _refusal(scope)
        if reason is None:
            await self._inner(scope, receive, send)
            return
        answer = JSONResponse({"error": reason}, _FORBIDDEN)
        await answer(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refusal(scope: Scope) -> str | None:
    headers = Headers(scope=scope)
    own = (scope.get("server") or ("", None))[0]
    host = _host(f"//{headers.get('host', '')}")
    if not _is_local(host, own):
        return f"Host {host!r} is not an address of the simulator"
    origin = headers.get("origin")
    if origin is not None and not _is_local(_host(origin), own):
        return f"Origin {origin!r} is not an address of the simulator"
    return None


def _is_local(host: str, own: str) -> bool:
    return bool(host) and (host == own or is_loopback(host))


def _host(url: str) -> str:
    """The host of a URL, empty where it has none or is malformed."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
