"""Responses of Twilio, and errors made from them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypedDict

import httpx
from msgspec import Struct

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
from reconciler.twilio.api import decode
from reconciler.twilio.api.error_codes import BY_NUMBER, Code, ErrorClass
from reconciler.twilio.http.decompression import unpacked
from reconciler.twilio.http.response_parser import Reply, trimmed

REQUEST_ID = "Twilio-Request-Id"
_REQUEST_ID = REQUEST_ID.lower().encode()
_TELLING = frozenset({b"content-encoding", b"retry-after"})
"""Headers besides that say something about the answer."""

_AMBIGUOUS_STATUSES = frozenset({408, 425})
_LONGEST_MESSAGE = 200
_TOO_MANY = 20429
_MIN_PAUSE_SECONDS = 1.0
_MAX_PAUSE_SECONDS = 300.0
"""Seconds. A shorter Retry-After says nothing; a longer one is cut."""

_BY_STATUS: Mapping[int, type[TwilioError]] = MappingProxyType(
    {404: Gone, 409: TransientError}
)
_BY_ERROR_CLASS: Mapping[ErrorClass, type[TwilioError]] = MappingProxyType(
    {
        ErrorClass.STOP: CredentialsRefused,
        ErrorClass.PERSON: TerminalError,
        ErrorClass.ADOPT: LabelInUse,
        ErrorClass.GONE: Gone,
        ErrorClass.WAIT: TransientError,
        ErrorClass.REOBSERVE: TransientError,
        ErrorClass.SLOW_DOWN: RateLimited,
    }
)


class ApiResponse(Struct, frozen=True):
    """Status, whole body and the headers that matter; ``retry_after`` in seconds."""

    status: int
    content: bytes
    request_id: str | None = None
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Whether Twilio did what was asked."""
        return httpx.codes.is_success(self.status)


def answer(response: httpx.Response, content: bytes) -> ApiResponse:
    """What is kept of a response whose body was read."""
    return ApiResponse(
        status=response.status_code,
        content=content,
        request_id=response.headers.get(REQUEST_ID),
        retry_after=_retry_after(response.headers),
    )


def answered(reply: Reply) -> ApiResponse:
    """What is kept of an answer as it came off the line; DecodingError."""
    status, raw, body = reply[0], trimmed(reply[1]), reply[2]
    known = {name.lower() for name, _ in raw}
    if known.isdisjoint(_TELLING):
        request_id = [value for name, value in raw if name.lower() == _REQUEST_ID]
        return ApiResponse(
            status, body, b", ".join(request_id).decode("latin-1") or None
        )
    headers = httpx.Headers(raw)
    content = unpacked(headers.get("Content-Encoding", ""), body)
    return ApiResponse(status, content, headers.get(REQUEST_ID), _retry_after(headers))


def plain(reply: Reply) -> bytes:
    """The body of an answer with a JSON object, decompressed if it came compressed.

    DecodingError for one that cannot be, or is too long then.
    """
    body = reply[2]
    return body if body.startswith(b"{") else answered(reply).content


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds to wait, None if that is not said or no time at all.

    A date is counted from the answer's own Date.
    """
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isdecimal():
        seconds = float(value)
    else:
        until, now = decode.unix_time(value), decode.unix_time(headers.get("Date"))
        seconds = 0.0 if until is None or now is None else until - now
    return min(seconds, _MAX_PAUSE_SECONDS) if seconds >= _MIN_PAUSE_SECONDS else None


def refusal(
    response: ApiResponse, method: str, *, redact: tuple[str, ...] = (), asked: str = ""
) -> TwilioError:
    """The error for an answer that is no success.

    A write that may have been carried out has an unknown outcome. *redact* is never
    shown. *asked* is the base URL, whose region has credentials of its own. An answer
    without Twilio's error body is a proxy's or a CDN's: it proves nothing about what
    the request was for, nor whether it was passed on.
    """
    said = _said(response)
    if said is None:
        return _foreign(response, writing=method != "GET")
    code, message = said
    for secret in redact:
        message = message.replace(secret, "•••")
    known = _known(response.status, code)
    meaning = known.meaning if known else mask(message)[:_LONGEST_MESSAGE]
    text = _text(response.status, code, meaning, known.step if known else "")
    kind = _kind(response.status, known, method)
    if asked and kind is CredentialsRefused:
        text = f"{text} (asked: {asked})"
    return kind(text, code=code or _plain_code(response.status), **_about(response))


def malformed(response: ApiResponse, reason: str, *, writing: bool) -> TwilioError:
    """The error for an answer that should be one of Twilio's and is not."""
    kind = UnknownOutcome if writing else TransientError
    return kind(
        f"Twilio answered {response.status} with {mask(reason)}",
        status=response.status,
        request_id=response.request_id,
    )


def _said(response: ApiResponse) -> tuple[int, str] | None:
    """Twilio's code (0 without one) and its words, None if it is not Twilio's."""
    try:
        body = decode.body(response.content)
    except decode.Malformed:
        return None
    code, status = body.get("code"), body.get("status")
    if not isinstance(code, int) and status != response.status:
        return None
    words = (
        body.get("message") or body.get("detail") or body.get("title") or "no reason"
    )
    return code if isinstance(code, int) else 0, str(words)


def _foreign(response: ApiResponse, *, writing: bool) -> TwilioError:
    """A page of something between Twilio and us; only a 429 says what it did."""
    status = response.status
    text = f"HTTP {status} without Twilio's error body: a proxy or CDN answered"
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return RateLimited(text, code=_TOO_MANY, **_about(response))
    kind = UnknownOutcome if writing else TransientError
    return kind(text, **_about(response))


class _About(TypedDict):
    status: int
    request_id: str | None
    retry_after: float | None


def _about(response: ApiResponse) -> _About:
    return {
        "status": response.status,
        "request_id": response.request_id,
        "retry_after": response.retry_after,
    }


def _plain_code(status: int) -> int:
    return _TOO_MANY if status == httpx.codes.TOO_MANY_REQUESTS else 0


def _text(status: int, code: int, meaning: str, step: str) -> str:
    where = f"code {code}, HTTP {status}" if code else f"HTTP {status}"
    did = "refused" if httpx.codes.is_client_error(status) else "failed"
    text = f"Twilio {did}: {meaning} ({where})"
    return f"{text}; {step}" if step else text


def _known(status: int, code: int) -> Code | None:
    row = BY_NUMBER.get(code)
    return row if row is not None and row.status in {0, status} else None


def _kind(status: int, known: Code | None, method: str) -> type[TwilioError]:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return RateLimited
    if status == httpx.codes.UNAUTHORIZED:
        return CredentialsRefused
    error_class = known.error_class if known else None
    if _perhaps_done(status) or error_class is ErrorClass.LOOK:
        return TransientError if method == "GET" else UnknownOutcome
    if error_class is None and status == httpx.codes.FORBIDDEN:
        error_class = ErrorClass.FORBIDDEN
    if error_class is ErrorClass.FORBIDDEN:
        return CredentialsRefused if method == "GET" else TerminalError
    if error_class is None:
        return _BY_STATUS.get(status, TerminalError)
    return _BY_ERROR_CLASS[error_class]


def _perhaps_done(status: int) -> bool:
    return not httpx.codes.is_client_error(status) or status in _AMBIGUOUS_STATUSES
