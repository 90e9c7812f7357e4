"""Webhook endpoint: payloads are hints that mark a room; state is always read again.

An event enqueues its room, and the pass reads the state from Twilio: lost, duplicated
and late deliveries are harmless. What a signed event says of a leg dates what an
observation then shows, for the exposure ledger. An account's signature is valid for the
rooms in which that account acts, and for no other.

    answer  result       when
    204     marked       the room will be looked at
    204     repeated     the very same message was here before
    204     unknown      no such room is that account's, or none is named
    400     malformed    the body cannot be read
    403     forged       no signature, a wrong one, or that of another account
    408     slow         the body did not come in time
    413     oversized    the body is too long
    415     unsupported  neither a form nor JSON
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NoReturn
from urllib.parse import parse_qsl

from msgspec import Struct, field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reconciler.engine.loop.work_queue import Priority
from reconciler.webhooks import payload, public_url
from reconciler.webhooks.account_rooms import (
    AccountRooms,
    RoomOf,
    SignedFields,
    Tally,
    nowhere,
)
from reconciler.webhooks.recent_messages import RecentMessages
from reconciler.webhooks.request_fields import (
    REFUSALS,
    RefusedRequest,
    WebhookResult,
    read_body,
    read_fields,
    status_of,
)

WARN_SECONDS: Final = 300.0
"""Seconds from one log line of refused webhooks to the next."""

_LONGEST_URL: Final = 300
_WRONG: Final = (
    "the signature does not match: compare --public-url with the URL that Twilio "
    "calls, and TWILIO_AUTH_TOKEN with the account's"
)
_OTHER: Final = "the signature is that of another account than the AccountSid"

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
EVENT_STREAM: Final = "event-stream"
"""The event by which deliveries of Event Streams are counted."""

_OF_STREAMS: Final = (
    *_OF_EVENTS,
    WebhookResult.MALFORMED,
    WebhookResult.UNSUPPORTED,
)

WEBHOOK_SERIES: Final = (
    *(("unread", result) for result in REFUSALS),
    *((event, result) for event in (*payload.EVENTS, "other") for result in _OF_EVENTS),
    *(("voice", result) for result in _OF_CALLS),
    *((EVENT_STREAM, result) for result in _OF_STREAMS),
)
"""Every event and result that is counted."""


class Webhooks(Struct):
    """Takes webhooks in. None of the injected may block or raise.

    *public_url* is as ``address.public_url`` made it: signatures are checked
    against it, and never against what the request says of its host. *room_of* is
    asked about calls whose URL names no room of ours. ``numbers`` has the conference
    events that came, which Event Streams brings again.
    """

    public_url: str
    accounts: Sequence[AccountRooms]
    tally: Tally
    clock: Callable[[], float]
    room_of: RoomOf = nowhere
    recent: RecentMessages = field(default_factory=RecentMessages)
    numbers: RecentMessages = field(default_factory=RecentMessages)
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
            signed = await self.read(request, path)
        except RefusedRequest as refused:
            self.tally.webhook("unread", refused.result, None)
            return Response(status_code=status_of(refused.result))
        event, result = self._take(request, path, signed)
        at = payload.sent_at(signed.fields)
        lag = None if at is None else max(0.0, self.clock() - at)
        self.tally.webhook(event, result, lag)
        return Response(status_code=204)

    async def read(self, request: Request, path: str) -> SignedFields:
        """What Twilio sent to *path*, and for which accounts; RefusedRequest."""
        return self._verified(request, path, await read_body(request))

    def _verified(self, request: Request, path: str, body: bytes) -> SignedFields:
        pairs, form = read_fields(request, body)
        signers = self.signers(request, path, pairs if form else None, body)
        fields = dict(pairs)
        named = fields.get("AccountSid")
        accounts = tuple(x for x in signers if named in {None, x.account_sid})
        if not accounts:
            self._refuse_forged(self._url(request, path), _OTHER)
        return SignedFields(fields, accounts)

    def signers(
        self, request: Request, path: str, form: payload.Pairs | None, body: bytes
    ) -> tuple[AccountRooms, ...]:
        """The accounts whose signature a request to *path* has; RefusedRequest for none.

        *form* holds the fields of a form, None for another *body*.
        """
        url = self._url(request, path)
        signature = request.headers.get("x-twilio-signature", "")
        settings = request.headers.get("x-twilio-webhooks-signature-settings", "")
        signed = (url, form, body, signature, settings)
        signers = tuple(
            account_rooms
            for account_rooms in self.accounts
            if account_rooms.verify(*signed)
        )
        if not signature or not signers:
            self._refuse_forged(url, _WRONG if signature else "no X-Twilio-Signature")
        return signers

    def _url(self, request: Request, path: str) -> str:
        query = request.scope["query_string"].decode("latin-1")
        return f"{self.public_url}{path}" + (f"?{query}" if query else "")

    def _refuse_forged(self, url: str, reason: str) -> NoReturn:
        self._warn(url, reason)
        raise RefusedRequest(WebhookResult.FORGED)

    def _warn(self, url: str, reason: str) -> None:
        """Log a refusal with the URL that was checked, at most one in five minutes."""
        self._unwarned += 1
        now = self.clock()
        if self._warned_at is not None and 0 <= now - self._warned_at < WARN_SECONDS:
            return
        fields = {
            "url": url[:_LONGEST_URL],
            "reason": reason,
            "refused": self._unwarned,
        }
        _log.warning("webhook rejected: invalid signature", extra=fields)
        self._warned_at, self._unwarned = now, 0

    def _take(
        self, request: Request, path: str, signed: SignedFields
    ) -> tuple[str, WebhookResult]:
        fields, of_conference = signed.fields, path == public_url.CONFERENCE
        if of_conference:
            room, event = fields.get("FriendlyName"), payload.conference_event(fields)
        else:
            room, event = self._room(request, signed), payload.call_event(fields)
        owner = signed.owner(room) if room else None
        if not room or owner is None:
            return event, WebhookResult.UNKNOWN
        if self.recent.known(request.headers["x-twilio-signature"]):
            return event, WebhookResult.REPEATED
        if of_conference:
            self.numbers.known(event_number(fields))
            owner.heard(room, fields.get("ConferenceSid", ""))
            if told := payload.leg_event(fields, self.clock()):
                owner.leg_heard(room, told)
        owner.mark(room, Priority.WEBHOOK, event)
        return event, WebhookResult.MARKED

    def _room(self, request: Request, signed: SignedFields) -> str | None:
        """The room of a call whose URL names a room, a conference, or nothing."""
        named = _query(request).get("room", "")
        if named and signed.owner(named) is not None:
            return named
        return self.room_of(named) or self.room_of(signed.fields.get("CallSid", ""))


def event_number(fields: Mapping[str, str]) -> str:
    """What tells a conference's events apart, whoever brings them."""
    return f"{fields.get('ConferenceSid')} {fields.get('SequenceNumber')}"


Endpoint = Callable[[Request], Awaitable[Response]]


def webhook_app(
    webhooks: Webhooks,
    voice: Endpoint | None = None,
    event_streams: Endpoint | None = None,
) -> Starlette:
    """The application; it takes paths with the public URL's prefix and without.

    A proxy in front may strip the prefix or leave it. *voice* answers calls,
    *event_streams* takes what Event Streams delivers.
    """
    routes: dict[str, Endpoint] = {
        public_url.CONFERENCE: webhooks.conference,
        public_url.CALL: webhooks.call,
    }
    if voice is not None:
        routes[public_url.VOICE + "{room:path}"] = voice
    if event_streams is not None:
        routes[public_url.EVENT_STREAMS] = event_streams
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
