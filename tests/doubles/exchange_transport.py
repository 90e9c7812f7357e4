"""An httpx transport to a simulated exchange, in process."""

import asyncio

import httpx

from reconciler.play.world.exchange_transport import answered
from reconciler.simulator.http.asgi import ApiEndpoint


class ExchangeTransport(httpx.AsyncBaseTransport):
    """An httpx transport to *endpoint*; who gives up waiting cancels the request."""

    def __init__(self, endpoint: ApiEndpoint) -> None:
        self._endpoint = endpoint

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        never: asyncio.Future[None] = asyncio.Future()
        return (await answered(self._endpoint, request, never)).response()
