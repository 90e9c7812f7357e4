"""Endpoint of Event Streams: a second source beside webhooks and the API.

Delivered at least once, in no order, perhaps hours late: what an event tells dates a
leg, or says where to look for a lost create. That none came says nothing.

    answer  when
    204     each event was read, or passed over; a repetition would change nothing
    400     the body is no JSON array
    403     no signature, or a wrong one
    408     the body did not come in time
    413     the body or the array is too long
    415     not JSON

    event   result       when
            marked       it dates a leg, or reports a call that was not known
            repeated     it was here before, by itself or as a webhook
            unknown      another type, account or room, or nothing new
            unsupported  a schema or version that is not read
            malformed    no CloudEvent 1.0, or other data than Twilio documents
"""

import logging
from collections.abc import Sequence
from typing import Final

from msgspec import Struct, field
from starlette.requests import Request
from starlette.responses import Response

from reconciler.engine.loop.work_queue import Priority
from reconciler.webhooks import payload, public_url
from reconciler.webhooks.account_rooms import AccountRooms
from reconciler.webhooks.cloud_event import (
    MOST_BYTES,
    CloudEvent,
    TooManyEvents,
    read_batch,
)
from reconciler.webhooks.receiver import EVENT_STREAM, Webhooks, event_number
from reconciler.webhooks.recent_messages import RecentMessages
from reconciler.webhooks.request_fields import (
    RefusedRequest,
    WebhookResult,
    content_type,
    read_body,
    status_of,
)
from reconciler.webhooks.stream_fact import (
    TEST_EVENT,
    VERSIONS,
    StreamFact,
    UnreadableFact,
    fact_of,
)

MOST_SCHEMAS: Final = 100
"""Schemas of which is told that they are not read."""

_log = logging.getLogger("reconciler.webhooks")


class EventStreamReceiver(Struct):
    """Takes deliveries, for the accounts of *webhooks*."""

    webhooks: Webhooks
    _events: RecentMessages = field(default_factory=RecentMessages)
    _unread: set[str] = field(default_factory=set)

    async def receive(self, request: Request) -> Response:
        """The answer to a delivery; see the module."""
        hooks = self.webhooks
        try:
            signers, events = await self._read(request)
        except RefusedRequest as refused:
            hooks.tally.webhook("unread", refused.result, None)
            return Response(status_code=status_of(refused.result))
        for event in events:
            at = event.at if event else None
            lag = None if at is None else max(0.0, hooks.clock() - at)
            hooks.tally.webhook(EVENT_STREAM, self._take(event, signers), lag)
        return Response(status_code=204)

    async def _read(
        self, request: Request
    ) -> tuple[tuple[AccountRooms, ...], tuple[CloudEvent | None, ...]]:
        """Who signed, and what; nothing of the body is read before it is known by whom."""
        body = await read_body(request, MOST_BYTES)
        if content_type(request) not in {
            payload.JSON,
            "application/cloudevents-batch+json",
        }:
            raise RefusedRequest(WebhookResult.UNSUPPORTED)
        path = public_url.EVENT_STREAMS
        signers = self.webhooks.signers(request, path, None, body)
        try:
            return signers, read_batch(body)
        except TooManyEvents:
            raise RefusedRequest(WebhookResult.OVERSIZED) from None
        except ValueError:
            raise RefusedRequest(WebhookResult.MALFORMED) from None

    def _take(
        self, event: CloudEvent | None, signers: Sequence[AccountRooms]
    ) -> WebhookResult:
        if event is None:
            return WebhookResult.MALFORMED
        if event.version not in VERSIONS.get(event.schema, ()):
            return self._pass_over(event)
        if event.type == TEST_EVENT:
            _log.info(
                "event streams test event", extra={"test_id": event.data.get("test_id")}
            )
            return WebhookResult.UNKNOWN
        try:
            fact = fact_of(event)
        except UnreadableFact:
            return WebhookResult.MALFORMED
        return self._believe(event, fact, signers) if fact else WebhookResult.UNKNOWN

    def _believe(
        self, event: CloudEvent, fact: StreamFact, signers: Sequence[AccountRooms]
    ) -> WebhookResult:
        """An event of an account that did not sign it, or of a room of another's, is not."""
        owner, room = self._owner(fact, signers)
        if owner is None:
            return WebhookResult.UNKNOWN
        if self._events.known(f"{event.source} {event.id}"):
            return WebhookResult.REPEATED
        fresh = self._reports(owner, room, fact)
        if fact.fields:
            if self.webhooks.numbers.known(event_number(fact.fields)) and not fresh:
                return WebhookResult.REPEATED
            fresh |= self._dates(owner, room, fact)
        if not fresh:
            return WebhookResult.UNKNOWN
        owner.mark(room, Priority.WEBHOOK, EVENT_STREAM)
        return WebhookResult.MARKED

    def _owner(
        self, fact: StreamFact, signers: Sequence[AccountRooms]
    ) -> tuple[AccountRooms | None, str]:
        own = [x for x in signers if x.account_sid == fact.account_sid]
        named = (fact.room, self.webhooks.room_of(fact.conference_sid) or "")
        found = ((x, room) for room in named if room for x in own if x.knows(room))
        return next(found, (None, ""))

    def _reports(self, owner: AccountRooms, room: str, fact: StreamFact) -> bool:
        """Whether a call is reported that no look has shown."""
        call = fact.call
        if call is None or self.webhooks.room_of(call.call_sid) is not None:
            return False
        return owner.report(room, call)

    def _dates(self, owner: AccountRooms, room: str, fact: StreamFact) -> bool:
        """Whether a leg's state is told."""
        event = payload.leg_event(fact.fields, self.webhooks.clock())
        if event is not None:
            owner.leg_heard(room, event)
        return event is not None

    def _pass_over(self, event: CloudEvent) -> WebhookResult:
        """Tell, once for each schema, of data that is not read."""
        schema = f"{event.schema}/{event.version}"
        if schema not in self._unread and len(self._unread) < MOST_SCHEMAS:
            self._unread.add(schema)
            fields = {"schema": schema, "type": event.type}
            _log.warning("event streams schema not read", extra=fields)
        return WebhookResult.UNSUPPORTED
