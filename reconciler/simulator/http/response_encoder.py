"""Replies in bytes, sound or spoilt by a fault."""

from collections.abc import Mapping
from itertools import count

from msgspec import Struct, field
from msgspec.json import encode
from msgspec.structs import replace

from reconciler.simulator.exchange.api_error import NOT_FOUND, message_of
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.fault import Fault, FaultKind, Source
from reconciler.simulator.http.cdn import cdn_headers, cdn_page
from reconciler.simulator.http.request import ApiAnswer, ApiRequest
from reconciler.simulator.http.routes import error, perform

_OK = 200
_HTML = b"<html><head><title>Oops</title></head><body>Something is wrong.</body></html>"
_ERRORS: Mapping[FaultKind, tuple[int, int, str]] = {
    FaultKind.BAD_REQUEST: (400, 20001, "Bad request"),
    FaultKind.UNAUTHORIZED: (401, 20003, "Authenticate"),
    FaultKind.FORBIDDEN: (403, 20403, "Forbidden"),
    FaultKind.NOT_FOUND: (404, 20404, message_of(NOT_FOUND)),
    FaultKind.CONFLICT: (409, 20409, "Conflict"),
    FaultKind.ERROR: (500, 20500, "Internal Server Error"),
    FaultKind.BAD_GATEWAY: (502, 20500, "Bad Gateway"),
    FaultKind.UNAVAILABLE: (503, 20503, "Service Unavailable"),
    FaultKind.TOO_MANY: (429, 20429, "Too Many Requests"),
}


class Reply(Struct, frozen=True):
    """An answer as it is sent; ``headers`` replace Twilio's own where they are given."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class ResponseEncoder:
    """Turns answers into replies; it remembers what each GET got before."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._turn = count(1)
        self._before: dict[tuple[object, ...], Reply] = {}

    def speak(self, answer: ApiAnswer) -> Reply:
        """The answer as JSON."""
        if answer.body is None:
            return Reply(answer.status, b"")
        items = list(answer.body.items())
        if not self._exchange.switches.equal_bytes:
            turn = next(self._turn) % len(items)
            items = items[turn:] + items[:turn]
        return Reply(answer.status, encode(dict(items)))

    def reply(
        self, request: ApiRequest, answer: ApiAnswer | None, fault: Fault | None
    ) -> Reply | None:
        """What is sent; None when nothing is. ``answer`` None was not processed."""
        sound = self.speak(answer) if answer else None
        key = (request.method, request.path, request.query)
        if fault is None:
            if sound and request.method == "GET":
                self._before[key] = sound
            return sound
        if fault.kind in _ERRORS:
            return self._error(request, fault)
        if fault.kind is FaultKind.STALE and not fault.seconds:
            return self._before.get(key, sound)
        if fault.kind is FaultKind.PARTIAL_PAGE and answer:
            return self.speak(self._halve(request, answer))
        return _spoil(fault.kind, sound)

    def _error(self, request: ApiRequest, fault: Fault) -> Reply:
        status, code, message = _ERRORS[fault.kind]
        if fault.body is Source.CDN:
            return Reply(status, cdn_page(status), "text/html", cdn_headers(status))
        code = fault.code or code
        words = message_of(code, message).replace("{path}", request.path)
        return self.speak(error(status, code, words))

    def _halve(self, request: ApiRequest, answer: ApiAnswer) -> ApiAnswer:
        """Half of a page, whose next page will fail."""
        name, shown = next(iter((answer.body or {"": None}).items()))
        if answer.status != _OK or not isinstance(shown, list):
            return answer
        rest = Fault(FaultKind.ERROR, "GET", f"{request.path}?*PageToken=*")
        self._exchange.faults.add(rest)
        if len(shown) > 1:
            others = tuple(each for each in request.query if each[0] != "PageSize")
            size = ("PageSize", str(len(shown) // 2))
            return perform(self._exchange, replace(request, query=(*others, size)))
        lost = f"{request.path}?PageSize=1&Page=1&PageToken=PA"
        body = {**(answer.body or {}), name: [], "next_page_uri": lost}
        return replace(answer, body=body)


def _spoil(kind: FaultKind, sound: Reply | None) -> Reply | None:
    if kind in {FaultKind.RESET, FaultKind.HANG}:
        return None
    if kind is FaultKind.GARBAGE:
        return Reply(_OK, _HTML, "text/html")
    if kind is FaultKind.TRUNCATED and sound:
        return replace(sound, body=sound.body[: len(sound.body) // 2])
    return sound
