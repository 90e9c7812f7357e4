"""Rejects requests whose Host is not a name of the listener (DNS rebinding).

A page that somebody of this network has open can let a name of its own point at
this machine (DNS rebinding) and read what answers: the browser then sends that
name as Host. Addresses, names without a dot, this machine's name and names from
the settings are answered; so are clients that send no Host, which no browser does.
"""

import ipaddress
import socket
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_MISDIRECTED: Final = 421


class AllowedHosts:
    """Passes on requests whose Host is an address or a name of ours."""

    def __init__(
        self,
        inner: ASGIApp,
        names: Collection[str],
        variable: str = "RECONCILER_ADMIN_HOSTS",
    ) -> None:
        self._inner = inner
        self._variable = variable
        own = socket.gethostname()
        self._names = frozenset(each.lower().rstrip(".") for each in (own, *names))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        host = Headers(scope=scope).get("host")
        if host is None or self._knows(_name(host)):
            await self._inner(scope, receive, send)
            return
        answer = PlainTextResponse(
            "Host is not a name of this listener: use its address, or add the name to "
            f"{self._variable}\n",
            _MISDIRECTED,
        )
        await answer(scope, receive, send)

    def _knows(self, name: str) -> bool:
        if not name:
            return False
        return name in self._names or "." not in name or _is_address(name)


def _name(host: str) -> str:
    """The name in a Host header, without port; "" if it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
