"""A webhook application with notes of everything that it did."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import httpx
from starlette.applications import Starlette

from reconciler.engine.loop.work_queue import Priority
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.recorded_observation import LegEvent
from reconciler.model.reported_call import ReportedCall
from reconciler.webhooks.account_rooms import AccountRooms
from reconciler.webhooks.event_stream_receiver import EventStreamReceiver
from reconciler.webhooks.public_url import CALL, CONFERENCE
from reconciler.webhooks.receiver import Webhooks, webhook_app
from reconciler.webhooks.signature import Form, Verifier, sign
from tests.webhooks.vectors import ACCOUNT_SID, TOKEN

PUBLIC = "https://roster.example.com/twilio"
NOW = 1_776_158_819.0
FORM = "application/x-www-form-urlencoded"


@dataclass
class Desk:
    rooms: set[str] = field(default_factory=lambda: {"standup-42"})
    marks: list[tuple[str, Priority, str]] = field(default_factory=list)
    counts: list[tuple[str, str, float | None]] = field(default_factory=list)
    calls: dict[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = (TOKEN,)
    account_sid: str = ACCOUNT_SID
    public_url: str = PUBLIC
    now: float = NOW
    heard: list[tuple[str, str]] = field(default_factory=list)
    legs: list[tuple[str, LegEvent]] = field(default_factory=list)
    reports: list[tuple[str, ReportedCall]] = field(default_factory=list)
    event_streams: bool = True
    others: list[AccountRooms] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def webhook(self, event: str, result: str, lag: float | None) -> None:
        self.counts.append((event, result, lag))

    def mark(self, room: str, lane: Priority, event: str) -> None:
        self.marks.append((room, lane, event))
        self.told.set()

    async def marked(self, mark: tuple[str, Priority, str]) -> None:
        """Return once the mark was made."""
        while mark not in self.marks:
            self.told.clear()
            await self.told.wait()

    @property
    def results(self) -> list[str]:
        return [result for _, result, _ in self.counts]

    def app(self) -> Starlette:
        hooks = self.webhooks()
        streams = EventStreamReceiver(hooks).receive if self.event_streams else None
        return webhook_app(hooks, event_streams=streams)

    def report(self, room: str, call: ReportedCall) -> bool:
        self.reports.append((room, call))
        return self.reports.count((room, call)) == 1

    def webhooks(self) -> Webhooks:
        return Webhooks(
            public_url=self.public_url,
            accounts=[self.account(), *self.others],
            tally=self,
            clock=lambda: self.now,
            room_of=self.calls.get,
        )

    def account(self) -> AccountRooms:
        """The account of all rooms."""
        return AccountRooms(
            DEFAULT_ACCOUNT,
            self.account_sid,
            Verifier(self.secrets),
            self.rooms.__contains__,
            self.mark,
            lambda *seen: self.heard.append(seen),
            lambda *seen: self.legs.append(seen),
            self.report,
        )

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app()), base_url="http://10.0.0.7:8080"
        )

    async def send(self, form: Form, path: str = CONFERENCE, token: str = TOKEN) -> int:
        """As Twilio sends it; the status of the answer."""
        body = urlencode(list(form)).encode()
        headers = {
            "X-Twilio-Signature": signature(self.public_url + path, form, token),
            "Content-Type": f"{FORM}; charset=UTF-8",
        }
        async with self.client() as http:
            return (await http.post(path, content=body, headers=headers)).status_code


def parsed(document: bytes) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - written by us, or by the SDK


def signature(url: str, form: Form, token: str = TOKEN) -> str:
    fields = "".join(name + value for name, value in sorted(set(form)))
    return sign(token.encode(), url + fields, "sha1").decode()


__all__ = ["CALL", "CONFERENCE", "FORM", "NOW", "PUBLIC", "Desk", "parsed", "signature"]
