"""ASGI endpoint of the API: logs requests and injects faults."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache

import httpx
from starlette.types import Receive, Scope, Send

from reconciler.simulator.exchange.audit_log import Read, Write
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.fault import Fault, FaultKind
from reconciler.simulator.exchange.sid import Sids
from reconciler.simulator.http.auth import refuse
from reconciler.simulator.http.cdn import PASSED_HEADERS
from reconciler.simulator.http.fault_target import find_target
from reconciler.simulator.http.request import (
    ApiAnswer,
    ApiRequest,
    read_body,
    read_form,
    read_query,
)
from reconciler.simulator.http.response_encoder import Reply, ResponseEncoder
from reconciler.simulator.http.routes import perform

Sleep = Callable[[float], Awaitable[None]]
_TOO_MANY = 429
_UNAUTHORIZED = 401
_HEADERS: Mapping[str, str] = {
    "x-home-region": "us1",
    "x-api-domain": "api.twilio.com",
    "x-powered-by": "AT-5000",
    "x-shenanigans": "none",
    "strict-transport-security": "max-age=31536000",
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "Accept, Authorization, Content-Type, If-Match, "
    "If-Modified-Since, If-None-Match, If-Unmodified-Since, Idempotency-Key",
    "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
    "access-control-expose-headers": "ETag",
    "access-control-allow-credentials": "true",
}


class ApiEndpoint:
    """An ASGI application in front of the exchange.

    Where the server offers ``abort`` in the scope's state a reset is a real
    one; in process it is an ``httpx.ReadError``.
    """

    def __init__(self, exchange: Exchange, sleep: Sleep = asyncio.sleep) -> None:
        self._exchange = exchange
        self._sleep = sleep
        self._speaker = ResponseEncoder(exchange)
        self._request_ids = Sids(f"requests {exchange.account.sid}")
        self._concurrent = 0
        self._answered: dict[tuple[str, str], ApiAnswer] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        self._concurrent += 1
        try:
            await self._respond(scope, receive, send)
        finally:
            self._concurrent -= 1

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await _read_request(scope, receive)
        query = scope["query_string"].decode("latin-1")
        fault = self._fault(request, query)
        delay = fault.delay_seconds if fault else 0.0
        if delay and fault and not fault.after:
            await self._sleep(delay)
        request_id = self._request_ids.new("RQ")
        reply = self._reply(request, fault, request_id)
        if delay and fault and fault.after:
            await self._sleep(delay)
        if reply is None:
            await self._break_off(scope, receive, fault)
        else:
            wait = fault.retry_after if fault else 0.0
            await self._send(send, reply, request_id, wait)

    def _fault(self, request: ApiRequest, query: str) -> Fault | None:
        """The fault that this request meets; it is used up."""
        faults = self._exchange.faults
        if not faults.queued:
            return None
        target = find_target(self._exchange.state, request, query)
        return faults.take(target, self._exchange.clock())

    def _reply(
        self, request: ApiRequest, fault: Fault | None, request_id: str
    ) -> Reply | None:
        refusal = refuse(self._exchange, request, self._concurrent)
        processed = refusal is None and (fault is None or fault.processed)
        answer = refusal
        if processed and fault and fault.kind is FaultKind.STALE:
            with self._exchange.state.with_older_answers(fault.seconds):
                answer = self._perform(request)
        elif processed:
            answer = self._perform(request)
        reply = self._speaker.reply(request, answer, fault)
        self._note(request, request_id, answer, reply, fault)
        return reply

    def _perform(self, request: ApiRequest) -> ApiAnswer:
        honoured = self._exchange.switches.idempotency_token == "honoured"  # noqa: S105 - a word, not a secret
        if not (honoured and request.token and request.method == "POST"):
            return perform(self._exchange, request)
        key = (request.path, request.token)
        if key not in self._answered:
            self._answered[key] = perform(self._exchange, request)
        return self._answered[key]

    def _note(
        self,
        request: ApiRequest,
        request_id: str,
        answer: ApiAnswer | None,
        reply: Reply | None,
        fault: Fault | None,
    ) -> None:
        status = reply.status if reply else 0
        kind = fault.kind if fault else None
        at, path = self._exchange.clock(), request.path
        if request.method == "GET":
            self._exchange.history.reads.append(
                Read(at, path, request.query, status, request_id, kind)
            )
            return
        self._exchange.history.writes.append(
            Write(
                at=at,
                method=request.method,
                path=path,
                form=request.form,
                status=status,
                request_id=request_id,
                effect=answer.status if answer else None,
                ignored=answer.ignored if answer else (),
                fault=kind,
            )
        )

    async def _break_off(
        self, scope: Scope, receive: Receive, fault: Fault | None
    ) -> None:
        abort = scope.get("state", {}).get("abort", _raise_reset)
        try:
            await self._hang(receive, fault)
        except asyncio.CancelledError:
            if abort is not _raise_reset:
                abort()
            raise
        abort()
        await _until_disconnected(receive)

    async def _hang(self, receive: Receive, fault: Fault | None) -> None:
        if fault is None or fault.kind is not FaultKind.HANG:
            return
        if fault.seconds:
            await self._sleep(fault.seconds)
        else:
            await _until_disconnected(receive)

    async def _send(
        self, send: Send, reply: Reply, request_id: str, wait: float
    ) -> None:
        headers = dict(reply.headers or self._own_headers(reply.status, request_id))
        if reply.body:
            headers["content-type"] = reply.kind
            headers["content-length"] = str(len(reply.body))
        if wait := wait or self._usual_wait(reply.status):
            headers["retry-after"] = f"{wait:g}"
        raw = [*map(_encoded, headers.items())]
        await send(
            {"type": "http.response.start", "status": reply.status, "headers": raw}
        )
        await send({"type": "http.response.body", "body": reply.body})

    def _own_headers(self, status: int, request_id: str) -> Mapping[str, str]:
        challenge = {"www-authenticate": 'Basic realm="Twilio API"'}
        return {
            **_HEADERS,
            **PASSED_HEADERS,
            "twilio-request-id": request_id,
            "twilio-request-duration": "0.001",
            "twilio-concurrent-requests": str(self._concurrent),
            **(challenge if status == _UNAUTHORIZED else {}),
        }

    def _usual_wait(self, status: int) -> float:
        """Seconds that Retry-After tells, 0 where there is no such header."""
        return self._exchange.switches.retry_after_on_429 if status == _TOO_MANY else 0


@lru_cache(1024)
def _encoded(header: tuple[str, str]) -> tuple[bytes, bytes]:
    return header[0].encode(), header[1].encode()


async def _read_request(scope: Scope, receive: Receive) -> ApiRequest:
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    raw_path = scope.get("raw_path") or scope["path"].encode()
    return ApiRequest(
        method=scope["method"],
        path=raw_path.partition(b"?")[0].decode("latin-1"),
        query=read_query(scope["query_string"].decode("latin-1")),
        form=read_form(await read_body(receive)),
        origin=f"{scope['scheme']}://{headers.get(b'host', '')}",
        authorization=headers.get(b"authorization", ""),
        token=headers.get(b"i-twilio-idempotency-token")
        or headers.get(b"idempotency-key", ""),
    )


def _raise_reset() -> None:
    raise httpx.ReadError("Connection reset by the simulator.")


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
