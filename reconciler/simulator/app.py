"""The local Twilio as a Starlette application: the API, and its control."""

import asyncio

from starlette.applications import Starlette
from starlette.routing import Mount, Route, Router

from reconciler.simulator.control import control_routes
from reconciler.simulator.exchange import Exchange
from reconciler.simulator.line import Line, Sleep
from reconciler.simulator.local_only import LocalOnly


def app(exchange: Exchange, sleep: Sleep = asyncio.sleep) -> Starlette:
    """Serve an exchange over HTTP, or in process by ``httpx.ASGITransport``.

    ``sleep`` is what slow and hanging requests wait with, in seconds.
    """
    line = Line(exchange, sleep)
    return Starlette(
        routes=[
            Mount("/simulator", app=LocalOnly(Router(control_routes(exchange)))),
            Route("/{path:path}", line),
        ]
    )
