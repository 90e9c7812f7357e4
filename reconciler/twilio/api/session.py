"""Session with Twilio: sends a request, returns a response or raises TwilioError.

Reads are repeated where that may help, a delete once after a lost connection,
and a POST never.
"""

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from typing import Any, TypeVar

import httpx
from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.errors import (
    CredentialsRefused,
    NotSent,
    RateLimited,
    TransientError,
    TwilioError,
    UnknownOutcome,
)
from reconciler.twilio.api.access import PAUSES_SECONDS, Access
from reconciler.twilio.api.account import Account
from reconciler.twilio.api.decode import Malformed
from reconciler.twilio.api.form import Form
from reconciler.twilio.api.request_builder import RequestBuilder, Source, address
from reconciler.twilio.api.response import ApiResponse, answered, malformed, refusal
from reconciler.twilio.api.send import SendTracker, run_through, send, transport_error
from reconciler.twilio.api.transports import get_sender
from reconciler.twilio.http.response_parser import Reply
from reconciler.twilio.http.timing import OnRequest, Timing
from reconciler.twilio.http.transport import DirectTransport

_OK = int(httpx.codes.OK)

T = TypeVar("T")
Decode = Callable[[bytes], T]
Extensions = dict[str, Any]
Way = Callable[[Extensions, float], Awaitable[ApiResponse]]
"""Sends a request with httpx's extensions; the whole answer within so many seconds."""


class ApiSession:
    """Requests of one account.

    ``sleep`` waits seconds; ``jitter`` gives a number from 0 up to 1. ``on_limit``
    is told, before a read is tried again, for how long Twilio asks to send nothing,
    None if it does not say.
    """

    def __init__(
        self,
        account: Account,
        reading: httpx.AsyncBaseTransport,
        writing: httpx.AsyncBaseTransport,
        *,
        timing: Timing,
        sleep: Callable[[float], Awaitable[object]],
        jitter: Callable[[], float],
        on_request: OnRequest,
        on_limit: Callable[[float | None], None],
        user_agent: str,
    ) -> None:
        self.account = account
        self.access = Access(_now)
        self._ends_at = inf
        self._reading = reading
        self._writing = writing
        self._timing = timing
        self._sleep = sleep
        self._jitter = jitter
        self._on_request = on_request
        self._on_limit = on_limit
        self._requests = RequestBuilder(account, user_agent)
        self._reads = _Tries("GET", timing.tries, _may_pass)
        self._get = get_sender(reading, self._requests)
        total = {"total": timing.read_total_seconds}
        self._get_once = {"timeout": timing.extension | total}

    def end_by(self, at: float) -> None:
        """Begin no request at *at* or later, and wait for no answer any longer.

        *at* is on the event loop's clock. A write under way then has an unknown
        outcome.
        """
        self._ends_at = at

    async def get(
        self, operation: str, url: str, decode: Decode[T], query: Form = ()
    ) -> T:
        """What *decode* makes of the answer; up to three tries.

        TransientError also for an answer that is not Twilio's.
        """
        response = await self._repeated(operation, address(url, query), self._reads)
        return _decoded(response, decode, writing=False)

    def expect(self, writes: int) -> None:
        """So many writes are about to be sent, each over a connection of its own."""
        if isinstance(self._writing, DirectTransport):
            self._writing.expect(self._requests.origin, writes)

    def source(self, url: str) -> Source:
        """Where ``get_once`` finds *url*."""
        return self._requests.source(url)

    async def get_once(self, operation: str, source: Source) -> Reply:
        """The answer to a GET, by one try; raises as ``get`` does."""
        clock = asyncio.get_running_loop().time
        began, status = clock(), 0
        try:
            reply = await self._get(source, self._get_once)
            status = reply[0]
        except (httpx.HTTPError, OSError) as error:
            raise transport_error(
                error, operation, SendTracker(), writing=False
            ) from error
        finally:
            ended = clock()
            self._on_request(operation, "GET", status, ended - began, None)
        if status != _OK:
            raise refusal(_kept(reply, operation), "GET", asked=self.account.base_url)
        self.access.accepted(ended)
        return reply

    async def delete(
        self, operation: str, url: str, *, may_send: Callable[[], bool] | None = None
    ) -> str | None:
        """The request id; sent again once if no answer came. *may_send* as in ``post``."""
        response = await run_through(
            self._repeated(operation, url, _DELETES, may_send=may_send)
        )
        return response.request_id

    async def post(
        self,
        operation: str,
        url: str,
        form: Form,
        decode: Decode[T],
        *,
        may_send: Callable[[], bool] | None = None,
        redact: tuple[str, ...] = (),
    ) -> tuple[T, str | None]:
        """What *decode* makes of the answer, and the request id; sent once at most.

        *may_send* is asked last of all before the first byte: False sends nothing
        and raises NotSent. *redact* never shows in an error. Whoever is
        cancelled while waiting here still gets the answer, after at most
        ``write_total`` seconds, and must look at its task's ``cancelling()``.
        """
        request = self._requests.post(url, form)
        tracker = SendTracker(may_send)
        way = _sending(self._writing, request, tracker)
        response = await run_through(
            self._once(operation, "POST", way, tracker, writing=True)
        )
        if not response.ok:
            raise self._judged(
                refusal(response, "POST", redact=redact, asked=self.account.base_url)
            )
        self.access.accepted(_now())
        return _decoded(response, decode, writing=True), response.request_id

    async def close(self) -> None:
        await self._reading.aclose()
        await self._writing.aclose()

    async def _repeated(
        self,
        operation: str,
        url: str,
        tries: "_Tries",
        *,
        may_send: Callable[[], bool] | None = None,
    ) -> ApiResponse:
        method = tries.method
        began, tried, strays = _now(), 0, 0
        while True:
            try:
                return await self._tried(operation, method, url, may_send)
            except CredentialsRefused as error:
                strays += 1
                judged = self._judged(error, tried=strays, since=began)
                if judged is error or method != "GET" or strays > len(PAUSES_SECONDS):
                    raise judged from error
                wait = PAUSES_SECONDS[strays - 1]
            except (TransientError, UnknownOutcome) as error:
                tried += 1
                wait = self._wait(error, tried)
                if isinstance(error, RateLimited) or error.retry_after is not None:
                    self._on_limit(error.retry_after)
                if (
                    tried == tries.most
                    or not tries.again(error)
                    or wait > self._timing.longest_wait_seconds
                ):
                    raise
            await self._sleep(min(wait, max(0.0, self._ends_at - _now())))

    def _judged(
        self, error: TwilioError, *, tried: int = 1, since: float | None = None
    ) -> TwilioError:
        if not isinstance(error, CredentialsRefused):
            return error
        first = _now() if since is None else since
        return self.access.judged(error, tried=tried, since=first)

    def _wait(self, error: TwilioError, tried: int) -> float:
        """Full jitter, and no less than Twilio asked for."""
        most = min(
            self._timing.backoff_seconds * 2.0**tried, self._timing.longest_wait_seconds
        )
        return max(self._jitter() * most, error.retry_after or 0.0)

    async def _tried(
        self,
        operation: str,
        method: str,
        url: str,
        may_send: Callable[[], bool] | None = None,
    ) -> ApiResponse:
        tracker = SendTracker(may_send)
        way = self._receiving(url, tracker)
        if method != "GET":
            request = self._requests.bodiless(method, url)
            way = _sending(self._reading, request, tracker)
        response = await self._once(operation, method, way, tracker, writing=False)
        if not response.ok:
            raise refusal(response, method, asked=self.account.base_url)
        self.access.accepted(_now())
        return response

    def _understood(self, response: ApiResponse) -> ApiResponse:
        """An answer of another service in Twilio's words."""
        service = self.account.service
        if not service.translates:
            return response
        content = service.translated(response.content, response.status)
        return replace(response, content=content)

    def _receiving(self, url: str, tracker: SendTracker) -> Way:
        source = self.source(url)

        async def way(extensions: Extensions, seconds: float) -> ApiResponse:
            async with asyncio.timeout(seconds):
                tracker.check()
                return answered(await self._get(source, extensions))

        return way

    async def _once(
        self,
        operation: str,
        method: str,
        way: Way,
        tracker: SendTracker,
        *,
        writing: bool,
    ) -> ApiResponse:
        clock = asyncio.get_running_loop().time
        began, response = clock(), None
        if began >= self._ends_at:
            raise TransientError(f"{operation}: nothing was sent (the time is up)")
        extensions = {"timeout": self._timing.extension, "trace": tracker.watch}
        total = (
            self._timing.write_total_seconds
            if writing
            else self._timing.read_total_seconds
        )
        try:
            left = min(total, self._ends_at - began)
            response = self._understood(await way(extensions, left))
        except (Exception, asyncio.CancelledError) as error:
            if not tracker.is_about_the_line(error, writing=writing):
                raise
            writing = method != "GET"
            raise transport_error(error, operation, tracker, writing=writing) from error
        finally:
            self._on_request(
                operation,
                method,
                0 if response is None else response.status,
                clock() - began,
                None if response is None else response.request_id,
            )
        return response


