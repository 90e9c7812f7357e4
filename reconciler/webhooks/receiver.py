"""Webhook endpoint: payloads are hints that mark a room; state is always read again.

Nothing that they say is acted on: an event marks its room, and a look tells
what is so. So the lost, the repeated and the late do no harm. What a signed event tells
of a leg dates what a look then shows, for the exposure ledger.

    answer  result       when
    204     marked       the room will be looked at
    204     repeated     the very same message was here before
    204     unknown      no such room is ours, or none is named
    400     malformed    the body cannot be read
    403     forged       no signature, or a wrong one
    408     slow         the body did not come in time
    413     oversized    the body is too long
    415     unsupported  neither a form nor JSON
"""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reconciler.engine.loop.work_queue import Priority
from reconciler.model.observed import LegEvent
from reconciler.webhooks import payload, public_url
from reconciler.webhooks.request_fields import (
    LONGEST_NUMBER,
    REFUSALS,
    RefusedRequest,
    WebhookResult,
    read_body,
    read_fields,
    status_of,
)

REMEMBERED: Final = 8192
"""Messages that are known again when they are repeated."""

WARN_SECONDS: Final = 300.0
"""Seconds from one log line of refused webhooks to the next."""

_LONGEST_URL: Final = 300
_WRONG: Final = (
    "the signature does not match: compare --public-url with the URL that Twilio "
    "calls, and TWILIO_AUTH_TOKEN with the account's"
)

_log = logging.getLogger("reconciler.webhooks")


_OF_EVENTS: Final = (
    WebhookResult.MARKED,
    WebhookResult.REPEATED,
    WebhookResult.UNKNOWN,
)
_OF_CALLS: Final = (
    WebhookResult.ADMITTED,
    WebhookResult.REJECTED,
    WebhookResult.UNAVAILABLE,
)

WEBHOOK_SERIES: Final = (
    *(("unread", result) for result in REFUSALS),
    *((event, result) for event in (*payload.EVENTS, "other") for result in _OF_EVENTS),
    *(("voice", result) for result in _OF_CALLS),
)
"""Every event and result that is counted."""


class Verify(Protocol):
    """Whether a request is Twilio's; see ``webhooks.signature``."""

    def __call__(
        self,
        url: str,
        form: Sequence[tuple[str, str]] | None,
        body: bytes,
        signature: str,
        settings: str,
    ) -> bool:
        """Must take as long for a wrong signature as for a right one."""
        ...


class Tally(Protocol):
    """Counts webhooks. *event* is one of Twilio's words, "other", or "unread"."""

    def webhook(self, event: str, result: str, lag: float | None) -> None:
        """One came in; *lag* is its age in seconds, None if not told."""
        ...


Mark = Callable[[str, Priority, str], None]
"""Ask for a look at a room; the last is the event's name."""

Heard = Callable[[str, str], None]
"""A room, and the SID of a conference of that name of which events come here."""

Evidence = Callable[[int, str], None]
"""Attempt number and the call SID that it came to; to be checked, not believed."""


RoomOf = Callable[[str], str | None]
"""The room that the SID of a call or conference belongs to, None if nobody knows."""


def _nowhere(_call_sid: str) -> str | None:
    """Know no call."""
    return None


LegHeard = Callable[[str, LegEvent], None]
"""A room, and what an event of its conference tells of a leg."""


def _not_dated(_room: str, _event: LegEvent) -> None: ...


def _not_heard(_room: str, _conference_sid: str) -> None: ...


def _no_evidence(_attempt: int, _call_sid: str) -> None:
    """Take no note."""


