"""A probe of a simulated account in process, on a virtual clock."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from reconciler.probe.anonymizer import Anonymizer
from reconciler.probe.api_line import ApiLine
from reconciler.probe.catalogue import chosen
from reconciler.probe.journal import Journal
from reconciler.probe.party import Party
from reconciler.probe.probe_run import ProbeParties, ProbeRun
from reconciler.probe.profile import Profile
from reconciler.probe.question import Need
from reconciler.probe.webhook_inbox import WebhookInbox
from reconciler.simulator.exchange.behavior import Switches, flip
from reconciler.simulator.exchange.clock import VirtualClock
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.http.app import app
from reconciler.twilio.api.account import Account, Credentials
from reconciler.webhooks.signature import sign

SENDER = "+15005550006"
ANSWERING = ("client:ann", "client:bob")
RINGING = ("client:no-answer",)
URL = "https://probe.example.com:8443/events"
PARTIES = {Party.ANSWERING: ANSWERING, Party.RINGING: RINGING}


class Killed(BaseException):
    """The process is gone: nothing of it runs any longer."""


@dataclass
class Mortal(httpx.AsyncBaseTransport):
    """A line on which the process dies at the nth request, before or after it worked."""

    inner: httpx.AsyncBaseTransport
    dies_at: int = 0
    worked: bool = False
    requests: "count[int]" = field(default_factory=lambda: count(1))
    sent: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent = next(self.requests)
        if self.dies_at and self.sent > self.dies_at:
            raise Killed
        if self.sent == self.dies_at and not self.worked:
            raise Killed
        response = await self.inner.handle_async_request(request)
        if self.sent == self.dies_at:
            raise Killed
        return response


@dataclass
class ProbeDesk:
    """One simulated account and the state file of one probe of it."""

    exchange: Exchange
    clock: VirtualClock
    state: Path
    inbox: WebhookInbox | None = None
    delivered: int = 0

    async def sleep(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.exchange.catch_up()
        self.deliver()
        await asyncio.sleep(0)

    def deliver(self) -> None:
        """Send what webhooks there are, signed as Twilio signs them."""
        events = self.exchange.history.events
        new, self.delivered = events[self.delivered :], len(events)
        token = self.exchange.account.token.encode()
        for each in new if self.inbox else ():
            if each.url and self.inbox:
                fields = "".join(k + v for k, v in sorted(each.form.items()))
                body = str(httpx.QueryParams(dict(each.form))).encode()
                signature = sign(token, each.url + fields, "sha1").decode()
                self.inbox.take(body, signature)

    def line(self, transport: httpx.AsyncBaseTransport | None = None) -> ApiLine:
        account = self.exchange.account
        asgi = transport or self.transport()
        return ApiLine(
            Account(
                account.sid,
                Credentials(account.sid, account.token),
                "http://simulator",
            ),
            (asgi, asgi),
            Anonymizer(PARTIES, SENDER),
            clock=self.clock,
            sleep=self.sleep,
            user_agent="probe",
        )

    def transport(self) -> httpx.AsyncBaseTransport:
        return httpx.ASGITransport(app(self.exchange, self.sleep))

    def run(
        self,
        *names: str,
        transport: httpx.AsyncBaseTransport | None = None,
        parties: Mapping[Party, Sequence[str]] | None = None,
        needs: Sequence[Need] = (),
    ) -> ProbeRun:
        events = self.inbox is not None
        return ProbeRun(
            line=self.line(transport),
            journal=Journal(self.state),
            parties=ProbeParties(parties or PARTIES, SENDER),
            questions=tuple(chosen(names, events=events, needs=needs)),
            product="reconciler test",
            events=self.inbox,
        )

    def ask(self, *names: str, needs: Sequence[Need] = ()) -> Profile:
        """The profile of a whole probe, or of some questions."""
        return asyncio.run(self.run(*names, needs=needs).run("a1"))

    @property
    def live(self) -> list[str]:
        """Calls that are not over."""
        self.exchange.catch_up()
        calls = (each.latest for each in self.exchange.state.calls.values())
        return [each.sid for each in calls if not each.ended]


def open_probe(state: Path, *, events: bool = False, **switches: object) -> ProbeDesk:
    clock = VirtualClock()
    exchange = Exchange(clock, switches=flip(Switches(), switches))
    inbox = WebhookInbox(URL, exchange.account.token) if events else None
    return ProbeDesk(exchange, clock, state, inbox)
