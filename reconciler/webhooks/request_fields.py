"""The fields of a request that came in: read within bounds, or refused."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from starlette.requests import ClientDisconnect, Request

from reconciler.engine.request_body import OversizedBody, SlowBody, read_request_body
from reconciler.webhooks import payload

MOST_BYTES: Final = 65_536


class WebhookResult(StrEnum):
    """What became of a request; see above, and ``voice`` for the last three."""

    MARKED = "marked"
    REPEATED = "repeated"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"
    FORGED = "forged"
    SLOW = "slow"
    OVERSIZED = "oversized"
    UNSUPPORTED = "unsupported"
    ADMITTED = "admitted"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"


REFUSALS: Final[Mapping[WebhookResult, int]] = {
    WebhookResult.MALFORMED: 400,
    WebhookResult.FORGED: 403,
    WebhookResult.SLOW: 408,
    WebhookResult.OVERSIZED: 413,
    WebhookResult.UNSUPPORTED: 415,
}


class RefusedRequest(Exception):  # noqa: N818 - ends a request
    """A request of which nothing is believed."""

    def __init__(self, result: WebhookResult) -> None:
        super().__init__(result)
        self.result = result


def status_of(refused: WebhookResult) -> int:
    """The status with which a refused request is answered."""
    return REFUSALS[refused]


async def read_body(request: Request, most_bytes: int = MOST_BYTES) -> bytes:
    """All of the body; RefusedRequest if it is too long, or does not come in time."""
    said = request.headers.get("content-length")
    try:
        return await read_request_body(request.stream(), said, most_bytes)
    except OversizedBody:
        raise RefusedRequest(WebhookResult.OVERSIZED) from None
    except (SlowBody, ClientDisconnect):
        raise RefusedRequest(WebhookResult.SLOW) from None


def read_fields(request: Request, body: bytes) -> tuple[payload.Pairs, bool]:
    """The fields of *body*, and whether they are a form's; RefusedRequest."""
    kind = content_type(request)
    try:
        if kind == payload.FORM:
            return payload.read_form(body), True
        if kind == payload.JSON:
            return payload.read_json(body), False
    except ValueError:
        raise RefusedRequest(WebhookResult.MALFORMED) from None
    raise RefusedRequest(WebhookResult.UNSUPPORTED)


def content_type(request: Request) -> str:
    """The media type of the body, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
