"""Sends one request and records whether any byte was written."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

import httpx

from reconciler.engine.waiting import wait_through
from reconciler.model.errors import NotSent, TransientError, TwilioError, UnknownOutcome
from reconciler.model.masking import mask
from reconciler.twilio.api.response import ApiResponse, answer
from reconciler.twilio.http.decompression import whole

T = TypeVar("T")

_LEAVING = "send_request_headers.started"
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


class SendTracker:
    """Records whether any byte of one request was written.

    ``may_send``, if given, is asked when the connection stands and before the
    first byte: False stops the request there. Transports that report their
    steps (httpx's own do) make ``left`` exact; of others only errors tell.
    """

    def __init__(self, may_send: Callable[[], bool] | None = None) -> None:
        self._may_send = may_send
        self._reported = False
        self.left = False

    def check(self) -> None:
        """Raise NotSent if the request may not be sent any longer."""
        if self._may_send is not None and not self._may_send():
            raise NotSent("not sent: the time allowed for sending is over")

    async def watch(self, step: str, about: Mapping[str, object]) -> None:
        """Take note of a transport's step (httpcore's ``trace`` extension)."""
        self._reported = True
        if step.endswith(_LEAVING) and not _to_a_proxy(about):
            self.check()
            self.left = True

    def never_left(self, error: BaseException) -> bool:
        """Whether *error* ended the request before any of it was sent."""
        if self.left:
            return False
        return self._reported or isinstance(error, _NEVER_LEFT)

    def is_about_the_line(self, error: BaseException, *, writing: bool) -> bool:
        """Whether *error* is about the line, and not a fault of ours.

        Whatever ends a write that has left is about the line: it may have worked.
        """
        if isinstance(error, TwilioError):
            return False
        if isinstance(error, httpx.HTTPError | OSError):
            return True
        return writing and (self.left or isinstance(error, asyncio.CancelledError))


def _to_a_proxy(about: Mapping[str, object]) -> bool:
    return getattr(about.get("request"), "method", None) == b"CONNECT"


async def send(
    transport: httpx.AsyncBaseTransport,
    request: httpx.Request,
    tracker: SendTracker,
    total: float,
) -> ApiResponse:
    """The answer, read to its end within *total* seconds."""
    async with asyncio.timeout(total):
        tracker.check()
        response = await transport.handle_async_request(request)
        try:
            return answer(response, await whole(response))
        finally:
            await response.aclose()


def transport_error(
    error: BaseException, operation: str, tracker: SendTracker, *, writing: bool
) -> TwilioError:
    """The error for a request that got no whole answer."""
    cause = mask(f"{type(error).__name__}: {error}".rstrip(": "))
    if tracker.never_left(error):
        return TransientError(f"{operation}: nothing was sent ({cause})")
    if writing:
        return UnknownOutcome(f"{operation}: sent, but no response came ({cause})")
    return TransientError(f"{operation}: the response was incomplete ({cause})")


async def run_through(work: Coroutine[Any, Any, T]) -> T:
    """The result of *work*, even for a caller that is cancelled meanwhile."""
    task = asyncio.create_task(work)
    await wait_through(task)
    if task.cancelled():
        raise TransientError("nothing was sent: canceled before the request began")
    return task.result()
