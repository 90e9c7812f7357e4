"""The voice webhook of a number: Twilio asks what a caller is to be told.

    answer  result       when
    200     admitted     TwiML that joins the caller to the room as declared
    200     rejected     TwiML that does not take the call, also of another account's room
    400     malformed    the body cannot be read, or names no call
    403     forged       no signature, or a wrong one
    503     unavailable  SQL cannot say what is declared: nobody joins

With any answer but 200 Twilio asks the number's fallback URL, or ends the call. The
other refusals are those of ``receiver``.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from reconciler.model.errors import StoreError
from reconciler.model.roster import Fields
from reconciler.planning.admission import Admission, IncomingCall, Rejection
from reconciler.webhooks import public_url, twiml
from reconciler.webhooks.receiver import Webhooks
from reconciler.webhooks.request_fields import (
    RefusedRequest,
    WebhookResult,
    status_of,
)

ANSWER_SECONDS: Final = 8.0
"""Seconds within which SQL has to answer; Twilio waits for 15."""

EVENT: Final = "voice"
_LONGEST_SID: Final = 64
_UNAVAILABLE: Final = 503

_log = logging.getLogger("reconciler.webhooks")

Answer = Callable[
    [str, IncomingCall, Collection[str]], Awaitable[Admission | Rejection]
]
"""What becomes of a call to a room, which is of one of these accounts; StoreError."""

Complete = Callable[[Fields], Fields]
"""Parameters with callbacks and secrets; LookupError for a secret that is not set."""


class VoiceWebhook(Struct, frozen=True):
    """Answers for all rooms; requests are read and counted as all *webhooks*."""

    webhooks: Webhooks
    answer: Answer
    complete: Complete

    async def respond(self, request: Request) -> Response:
        """Answer one request."""
        room = request.path_params["room"]
        try:
            answer = await self._answer(room, *await self._call(request))
            document = self._document(answer)
        except RefusedRequest as refused:
            self.webhooks.tally.webhook("unread", refused.result, None)
            return Response(status_code=status_of(refused.result))
        except (StoreError, TimeoutError, LookupError, twiml.TwimlError) as error:
            return self._unavailable(room, error)
        admitted = isinstance(answer, Admission)
        result = WebhookResult.ADMITTED if admitted else WebhookResult.REJECTED
        self.webhooks.tally.webhook(EVENT, result, None)
        return Response(document, media_type=twiml.CONTENT_TYPE)

    async def _call(self, request: Request) -> tuple[IncomingCall, Collection[str]]:
        """The call, and the names of the accounts whose signature it has."""
        path = public_url.VOICE + _named(request, self.webhooks.public_url)
        signed = await self.webhooks.read(request, path)
        sid = signed.fields.get("CallSid", "")
        if not 0 < len(sid) <= _LONGEST_SID:
            raise RefusedRequest(WebhookResult.MALFORMED)
        call = IncomingCall(sid, signed.fields.get("From", ""))
        return call, [account_rooms.name for account_rooms in signed.accounts]

    async def _answer(
        self, room: str, call: IncomingCall, accounts: Collection[str]
    ) -> Admission | Rejection:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self.answer(room, call, accounts)

    def _document(self, answer: Admission | Rejection) -> bytes:
        if isinstance(answer, Rejection):
            return twiml.reject()
        return twiml.conference(answer.room, self.complete(answer.fields))

    def _unavailable(self, room: str, error: Exception) -> Response:
        reason = str(error) or "SQL did not answer in time"
        _log.warning("call not answered", extra={"room": room, "reason": reason})
        self.webhooks.tally.webhook(EVENT, WebhookResult.UNAVAILABLE, None)
        return Response(status_code=_UNAVAILABLE)


def _named(request: Request, url: str) -> str:
    """The room as the URL has it, encoded: the signature covers it so."""
    raw: bytes = request.scope["raw_path"]
    path = raw.decode("latin-1").partition("?")[0]
    own = public_url.encoded_prefix(url) + public_url.VOICE
    return path.removeprefix(own if path.startswith(own) else public_url.VOICE)
