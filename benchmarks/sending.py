"""Sends webhooks as Twilio does, signed by the official SDK."""

import asyncio
import http.client
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from benchmarks.world import ACCOUNT, TOKEN, UPDATED, Room

PATH = "/hooks/conference"
_ADDRESS = re.compile(r"webhooks at http://[^:]+:(\d+)")


def address_of(lines: Iterable[str]) -> int:
    """The port that the product said it listens at."""
    for line in lines:
        found = _ADDRESS.search(line)
        if found:
            return int(found[1])
    raise RuntimeError("the product did not say where it takes webhooks")


@dataclass(frozen=True, slots=True)
class Message:
    """Somebody in *room* was muted or unmuted; the number makes it unlike others."""

    room: Room
    label: str
    number: int

    @property
    def form(self) -> dict[str, str]:
        """The fields as Twilio names them."""
        return {
            "ConferenceSid": self.room.sid,
            "FriendlyName": self.room.name,
            "AccountSid": ACCOUNT,
            "SequenceNumber": str(self.number),
            "Timestamp": UPDATED,
            "StatusCallbackEvent": "participant-unmute",
            "CallSid": self.room.call_sid(self.label) or "",
            "Muted": "false",
            "Hold": "false",
            "Coaching": "false",
            "EndConferenceOnExit": "false",
            "StartConferenceOnEnter": "true",
            "ParticipantLabel": self.label,
        }


class Sender:
    """Sends to *port* what is signed for the public URL."""

    def __init__(self, port: int, public: str) -> None:
        self.port = port
        self._public = public
        self._validator = RequestValidator(TOKEN)
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def send(self, message: Message) -> float:
        """Send one over a connection that is kept; when its first byte left."""
        body, headers = self._signed(message)
        at = time.monotonic()
        self._connection.request("POST", PATH, body, headers)
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != http.client.NO_CONTENT:
            raise RuntimeError(f"a webhook was answered with {answer.status}")
        return at

    def request(self, message: Message) -> bytes:
        """The bytes of the request, for many at once."""
        body, headers = self._signed(message)
        lines = [f"POST {PATH} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(lines).encode() + body

    def _signed(self, message: Message) -> tuple[bytes, dict[str, str]]:
        form = message.form
        signature = self._validator.compute_signature(self._public + PATH, form)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": signature,
        }
        return urlencode(form).encode(), headers


def blast(port: int, requests: Sequence[bytes], connections: int) -> float:
    """Send all, one after the other on each connection; seconds until all are answered."""
    return asyncio.run(_blast(port, requests, connections))


async def _blast(port: int, requests: Sequence[bytes], connections: int) -> float:
    opened = [
        await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)
    ]
    queue = iter(requests)
    began = time.perf_counter()
    await asyncio.gather(*(_sent(reader, writer, queue) for reader, writer in opened))
    taken = time.perf_counter() - began
    for _, writer in opened:
        writer.close()
    return taken


async def _sent(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, queue: Iterator[bytes]
) -> None:
    for request in queue:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 204 " not in head[:16]:
            raise RuntimeError(f"a webhook was answered with {head[:40]!r}")