def _sending(
    transport: httpx.AsyncBaseTransport, request: httpx.Request, tracker: SendTracker
) -> Way:
    def way(extensions: Extensions, seconds: float) -> Awaitable[ApiResponse]:
        request.extensions = extensions
        return send(transport, request, tracker, seconds)

    return way


def _now() -> float:
    return asyncio.get_running_loop().time()


def _decoded(response: ApiResponse, decode: Decode[T], *, writing: bool) -> T:
    try:
        return decode(response.content)
    except Malformed as error:
        raise malformed(response, str(error), writing=writing) from error


def _may_pass(error: TwilioError) -> bool:
    """Whether another try may be answered; a 4xx without a code was no answer."""
    return (
        _unanswered(error)
        or isinstance(error, RateLimited)
        or httpx.codes.is_server_error(error.status)
        or (httpx.codes.is_client_error(error.status) and not error.code)
    )


def _kept(reply: Reply, operation: str) -> ApiResponse:
    """What is kept of an answer to a GET; TransientError if it cannot be unpacked."""
    try:
        return answered(reply)
    except httpx.DecodingError as error:
        raise transport_error(error, operation, SendTracker(), writing=False) from error


def _unanswered(error: TwilioError) -> bool:
    return error.status == 0 and not isinstance(error, NotSent)


class _Tries(Struct, frozen=True):
    """How often a request of *method* is sent at most, and after which errors."""

    method: str
    most: int
    again: Callable[[TwilioError], bool]


_DELETES = _Tries("DELETE", 2, _unanswered)
