"""Delivery of signed webhooks in background tasks.

Connecting may take 5 s and all of it 15 s; a failed connect is tried once more,
and nothing else is.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

import httpx
from msgspec import Struct, field

from reconciler.simulator.exchange.audit_log import LoggedEvent
from reconciler.simulator.exchange.clock import VirtualClock
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.status_callbacks import VOICE
from reconciler.simulator.webhooks.delivery_fault import (
    DeliveryFault,
    DeliveryFaultKind,
    DeliveryFaults,
)
from reconciler.simulator.webhooks.event_stream import (
    STREAM,
    cloud_events,
    write_batch,
)
from reconciler.simulator.webhooks.letter import Letter, signature, with_query

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 15.0
_TRIES: Final = 2
_NAP_SECONDS: Final = 0.1
"""Seconds after which the exchange is looked at, though nothing is due."""

_FORM: Final = "application/x-www-form-urlencoded; charset=UTF-8"

Sleep = Callable[[float], Awaitable[object]]


Post = Callable[[Letter], Awaitable[int]]
"""Send a letter; the status of the answer, ConnectionError if nobody could be reached."""


def write_letter(
    occurrence: LoggedEvent, secret: str, shared_key: str | None = None
) -> Letter:
    """The webhook that reports *occurrence*, which has a URL.

    Signed with SHA1 and the auth token, or with SHA256 where *secret* is that
    of the *shared_key*. The URL's fragment is neither sent nor signed. The
    idempotency token is the same whenever the same event is sent.
    """
    url, form = (occurrence.url or "").partition("#")[0], occurrence.form
    if occurrence.method == "GET":
        url, form = with_query(url, urlencode(form)), {}
    signed = url + "".join(name + form[name] for name in sorted(form))
    algorithm = "sha256" if shared_key else "sha1"
    headers = {
        "X-Twilio-Signature": signature(secret, signed, algorithm),
        "I-Twilio-Idempotency-Token": str(uuid5(NAMESPACE_URL, signed)),
    }
    if shared_key:
        settings = f"key={shared_key},algorithm=HMAC_SHA256"
        headers["X-Twilio-Webhooks-Signature-Settings"] = settings
    if form:
        headers["Content-Type"] = _FORM
    return Letter(occurrence.method, url, headers, urlencode(form).encode())


def http_post(client: httpx.AsyncClient) -> Post:
    """Send over HTTP with Twilio's timeouts; the client is its owner's to close."""

    async def post(letter: Letter) -> int:
        return (await _requested(client, letter)).status_code

    return post


Fetch = Callable[[Letter], Awaitable[str | None]]
"""Send a letter; the body of the answer, None unless it is a 200 in time."""


def http_fetch(client: httpx.AsyncClient) -> Fetch:
    """Ask over HTTP with Twilio's timeouts; the client is its owner's to close."""

    async def fetch(letter: Letter) -> str | None:
        try:
            answer = await _requested(client, letter)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError):
            return None
        return answer.text if answer.status_code == HTTPStatus.OK else None

    return fetch


async def _requested(client: httpx.AsyncClient, letter: Letter) -> httpx.Response:
    async with asyncio.timeout(TOTAL_SECONDS):
        return await client.request(
            letter.method,
            letter.url,
            content=letter.body,
            headers={"User-Agent": "TwilioProxy/1.1", **letter.headers},
            timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
        )


class Delivery(Struct):
    """Sends each event of *exchange* that somebody subscribed to.

    ``outcomes`` counts answers by status, "lost" for what got none and "dropped"
    for what a mishap kept back. ``shared_key`` is an id and a secret. ``fetch`` asks
    voice URLs for TwiML.
    """

    exchange: Exchange
    post: Post
    sleep: Sleep = asyncio.sleep
    shared_key: tuple[str, str] | None = None
    fetch: Fetch | None = None
    mishaps: DeliveryFaults = field(default_factory=DeliveryFaults)
    outcomes: Counter[str] = field(default_factory=Counter)
    _last: LoggedEvent | None = None
    _seen: int = 0
    _held: list[Letter] = field(default_factory=list)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def collect(self) -> None:
        """Let happen what is due, and send what is new."""
        self.exchange.catch_up()
        for logged_event in self._news():
            if logged_event.url:
                self._dispatch(logged_event)
            self._stream(logged_event)

    async def run(self) -> None:
        """Collect as time goes by, until cancelled."""
        while True:
            self.collect()
            await self.sleep(self._wait())

    async def settle(self) -> None:
        """Wait until all that was sent is answered or lost."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await self.settle()

    def _news(self) -> list[LoggedEvent]:
        events = self.exchange.history.events
        known = self._seen <= len(events) and (
            not self._seen or events[self._seen - 1] is self._last
        )
        new = events[self._seen if known else 0 :]
        self._seen, self._last = len(events), events[-1] if events else None
        return new

    def _wait(self) -> float:
        due = self.exchange.next_at
        if due is None or isinstance(self.exchange.clock, VirtualClock):
            return _NAP_SECONDS
        return min(_NAP_SECONDS, max(0.0, due - self.exchange.clock()))

    def _dispatch(self, occurrence: LoggedEvent) -> None:
        letter = self._written(occurrence)
        if occurrence.stream == VOICE:
            self._start(self._ask(letter, occurrence.form["CallSid"]))
            return
        self._post(letter, self.mishaps.strike(occurrence.stream, occurrence.name))

    def _stream(self, occurrence: LoggedEvent) -> None:
        """Deliver what the account's sink is to be sent, as a batch."""
        sink = self.exchange.second_sources.event_sink
        if sink is None or not (events := cloud_events(self.exchange, occurrence)):
            return
        letter = write_batch(self.exchange, sink, events)
        self._post(letter, self.mishaps.strike(STREAM, occurrence.name))

    def _post(self, letter: Letter, mishap: DeliveryFault | None) -> None:
        match mishap.kind if mishap else None:
            case DeliveryFaultKind.DROP:
                self.outcomes["dropped"] += 1
                return
            case DeliveryFaultKind.REORDER:
                self._held.append(letter)
                return
            case DeliveryFaultKind.DUPLICATE:
                self._send(letter, mishap)
            case DeliveryFaultKind.DELAY | None:
                pass
        self._send(letter, mishap)
        held, self._held = self._held, []
        for each in reversed(held):
            self._send(each, None)

    def _written(self, occurrence: LoggedEvent) -> Letter:
        if self.shared_key is None:
            return write_letter(occurrence, self.exchange.account.token)
        key, secret = self.shared_key
        return write_letter(occurrence, secret, key)

    def _send(self, letter: Letter, mishap: DeliveryFault | None) -> None:
        self._start(self._deliver(letter, mishap))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, letter: Letter, call_sid: str) -> None:
        """Let a voice URL say what becomes of a call."""
        document = await self.fetch(letter) if self.fetch else None
        self.outcomes["twiml" if document is not None else "no twiml"] += 1
        self.exchange.follow(call_sid, document)

    async def _deliver(self, letter: Letter, mishap: DeliveryFault | None) -> None:
        if mishap and mishap.kind is DeliveryFaultKind.DELAY:
            await self.sleep(mishap.seconds)
        for _ in range(_TRIES):
            try:
                status = await self.post(letter)
            except (httpx.ConnectError, httpx.ConnectTimeout, ConnectionError):
                continue
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError):
                break
            self.outcomes[str(status)] += 1
            return
        self.outcomes["lost"] += 1
