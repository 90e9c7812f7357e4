"""Requests to the simulated Twilio in process, without a server or a framework."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx

from reconciler.simulator.http.asgi import ApiEndpoint

Raw = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
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


class ExchangeTransport(httpx.AsyncBaseTransport):
    """An httpx transport to *endpoint*; who gives up waiting cancels the request."""

    def __init__(self, endpoint: ApiEndpoint) -> None:
        self._endpoint = endpoint

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        never: asyncio.Future[None] = asyncio.Future()
        return (await answered(self._endpoint, request, never)).response()


@lru_cache(64)
def _lowered(headers: Raw) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in headers]
