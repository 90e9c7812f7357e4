"""Rejects requests with oversized or ambiguous headers.

answer  when
400     Content-Length and Transfer-Encoding, of which a proxy in front may
        believe the other one
431     the head is longer than MAX_HEAD_BYTES
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

MAX_HEAD_BYTES: Final = 16_384
"""Bytes of path, query, and headers' names and values."""


class BoundedHeads:
    """Passes on requests with a head that is short enough and says one length."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; a refused one closes the connection."""
        status = _refusal(scope)
        if status is None:
            await self._inner(scope, receive, send)
            return
        answer = Response(status_code=status, headers={"Connection": "close"})
        await answer(scope, receive, send)


def _refusal(scope: Scope) -> int | None:
    headers = Headers(scope=scope)
    if "content-length" in headers and "transfer-encoding" in headers:
        return 400
    size = len(scope["raw_path"]) + len(scope["query_string"])
    size += sum(len(name) + len(value) for name, value in headers.raw)
    return 431 if size > MAX_HEAD_BYTES else None