@dataclass(slots=True)
class Webhooks:
    """Takes webhooks in. None of the injected may block or raise.

    *public_url* is as ``address.public_url`` made it: signatures are checked
    against it, and never against what the request says of its host. *knows*
    tells whether a room is ours; *room_of* is asked about calls whose URL names
    no room of ours.
    """

    public_url: str
    verify: Verify
    knows: Callable[[str], bool]
    mark: Mark
    tally: Tally
    clock: Callable[[], float]
    evidence: Evidence = _no_evidence
    room_of: RoomOf = _nowhere
    heard: Heard = _not_heard
    leg_heard: LegHeard = _not_dated
    _seen: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _warned_at: float | None = None
    _unwarned: int = 0

    async def conference(self, request: Request) -> Response:
        """A conference's event: the room is its FriendlyName."""
        return await self._answer(request, public_url.CONFERENCE)

    async def call(self, request: Request) -> Response:
        """A call's event: the room is in the signed URL."""
        return await self._answer(request, public_url.CALL)

    async def _answer(self, request: Request, path: str) -> Response:
        try:
            fields = await self.read(request, path)
        except RefusedRequest as refused:
            self.tally.webhook("unread", refused.result, None)
            return Response(status_code=status_of(refused.result))
        event, result = self._take(request, path, fields)
        at = payload.sent_at(fields)
        lag = None if at is None else max(0.0, self.clock() - at)
        self.tally.webhook(event, result, lag)
        return Response(status_code=204)

    async def read(self, request: Request, path: str) -> Mapping[str, str]:
        """The fields of a request to *path* that Twilio signed; RefusedRequest."""
        return self._verified(request, path, await read_body(request))

    def _verified(self, request: Request, path: str, body: bytes) -> Mapping[str, str]:
        pairs, form = read_fields(request, body)
        query = request.scope["query_string"].decode("latin-1")
        url = f"{self.public_url}{path}" + (f"?{query}" if query else "")
        signature = request.headers.get("x-twilio-signature", "")
        settings = request.headers.get("x-twilio-webhooks-signature-settings", "")
        if not signature or not self.verify(
            url, pairs if form else None, body, signature, settings
        ):
            self._warn(url, signed=bool(signature))
            raise RefusedRequest(WebhookResult.FORGED)
        return dict(pairs)

    def _warn(self, url: str, *, signed: bool) -> None:
        """Log a refusal with the URL that was checked, at most one in five minutes."""
        self._unwarned += 1
        now = self.clock()
        if self._warned_at is not None and 0 <= now - self._warned_at < WARN_SECONDS:
            return
        fields = {
            "url": url[:_LONGEST_URL],
            "reason": _WRONG if signed else "no X-Twilio-Signature",
            "refused": self._unwarned,
        }
        _log.warning("webhook rejected: invalid signature", extra=fields)
        self._warned_at, self._unwarned = now, 0

    def _take(
        self, request: Request, path: str, fields: Mapping[str, str]
    ) -> tuple[str, WebhookResult]:
        if path == public_url.CONFERENCE:
            room, event = fields.get("FriendlyName"), payload.conference_event(fields)
        else:
            query, call_sid = _query(request), fields.get("CallSid", "")
            room = self._room(query.get("room", ""), call_sid)
            event = payload.call_event(fields)
            self._show(query.get("attempt", ""), call_sid)
        if not room or not self.knows(room):
            return event, WebhookResult.UNKNOWN
        if self._repeated(request.headers["x-twilio-signature"]):
            return event, WebhookResult.REPEATED
        if path == public_url.CONFERENCE:
            self.heard(room, fields.get("ConferenceSid", ""))
            if told := payload.leg_event(fields, self.clock()):
                self.leg_heard(room, told)
        self.mark(room, Priority.WEBHOOK, event)
        return event, WebhookResult.MARKED

    def _room(self, named: str, call_sid: str) -> str | None:
        """The room of a call whose URL names *named*: a room, a conference, or ""."""
        if named and self.knows(named):
            return named
        return self.room_of(named) or self.room_of(call_sid)

    def _show(self, attempt: str, call_sid: str) -> None:
        if attempt.isdecimal() and len(attempt) <= LONGEST_NUMBER and call_sid:
            self.evidence(int(attempt), call_sid)

    def _repeated(self, signature: str) -> bool:
        """Whether the same message marked its room before; remembers it."""
        if signature in self._seen:
            return True
        self._seen[signature] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return False


Endpoint = Callable[[Request], Awaitable[Response]]


def webhook_app(webhooks: Webhooks, voice: Endpoint | None = None) -> Starlette:
    """The application; it takes paths with the public URL's prefix and without.

    A proxy in front may strip the prefix or leave it. *voice* answers calls.
    """
    routes: dict[str, Endpoint] = {
        public_url.CONFERENCE: webhooks.conference,
        public_url.CALL: webhooks.call,
    }
    if voice is not None:
        routes[public_url.VOICE + "{room:path}"] = voice
    prefixes = dict.fromkeys((public_url.prefix(webhooks.public_url), ""))
    app = Starlette(
        routes=[
            Route(before + path, endpoint, methods=["POST"])
            for before in prefixes
            for path, endpoint in routes.items()
        ]
    )
    app.router.redirect_slashes = False
    return app


def _query(request: Request) -> Mapping[str, str]:
    return dict(parse_qsl(request.scope["query_string"].decode("latin-1")))
