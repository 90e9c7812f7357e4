"""Webhook endpoint: payloads are hints that mark a room; state is always read again.

Nothing that they say is acted on: an event marks its room, and a look tells
what is so. So the lost, the repeated and the late do no harm. What a signed event tells
of a leg dates what a look then shows, for the exposure ledger. An account's signature is
good for the rooms in which that account acts, and for no other.

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
"""A room, and what an event of its conference says about a leg."""


def _not_dated(_room: str, _event: LegEvent) -> None: ...


def _not_heard(_room: str, _conference_sid: str) -> None: ...


def _no_evidence(_attempt: int, _call_sid: str) -> None:
    """Take no note."""


@dataclass(frozen=True, slots=True)
class AccountRooms:
    """The rooms in which an account acts, and how its webhooks are known.

    *knows* tells whether a room is one of them. None of the injected may block or raise.
    """

    name: str
    account_sid: str
    verify: Verify
    knows: Callable[[str], bool]
    mark: Mark
    heard: Heard = _not_heard
    leg_heard: LegHeard = _not_dated


@dataclass(frozen=True, slots=True)
class SignedFields:
    """The fields of a request, and the accounts whose signature it has."""

    fields: Mapping[str, str]
    accounts: tuple[AccountRooms, ...]

    def owner(self, room: str) -> AccountRooms | None:
        """The account among them that acts in the room."""
        return next((each for each in self.accounts if each.knows(room)), None)


@dataclass(slots=True)
class Webhooks:
    """Takes webhooks in. None of the injected may block or raise.

    *public_url* is as ``address.public_url`` made it: signatures are checked
    against it, and never against what the request says of its host. *room_of* is
    asked about calls whose URL names no room of ours.
    """

    public_url: str
    accounts: Sequence[AccountRooms]
    tally: Tally
    clock: Callable[[], float]
    evidence: Evidence = _no_evidence
    room_of: RoomOf = _nowhere
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
        query = request.scope["query_string"].decode("latin-1")
        url = f"{self.public_url}{path}" + (f"?{query}" if query else "")
        signature = request.headers.get("x-twilio-signature", "")
        settings = request.headers.get("x-twilio-webhooks-signature-settings", "")
        signed = (url, pairs if form else None, body, signature, settings)
        signers = [each for each in self.accounts if each.verify(*signed)]
        fields = dict(pairs)
        named = fields.get("AccountSid")
        accounts = [x for x in signers if named in {None, x.account_sid}]
        if not signature or not accounts:
            wrong = _OTHER if signers else _WRONG
            self._warn(url, wrong if signature else "no X-Twilio-Signature")
            raise RefusedRequest(WebhookResult.FORGED)
        return SignedFields(fields, tuple(accounts))

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
        if self._repeated(request.headers["x-twilio-signature"]):
            return event, WebhookResult.REPEATED
        if of_conference:
            owner.heard(room, fields.get("ConferenceSid", ""))
            if told := payload.leg_event(fields, self.clock()):
                owner.leg_heard(room, told)
        else:
            self._show(_query(request).get("attempt", ""), fields.get("CallSid", ""))
        owner.mark(room, Priority.WEBHOOK, event)
        return event, WebhookResult.MARKED

    def _room(self, request: Request, signed: SignedFields) -> str | None:
        """The room of a call whose URL names a room, a conference, or nothing."""
        named = _query(request).get("room", "")
        if named and signed.owner(named) is not None:
            return named
        return self.room_of(named) or self.room_of(signed.fields.get("CallSid", ""))

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
