"""Twilio's own SDK, turned to a local address and otherwise unchanged."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from twilio.rest import Client

from reconciler.simulator.local_server import running
from tests.cli.sdk import ToLoopback
from tests.simulator.desk import Desk

T = TypeVar("T")


async def with_sdk(desk: Desk, story: Callable[[Client], T]) -> T:
    """Tell a story to the SDK while the exchange is served over HTTP."""
    account = desk.exchange.account
    async with running(desk.exchange) as url:
        http = ToLoopback(url)
        sdk = Client(account.sid, account.token, http_client=http)
        try:
            return await asyncio.to_thread(story, sdk)
        finally:
            http.session.close()
