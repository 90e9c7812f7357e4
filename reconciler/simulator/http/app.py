"""The local Twilio as a Starlette application: the API, and its control."""

import asyncio

from starlette.applications import Starlette
from starlette.routing import Mount, Route, Router

from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.http.asgi import ApiEndpoint, Sleep
from reconciler.simulator.http.control import control_routes
from reconciler.simulator.http.local_only import LocalOnly


def app(exchange: Exchange, sleep: Sleep = asyncio.sleep) -> Starlette:
    """Serve an exchange over HTTP, or in process by ``httpx.ASGITransport``.

    ``sleep`` is what slow and hanging requests wait with, in seconds.
    """
    line = ApiEndpoint(exchange, sleep)
    return Starlette(
        routes=[
            Mount("/simulator", app=LocalOnly(Router(control_routes(exchange)))),
            Route("/{path:path}", line),
        ]
    )
