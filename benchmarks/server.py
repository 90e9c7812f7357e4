"""The far end: a raw HTTP server with answers made beforehand, in its own process.

``/_bench/…`` is the way in for whoever measures: counters, latency, changes.
"""

import argparse
import asyncio
import gc
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import uvloop
from msgspec import to_builtins

from benchmarks.account import Account
from benchmarks.chain import Chain, chain_in
from benchmarks.cores import pin
from benchmarks.world import World

_CONTROL = "/_bench/"
_END = b"\r\n\r\n"


@dataclass(slots=True)
class Desk:
    """The account and how long answers take, in seconds."""

    account: Account
    latency: float = 0.0

    def control(self, what: str, body: bytes) -> bytes:
        """Do what whoever measures asks for; the answer is JSON."""
        given = json.loads(body or b"{}")
        found: object = None
        match what:
            case "flip":
                self.account.flip = given["on"]
            case "latency":
                self.latency = given["seconds"]
            case "change":
                fields = given["fields"]
                self.account.change(given["room"], given["label"], fields)
            case "counts":
                found = dict(self.account.counts)
            case "writes":
                found = [to_builtins(each) for each in self.account.writes]
            case "forget":
                self.account.forget()
            case "looks":
                found = self.account.looked()
            case "world":
                fresh = Account()
                fresh.populate(World(given["rooms"], given["people"]))
                self.account = fresh
            case _:
                raise ValueError(what)
        content = json.dumps(found).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content


class Connection(asyncio.Protocol):
    """One client, one request at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._buffer = b""
        self._began = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer a request once all of it is here."""
        if not self._buffer:
            self._began = time.monotonic()
        self._buffer += data
        at = self._buffer.find(_END)
        if at < 0:
            return
        head = self._buffer[:at]
        length = 0 if head.startswith(b"GET") else _length(head)
        end = at + len(_END) + length
        if len(self._buffer) < end:
            return
        body, self._buffer = self._buffer[at + len(_END) : end], self._buffer[end:]
        self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        method, target, _ = head[: head.find(b"\r\n")].decode().split(" ")
        closing = b"connection: close" in head.lower()
        if target.startswith(_CONTROL):
            self._send(self._desk.control(target.removeprefix(_CONTROL), body), closing)
        elif self._desk.latency:
            asyncio.get_running_loop().call_later(
                self._desk.latency, self._reply, method, target, body, closing
            )
        else:
            self._reply(method, target, body, closing)

    def _reply(self, method: str, target: str, body: bytes, closing: bool) -> None:
        self._send(
            self._desk.account.answer(method, target, body, self._began), closing
        )

    def _send(self, answer: bytes, closing: bool) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if closing:
            answer = answer.replace(b"keep-alive", b"close", 1)
        self._transport.write(answer)
        if closing:
            self._transport.close()


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"content-length:")
    return int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def _serve(of: World, chain: Chain | None) -> None:
    desk = Desk(Account())
    desk.account.populate(of)
    gc.freeze()
    loop = asyncio.get_running_loop()
    plain = await loop.create_server(lambda: Connection(desk), "127.0.0.1", 0)
    told = {"port": plain.sockets[0].getsockname()[1]}
    if chain is not None:
        secure = await loop.create_server(
            lambda: Connection(desk), "127.0.0.1", 0, ssl=chain.served()
        )
        told["secure"] = secure.sockets[0].getsockname()[1]
    print(json.dumps(told), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    """Serve until standard input ends; the first line of output names the ports."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rooms", type=int, default=0)
    parser.add_argument("--people", type=int, default=0)
    parser.add_argument("--core", type=int, default=-1)
    parser.add_argument("--chain", type=Path, help="its folder: over TLS, too")
    given = parser.parse_args()
    pin(given.core)
    chain = chain_in(given.chain) if given.chain else None
    uvloop.run(_serve(World(given.rooms, given.people), chain))


if __name__ == "__main__":
    main()
