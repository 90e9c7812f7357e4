"""A pooler in transaction mode in front of a PostgreSQL server.

PgBouncer where it is installed; else one of our own that does what matters here: each
transaction of a client runs on whichever server connection is free, and session state
such as prepared statements stays behind on it.
"""

import asyncio
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from struct import pack, unpack
from urllib.parse import parse_qs, urlsplit

from tests.ports import free_port

_IDLE, _READY, _TERMINATE = b"I", b"Z", b"X"
_SERVERS = 3

Pooler = Callable[[str, int, Path], AbstractContextManager[None]]


@contextmanager
def pooled(url: str, folder: Path, start: Pooler | None = None) -> Iterator[str]:
    """The URL of the database at *url* behind a pooler; its files go to *folder*."""
    start = start or (pgbouncer if shutil.which("pgbouncer") else own_pooler)
    port = free_port()
    with start(url, port, folder):
        yield f"postgresql://postgres@127.0.0.1:{port}{urlsplit(url).path}?sslmode=disable"


def _socket_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["host"][0]


@contextmanager
def pgbouncer(url: str, port: int, folder: Path) -> Iterator[None]:
    folder.chmod(0o755)
    (folder / "users").write_text('"postgres" ""\n')
    lines = (
        "[databases]",
        f"* = host={_socket_of(url)} user=postgres",
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        f"listen_port = {port}",
        "unix_socket_dir =",
        "auth_type = any",
        f"auth_file = {folder / 'users'}",
        "pool_mode = transaction",
        f"default_pool_size = {_SERVERS}",
    )
    config = folder / "pgbouncer.ini"
    config.write_text("\n".join(lines))
    with (folder / "pgbouncer.log").open("w") as log:
        process = subprocess.Popen(
            ["pgbouncer", "-u", Path(_socket_of(url)).owner(), config],
            stdout=log,
            stderr=log,
        )
    try:
        _await_port(port)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _await_port(port: int) -> None:
    for _ in range(2000):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
            return
    raise TimeoutError("the pooler does not listen")


@contextmanager
def own_pooler(url: str, port: int, _: Path) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    pool = Pool(f"{_socket_of(url)}/.s.PGSQL.5432", urlsplit(url).path[1:])
    serving = asyncio.run_coroutine_threadsafe(pool.serve(port), loop)
    server = serving.result(20)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(pool.close(server), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


class Server:
    """One connection to the server, past its start."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reader, self.writer = reader, writer

    async def message(self) -> tuple[bytes, bytes]:
        return await _message(self.reader)


class Pool:
    """Server connections that clients share, one transaction at a time."""

    def __init__(self, path: str, database: str) -> None:
        self.path, self.database = path, database
        self.free: asyncio.Queue[Server] = asyncio.Queue()
        self.settings = b""
        self.clients: set[asyncio.Task[None]] = set()

    async def serve(self, port: int) -> asyncio.Server:
        for _ in range(_SERVERS):
            self.free.put_nowait(await self._connect())
        return await asyncio.start_server(self._client, "127.0.0.1", port)

    async def close(self, server: asyncio.Server) -> None:
        server.close()
        for each in self.clients:
            each.cancel()
        await asyncio.gather(*self.clients, return_exceptions=True)
        while not self.free.empty():
            self.free.get_nowait().writer.close()

    async def _connect(self) -> Server:
        server = Server(*await asyncio.open_unix_connection(self.path))
        names = ("user", "postgres", "database", self.database)
        fields = b"".join(name.encode() + b"\0" for name in names) + b"\0"
        server.writer.write(pack("!ii", 8 + len(fields), 196608) + fields)
        self.settings = b""
        kind = b""
        while kind != _READY:
            kind, raw = await server.message()
            self.settings += raw if kind == b"S" else b""
        return server

    async def _client(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.clients.add(task)
        try:
            await _started(reader)
            writer.write(_framed(b"R", pack("!i", 0)) + self.settings)
            writer.write(_framed(b"K", pack("!ii", 1, 1)) + _framed(_READY, _IDLE))
            while await self._transaction(reader, writer):
                pass
        except (EOFError, ConnectionError, asyncio.CancelledError):
            return
        finally:
            self.clients.discard(task)
            writer.close()

    async def _transaction(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Relay until the server is idle again; False at the client's end."""
        kind, raw = await _message(reader)
        if kind == _TERMINATE:
            return False
        server = await self.free.get()
        try:
            status = b""
            while status != _IDLE:
                await self._request(kind, raw, reader, server)
                status = await self._answer(server, writer)
                if status != _IDLE:
                    kind, raw = await _message(reader)
        finally:
            self.free.put_nowait(server)
        return True

    async def _request(
        self, kind: bytes, raw: bytes, reader: asyncio.StreamReader, server: Server
    ) -> None:
        """Relay messages up to one that the server answers."""
        server.writer.write(raw)
        while kind not in {b"Q", b"S"}:
            kind, raw = await _message(reader)
            server.writer.write(raw)

    async def _answer(self, server: Server, writer: asyncio.StreamWriter) -> bytes:
        kind, raw = b"", b""
        while kind != _READY:
            kind, raw = await server.message()
            writer.write(raw)
        return raw[-1:]


async def _started(reader: asyncio.StreamReader) -> None:
    """Read a client's start; it sends no request for TLS where TLS is off."""
    (length,) = unpack("!i", await reader.readexactly(4))
    await reader.readexactly(length - 4)


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    (length,) = unpack("!i", head[1:])
    return head[:1], head + await reader.readexactly(length - 4)


def _framed(kind: bytes, body: bytes) -> bytes:
    return kind + pack("!i", 4 + len(body)) + body
