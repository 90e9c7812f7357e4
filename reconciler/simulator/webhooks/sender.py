"""The local Twilio with webhooks: its application, and what makes it send them.

GET    /simulator/webhooks                   what became of webhooks, and what is to go wrong
POST   /simulator/webhooks  {"kind": "drop"|"duplicate"|"reorder"|"delay",
                             "stream"?, "name"?, "times"?, "seconds"?}
DELETE /simulator/webhooks                   nothing goes wrong any longer
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from msgspec import to_builtins
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.http.app import app
from reconciler.simulator.http.local_only import LocalOnly
from reconciler.simulator.webhooks.delivery import Delivery, http_fetch, http_post
from reconciler.simulator.webhooks.delivery_fault import read_delivery_fault
from reconciler.simulator.webhooks.webhook_client import webhook_client


@contextlib.asynccontextmanager
async def delivering(exchange: Exchange) -> AsyncIterator[ASGIApp]:
    """An exchange's application, whose webhooks are sent meanwhile.

    They go straight to where they are for, past any proxy.
    """
    async with webhook_client() as client:
        delivery = Delivery(exchange, http_post(client), fetch=http_fetch(client))
        pump = asyncio.create_task(delivery.run())
        try:
            yield _application(exchange, delivery)
        finally:
            pump.cancel()
            await asyncio.wait({pump})
            await delivery.close()


def _application(exchange: Exchange, delivery: Delivery) -> ASGIApp:
    inner = Starlette(
        routes=[
            Route("/simulator/webhooks", LocalOnly(_Control(delivery))),
            Mount("/", app(exchange)),
        ]
    )

    async def collecting(scope: Scope, receive: Receive, send: Send) -> None:
        """Collect before events can be forgotten, and as soon as there are new ones."""
        delivery.collect()
        try:
            await inner(scope, receive, send)
        finally:
            delivery.collect()

    return collecting


class _Control:
    """Fault injection for webhook delivery, as JSON."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await self._answer(request)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> JSONResponse:
        mishaps = self._delivery.mishaps
        match request.method:
            case "POST":
                try:
                    mishaps.add(read_delivery_fault(await request.json()))
                except (ValueError, AttributeError) as error:
                    return JSONResponse({"error": str(error)}, 400)
            case "DELETE":
                mishaps.clear()
            case "GET" | "HEAD":
                pass
            case _:
                return JSONResponse({"error": "not allowed"}, 405)
        queued = [to_builtins(delivery_fault) for delivery_fault in mishaps.queued]
        outcomes = dict(self._delivery.outcomes)
        return JSONResponse({"outcomes": outcomes, "mishaps": queued})
