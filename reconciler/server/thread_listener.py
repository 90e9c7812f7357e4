"""A listener in its own thread, so that it answers while the event loop is blocked."""

import asyncio
import socket
import threading

from starlette.types import ASGIApp

from reconciler.server.listener import Listener, serve

_START_SECONDS = 10.0
"""Seconds in which the thread has to be up."""


class ThreadedListener:
    """Serves *app* from its construction until ``close``.

    What *app* asks for is asked from another thread: it must only read.
    """

    def __init__(self, app: ASGIApp, listening: socket.socket) -> None:
        self._app = app
        self._listening = listening
        self._up = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._within = 1.0
        self.url = ""
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="admin", daemon=True
        )
        self._thread.start()
        self._up.wait(_START_SECONDS)

    def close(self, within: float) -> None:
        """Take no more; answer what has come, for at most so many seconds."""
        self._within = within
        if self._loop is not None and self._over is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(within + 1.0)

    async def _serve(self) -> None:
        listener: Listener = serve(self._app, self._listening)
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self.url = listener.url
        self._up.set()
        await self._over.wait()
        await listener.close(self._within)
