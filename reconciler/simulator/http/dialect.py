"""The API of other services in front of the local Twilio.

| | SignalWire | Telnyx TeXML |
|---|---|---|
| path | ``/api/laml/2010-04-01/Accounts/…`` | ``/v2/texml/Accounts/…``, without ``.json`` |
| credentials | Basic | Bearer, of the auth token |
| SIDs | UUIDs | UUIDs; calls ``v3:…`` |
| create of a participant | none: 404 | as Twilio's |
| participants | no label, ``in-progress``, ``completed`` | no label, ``coaching_call_sid`` |
| update | no ``EndConferenceOnExit``, ``BeepOnExit`` | no ``WaitMethod`` |
| pages | without ``start`` and ``end`` | as Twilio's |
| errors | as Twilio's | ``{"errors": [{"detail": …}]}`` |

The control API stays where it is.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct, field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.simulator.exchange.local_account import LocalAccount
from reconciler.simulator.http.request import read_body

_OURS: Final = "/2010-04-01/"
_SID: Final = re.compile(r"\b(AC|CA|CF)([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})\b")  # fmt: skip
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KINDS: Final = {
    "Accounts": "AC",
    "Conferences": "CF",
    "Participants": "CA",
    "Calls": "CA",
}
_CALL_FIELDS: Final = frozenset({"CallSidToCoach"})
_CREATE: Final = re.compile(r".*/Conferences/[^/]+/Participants\.json")
_ERROR: Final = 400


class Dialect(Struct, frozen=True):
    """How one of the services differs from the local Twilio."""

    name: str
    prefix: str
    suffix: str
    bearer: bool = False
    creates: bool = True
    call_prefix: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    dropped: frozenset[str] = field(default=frozenset({"label"}))
    error_list: bool = False


DIALECTS: Final[Mapping[str, Dialect]] = {
    each.name: each
    for each in (
        Dialect(
            "signalwire",
            "/api/laml/2010-04-01/",
            ".json",
            creates=False,
            statuses={"connected": "in-progress", "complete": "completed"},
            ignored=frozenset({"EndConferenceOnExit", "BeepOnExit"}),
            dropped=frozenset({"label", "start", "end"}),
        ),
        Dialect(
            "telnyx",
            "/v2/texml/",
            "",
            bearer=True,
            call_prefix="v3:",
            fields={"call_sid_to_coach": "coaching_call_sid"},
            statuses={"complete": "completed"},
            ignored=frozenset({"WaitMethod"}),
            error_list=True,
        ),
    )
}


def speaking(app: ASGIApp, account: LocalAccount, dialect: Dialect) -> ASGIApp:
    """*app* as the service of *dialect* has it."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope["path"])
        if scope["type"] != "http" or path.startswith("/simulator"):
            await app(scope, receive, send)
            return
        if not path.startswith(dialect.prefix) or _is_create(scope, dialect):
            await _not_found(send, dialect)
            return
        body = _form(await read_body(receive), dialect)
        translated = _Translated(dialect, send)
        await app(
            _scope(scope, account, dialect), _given(body, receive), translated.send
        )

    return answer


def _is_create(scope: Scope, dialect: Dialect) -> bool:
    create = scope["method"] == "POST" and _CREATE.fullmatch(scope["path"])
    return bool(create) and not dialect.creates


async def _not_found(send: Send, dialect: Dialect) -> None:
    found = {"code": 20404, "message": "Not found", "status": 404}
    body = json.dumps(_error(found) if dialect.error_list else found).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _scope(scope: Scope, account: LocalAccount, dialect: Dialect) -> Scope:
    raw = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    path = _inward(raw.decode("latin-1"), account, dialect)
    headers = [
        _basic(account, value) if dialect.bearer and name == b"authorization" else (name, value)
        for name, value in scope["headers"]
    ]  # fmt: skip
    return {**scope, "path": path, "raw_path": path.encode(), "headers": headers}


def _inward(path: str, account: LocalAccount, dialect: Dialect) -> str:
    """Their path as ours; an account that was given stays as it is."""
    parts = path.removeprefix(dialect.prefix).removesuffix(".json").split("/")
    for index in range(1, len(parts), 2):
        if parts[index] == account.sid:
            continue
        parts[index] = _our_sid(_KINDS.get(parts[index - 1], ""), parts[index], dialect)
    return f"{_OURS}{'/'.join(parts)}.json"


def _our_sid(kind: str, sid: str, dialect: Dialect) -> str:
    bare = sid.replace("%3A", ":")
    if kind == "CA" and dialect.call_prefix:
        bare = bare.removeprefix(dialect.call_prefix)
        return f"CA{bare}" if re.fullmatch(r"[0-9a-f]{32}", bare) else sid
    return f"{kind}{bare.replace('-', '')}" if _UUID.fullmatch(bare) else sid


def _basic(account: LocalAccount, value: bytes) -> tuple[bytes, bytes]:
    token = value.decode("latin-1").removeprefix("Bearer ")
    pair = base64.b64encode(f"{account.sid}:{token}".encode())
    return b"authorization", b"Basic " + pair


def _given(body: bytes, rest: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body}]

    async def receive() -> Message:
        return messages.pop() if messages else await rest()

    return receive


def _form(body: bytes, dialect: Dialect) -> bytes:
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    kept = [
        (name, _our_sid("CA", value, dialect) if name in _CALL_FIELDS else value)
        for name, value in pairs
        if name not in dialect.ignored
    ]
    return urlencode(kept).encode()


class _Translated:
    """Sends answers in the words of the service."""

    def __init__(self, dialect: Dialect, send: Send) -> None:
        self._dialect = dialect
        self._send = send
        self._start: Message = {}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        body = self._body(message.get("body", b""))
        kept = [x for x in self._start["headers"] if x[0] != b"content-length"]
        headers = [*kept, (b"content-length", str(len(body)).encode())]
        await self._send({**self._start, "headers": headers})
        await self._send({**message, "body": body})

    def _body(self, content: bytes) -> bytes:
        try:
            found: dict[str, Any] = json.loads(content)
        except ValueError:
            return content
        if self._start["status"] >= _ERROR:
            found = _error(found) if self._dialect.error_list else found
        else:
            self._rename(found)
        text = json.dumps(found).replace(_OURS, self._dialect.prefix)
        return _SID.sub(self._their_sid, text).encode()

    def _rename(self, found: dict[str, Any]) -> None:
        for each in (found, *found.get("participants", ())):
            if "muted" in each:
                each["status"] = self._dialect.statuses.get(
                    each["status"], each["status"]
                )
            for ours, theirs in self._dialect.fields.items():
                if ours in each:
                    each[theirs] = each.pop(ours)
            for name in self._dialect.dropped & each.keys():
                del each[name]

    def _their_sid(self, match: re.Match[str]) -> str:
        kind, *groups = match.groups()
        if kind == "CA" and self._dialect.call_prefix:
            return self._dialect.call_prefix + "".join(groups)
        return "-".join(groups)


def _error(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"errors": [{"detail": found.get("message", "")}]}


Wrap = Callable[[ASGIApp], ASGIApp]


def wrapper(account: LocalAccount, name: str | None) -> Wrap:
    """What puts the dialect of that name before an application; None is Twilio's."""
    if name is None:
        return lambda app: app
    return lambda app: speaking(app, account, DIALECTS[name])
