"""Requests of a probe: paced, one at a time, with every answer kept as evidence.

A read is repeated where no answer of Twilio's came; a POST or DELETE is sent once,
and again only after a 429, which is never processed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import httpx
from msgspec import Struct, field

from reconciler.model.errors import TransientError, UnknownOutcome
from reconciler.probe.anonymizer import Anonymizer
from reconciler.twilio.api import decode
from reconciler.twilio.api.account import Account
from reconciler.twilio.api.form import Form
from reconciler.twilio.api.request_builder import RequestBuilder, address
from reconciler.twilio.api.response import ApiResponse, refusal
from reconciler.twilio.api.send import SendTracker, send, transport_error
from reconciler.twilio.http.timing import Timing

_TRIES = 4
_PAUSE_SECONDS = 1.0
_TOO_MANY = 429
_UNAUTHORIZED = 401
_SERVER_ERRORS = 500
Sleep = Callable[[float], Awaitable[object]]


class ProbeReply(Struct, frozen=True):
    """Twilio's answer; ``at`` is when it came, in Unix seconds."""

    status: int
    body: Mapping[str, object]
    content: bytes
    at: float
    request_id: str | None = None
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Whether Twilio did what was asked."""
        return httpx.codes.is_success(self.status)

    @property
    def missing(self) -> bool:
        """Whether there is no such resource."""
        return self.status == httpx.codes.NOT_FOUND

    @property
    def code(self) -> int:
        """Twilio's error code, 0 without one."""
        code = self.body.get("code")
        return code if isinstance(code, int) else 0

    @property
    def state(self) -> str | None:
        """The status of the conference, participant or call in the body."""
        status = self.body.get("status")
        return status if isinstance(status, str) else None

    def text(self, name: str) -> str:
        """A text of the body, "" where there is none."""
        value = self.body.get(name)
        return value if isinstance(value, str) else ""

    def items(self, name: str) -> tuple[Mapping[str, object], ...]:
        """The items of a listing."""
        value = self.body.get(name)
        return tuple(value) if isinstance(value, list) else ()


