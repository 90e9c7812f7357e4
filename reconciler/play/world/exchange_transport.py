"""Requests to the simulated Twilio in process, without a server or a framework."""

from collections.abc import Awaitable
from functools import lru_cache
from typing import Any

import httpx
from msgspec import Struct

from reconciler.simulator.http.asgi import ApiEndpoint

Raw = tuple[tuple[bytes, bytes], ...]


class Answer(Struct, frozen=True):
    """What comes back of a request."""

    status: int
    headers: Raw
    body: bytes

    def response(self) -> httpx.Response:
        """The same as the product gets it."""
        return httpx.Response(
            self.status, headers=self.headers, stream=httpx.ByteStream(self.body)
        )


async def answered(
    endpoint: ApiEndpoint, request: httpx.Request, gone: Awaitable[object]
) -> Answer:
    """What *endpoint* answers; a request that hangs ends once *gone* is done.

    httpx.ReadError where the connection is reset.
    """
    told: list[Any] = []
    body = [{"type": "http.request", "body": request.content}]

    async def receive() -> dict[str, Any]:
        if body:
            return body.pop()
        await gone
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message)

    url = request.url
    scope = {
        "type": "http",
        "method": request.method,
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path,
        "query_string": url.query,
        "headers": _lowered(tuple(request.headers.raw)),
    }
    await endpoint(scope, receive, send)
    return Answer(told[0]["status"], tuple(told[0]["headers"]), told[1]["body"])


@lru_cache(64)
def _lowered(headers: Raw) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in headers]
