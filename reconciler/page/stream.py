"""The event stream: which rooms changed, to every browser that is signed in.

A message names rooms, nothing of what is in them: the browser then asks for the
views it shows. Rooms that change while a client is slow are kept as a set. A client
that takes nothing for ``send_within_seconds`` is disconnected.
"""

import asyncio
import contextlib
import json
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from reconciler.engine.waiting import wait_for_first
from reconciler.page.latest_evaluations import Subscription
from reconciler.page.page_state import PageState
from reconciler.page.sign_in import arrival, visit_of

MOST_STREAMS: Final = 100
MOST_NAMED: Final = 200
"""Rooms named in a message; of more, "*" stands for all."""

_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
)


class EventStream:
    """Answers ``GET /stream``: an ASGI application."""

    def __init__(self, state: PageState) -> None:
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the client goes, is too slow, or has signed out."""
        request = Request(scope, receive)
        if arrival(request, self._state, use=False) is None:
            await PlainTextResponse("sign in first\n", 401)(scope, receive, send)
            return
        if self._state.latest.subscribers >= MOST_STREAMS:
            busy = PlainTextResponse(
                "too many streams\n", 503, headers={"Retry-After": "10"}
            )
            await busy(scope, receive, send)
            return
        subscription = self._state.latest.subscribe()
        try:
            await self._serve(request, subscription, receive, send)
        finally:
            self._state.latest.unsubscribe(subscription)

    async def _serve(
        self,
        request: Request,
        subscription: Subscription,
        receive: Receive,
        send: Send,
    ) -> None:
        with contextlib.suppress(TimeoutError):
            await wait_for_first(
                self._send_all(request, subscription, send), _gone(receive)
            )

    async def _send_all(
        self, request: Request, subscription: Subscription, send: Send
    ) -> None:
        start = {
            "type": "http.response.start",
            "status": 200,
            "headers": list(_HEADERS),
        }
        await send(start)
        await self._send(send, "hello", [])
        while True:
            rooms = await subscription.take(self._state.heartbeat_seconds)
            if visit_of(request, self._state, use=False) is None:
                break
            named = list(rooms) if len(rooms) <= MOST_NAMED else ["*"]
            await self._send(send, "rooms" if rooms else "beat", named)
        await self._send(send, "signed-out", [])
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, event: str, rooms: list[str]) -> None:
        """One message; TimeoutError if the client does not take it."""
        data = json.dumps({"rooms": rooms})
        body = f"event: {event}\ndata: {data}\n\n".encode()
        async with asyncio.timeout(self._state.send_within_seconds):
            await send({"type": "http.response.body", "body": body, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