class ProbeRequest(Struct, frozen=True):
    """A request by the segments of its path below the account."""

    method: str
    segments: tuple[str, ...]
    form: Form = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiLine:
    """The way to one account.

    ``clock`` gives Unix seconds and ``sleep`` waits seconds; ``pace`` is the least
    time between two requests, in seconds.
    """

    def __init__(
        self,
        account: Account,
        transports: tuple[httpx.AsyncBaseTransport, httpx.AsyncBaseTransport],
        anonymizer: Anonymizer,
        *,
        clock: Callable[[], float],
        sleep: Sleep,
        user_agent: str,
        pace: float = 0.0,
    ) -> None:
        self.account = account
        self.clock = clock
        self.sleep = sleep
        self._reading, self._writing = transports
        self._anonymizer = anonymizer
        self._requests = RequestBuilder(account, user_agent)
        self._pace = pace
        self._timing = Timing()
        self.evidence: list[dict[str, object]] = []

    async def get(self, *segments: str, **query: str) -> ProbeReply:
        """The answer to a GET, whatever its status; TransientError without one."""
        return await self.read(segments, tuple(query.items()))

    async def read(self, segments: tuple[str, ...], query: Form = ()) -> ProbeReply:
        """As ``get``, for names of a query that are no identifiers."""
        request = ProbeRequest("GET", segments, query)
        for tried in range(1, _TRIES + 1):
            try:
                reply = await self._once(request)
            except TransientError:
                if tried == _TRIES:
                    raise
            else:
                if not self._passing(reply) or tried == _TRIES:
                    return self._settled(reply)
            await self.sleep(_PAUSE_SECONDS)
        raise AssertionError("unreachable")

    async def post(
        self, *segments: str, form: Form = (), headers: Mapping[str, str] | None = None
    ) -> ProbeReply:
        """The answer to a POST; UnknownOutcome where it may have worked without one."""
        request = ProbeRequest("POST", segments, form, headers or {})
        return await self._write(request)

    async def delete(self, *segments: str) -> ProbeReply:
        """The answer to a DELETE; UnknownOutcome where it may have worked without one."""
        return await self._write(ProbeRequest("DELETE", segments))

    async def burst(self, count: int, *segments: str) -> tuple[ProbeReply, ...]:
        """The answers to *count* GETs at once."""
        request = ProbeRequest("GET", segments)
        asked = (self._once(request, paced=False) for _ in range(count))
        return tuple(await asyncio.gather(*asked))

    def anonymous(self, text: str) -> str:
        """*text* as evidence has it."""
        return self._anonymizer.text(text)

    async def close(self) -> None:
        await self._reading.aclose()
        await self._writing.aclose()

    async def _write(self, request: ProbeRequest) -> ProbeReply:
        reply = await self._once(request)
        for _ in range(1, _TRIES):
            if reply.status != _TOO_MANY:
                break
            await self.sleep(reply.retry_after or _PAUSE_SECONDS)
            reply = await self._once(request)
        return self._settled(reply)

    async def _once(self, request: ProbeRequest, *, paced: bool = True) -> ProbeReply:
        if paced and self._pace:
            await self.sleep(self._pace)
        writing = request.method != "GET"
        transport = self._writing if writing else self._reading
        sent, tracker = self._built(request), SendTracker()
        total = (
            self._timing.write_total_seconds
            if writing
            else self._timing.read_total_seconds
        )
        extension: dict[str, float | None] = dict(self._timing.extension)
        sent.extensions = {
            "timeout": extension | {"total": total},
            "trace": tracker.watch,
        }
        operation = f"{request.method} {'/'.join(request.segments[:1])}"
        try:
            response = await send(transport, sent, tracker, total)
        except (httpx.HTTPError, OSError) as error:
            raise transport_error(error, operation, tracker, writing=writing) from error
        reply = self._read(response)
        self._keep(request, reply)
        if writing and not self._said(reply):
            raise UnknownOutcome(
                f"{operation}: HTTP {reply.status} without an answer of Twilio's",
                status=reply.status,
            )
        return reply

    def _built(self, request: ProbeRequest) -> httpx.Request:
        url = self.account.url(*request.segments)
        if request.method == "POST":
            built = self._requests.post(url, request.form)
            built.headers.update(request.headers)
            return built
        return self._requests.bodiless(request.method, address(url, request.form))

    def _read(self, response: ApiResponse) -> ProbeReply:
        try:
            body = decode.body(response.content) if response.content else {}
        except decode.Malformed:
            body = {}
        return ProbeReply(
            response.status,
            body,
            response.content,
            self.clock(),
            response.request_id,
            response.retry_after,
        )

    def _passing(self, reply: ProbeReply) -> bool:
        """Whether another try of a read may be answered."""
        limited = reply.status == _TOO_MANY
        refused = reply.status == _UNAUTHORIZED
        return limited or refused or not self._said(reply)

    @staticmethod
    def _said(reply: ProbeReply) -> bool:
        """Whether it is Twilio's own word; a CDN's page and a 5xx are none."""
        bare = bool(reply.content) and not reply.body
        return reply.status < _SERVER_ERRORS and not bare

    def _settled(self, reply: ProbeReply) -> ProbeReply:
        if reply.status == _UNAUTHORIZED:
            response = ApiResponse(reply.status, reply.content, reply.request_id)
            raise refusal(response, "GET", asked=self.account.base_url)
        if not self._said(reply):
            raise TransientError(f"Twilio answered {reply.status}", status=reply.status)
        return reply

    def _keep(self, request: ProbeRequest, reply: ProbeReply) -> None:
        """Note an answer; one that is as the last to the same request only counts."""
        row = self._row(request, reply)
        for last in reversed(self.evidence[-4:]):
            if all(last.get(key) == value for key, value in row.items()):
                last["repeated"] = int(str(last.get("repeated", 0))) + 1
                last["last_at"] = reply.at
                return
        self.evidence.append(
            row | {"at": reply.at, "request_id": reply.request_id or ""}
        )

    def _row(self, request: ProbeRequest, reply: ProbeReply) -> dict[str, object]:
        plain = self._anonymizer.text
        path = "/".join(map(plain, request.segments))
        form = {name: plain(value) for name, value in request.form}
        row: dict[str, object] = {
            "request": f"{request.method} {path}",
            "status": reply.status,
            "body": self._anonymizer.body(reply.body),
        }
        return row | ({"form": form} if form else {})
