"""A server that takes every connection and never answers whole."""

import asyncio
from typing import Self


class Dripping:
    """Sends a byte of an answer now and then, or, if *silent*, not one.

    With *speaking* False it does not even read: a TLS handshake hangs.
    """

    def __init__(self, *, silent: bool = False, speaking: bool = True) -> None:
        self._silent = silent
        self._speaking = speaking
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[str] = []
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if self._speaking:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head.decode("latin-1").partition("\r\n")[0])
            await self._drip(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        if self._silent or not self._speaking:
            await asyncio.Event().wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)
