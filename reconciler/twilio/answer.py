"""An answer of Twilio's, and the error that one which is no success stands for."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import httpx

from reconciler.model.errors import (
    CredentialsRefused,
    Gone,
    LabelInUse,
    RateLimited,
    TerminalError,
    TransientError,
    TwilioError,
    UnknownOutcome,
)
from reconciler.model.masking import mask
from reconciler.twilio import wire
from reconciler.twilio.codes import BY_NUMBER, Code, Reaction
from reconciler.twilio.framing import Reply

REQUEST_ID = "Twilio-Request-Id"
_HALF_HEARD = frozenset({408, 425})
_LONGEST_MESSAGE = 200
_TOO_MANY = 20429
_BY_STATUS: Mapping[int, type[TwilioError]] = MappingProxyType(
    {401: CredentialsRefused, 403: CredentialsRefused, 404: Gone, 409: TransientError}
)
_BY_REACTION: Mapping[Reaction, type[TwilioError]] = MappingProxyType(
    {
        Reaction.STOP: CredentialsRefused,
        Reaction.PERSON: TerminalError,
        Reaction.ADOPT: LabelInUse,
        Reaction.GONE: Gone,
        Reaction.WAIT: TransientError,
        Reaction.REOBSERVE: TransientError,
        Reaction.SLOW_DOWN: RateLimited,
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, whole body and the headers that matter; ``retry_after`` in seconds."""

    status: int
    content: bytes
    request_id: str | None = None
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Whether Twilio did what was asked."""
        return httpx.codes.is_success(self.status)


def answer(response: httpx.Response, content: bytes) -> Answer:
    """What is kept of a response whose body was read."""
    return Answer(
        status=response.status_code,
        content=content,
        request_id=response.headers.get(REQUEST_ID),
        retry_after=_retry_after(response.headers),
    )


def answered(reply: Reply) -> Answer:
    """What is kept of an answer as it came off the line."""
    status, headers, body = reply
    response = httpx.Response(status, headers=headers, content=body)
    return answer(response, response.content)


def plain(reply: Reply) -> bytes:
    """The body of an answer with a JSON object, decompressed if it came compressed."""
    body = reply[2]
    return body if body.startswith(b"{") else answered(reply).content


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds to wait; a date is counted from the answer's own Date."""
    told = headers.get("Retry-After", "").strip()
    if told.isdecimal():
        return float(told)
    until, now = wire.unix_time(told), wire.unix_time(headers.get("Date"))
    return None if until is None or now is None else max(0.0, until - now)


def refusal(
    found: Answer, *, writing: bool, hidden: tuple[str, ...] = ()
) -> TwilioError:
    """The error for an answer that is no success.

    *writing* is True for a create or an update: what may have been carried out
    then has an unknown outcome. *hidden* is never shown.
    """
    code, message = _told(found.content)
    for secret in hidden:
        message = message.replace(secret, "•••")
    known = BY_NUMBER.get(code)
    meaning = known.meaning if known else mask(message)[:_LONGEST_MESSAGE]
    text = _text(found.status, code, meaning)
    return _error(found, code, known, text, writing=writing)


def malformed(found: Answer, reason: str, *, writing: bool) -> TwilioError:
    """The error for an answer that should be one of Twilio's and is not."""
    kind = UnknownOutcome if writing else TransientError
    return kind(
        f"Twilio answered {found.status} with {mask(reason)}",
        status=found.status,
        request_id=found.request_id,
    )


def _told(content: bytes) -> tuple[int, str]:
    """Twilio's code (0 without one) and its words."""
    try:
        found = wire.body(content)
    except wire.Malformed:
        return 0, "an answer that is not Twilio's JSON"
    code = found.get("code")
    words = (
        found.get("message") or found.get("detail") or found.get("title") or "no reason"
    )
    return code if isinstance(code, int) else 0, str(words)


def _text(status: int, code: int, meaning: str) -> str:
    where = f"code {code}, HTTP {status}" if code else f"HTTP {status}"
    did = "refused" if httpx.codes.is_client_error(status) else "failed"
    return f"Twilio {did}: {meaning} ({where})"


def _error(
    found: Answer, code: int, known: Code | None, text: str, *, writing: bool
) -> TwilioError:
    status, request_id = found.status, found.request_id
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return RateLimited(
            text,
            retry_after=found.retry_after,
            code=code or _TOO_MANY,
            request_id=request_id,
        )
    if _perhaps_done(status) or (known and known.reaction is Reaction.LOOK):
        kind: type[TwilioError] = UnknownOutcome if writing else TransientError
    elif known and status != httpx.codes.UNAUTHORIZED:
        kind = _BY_REACTION[known.reaction]
    else:
        kind = _BY_STATUS.get(status, TerminalError)
    return kind(text, status=status, code=code, request_id=request_id)


def _perhaps_done(status: int) -> bool:
    return not httpx.codes.is_client_error(status) or status in _HALF_HEARD
