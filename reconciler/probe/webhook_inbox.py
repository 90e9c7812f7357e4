"""Webhooks of the probe's conferences, kept by conference."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reconciler.probe.sequence_number import sequence_number
from reconciler.webhooks.signature import sign

_MOST_BYTES = 65_536
_MOST_EVENTS = 1000
_PORTS = {"https": 443, "http": 80}
WITH_PORT, WITHOUT_PORT = "with", "without"


class WebhookInbox:
    """Takes what Twilio sends to ``url``.

    With the auth token an event that it did not sign is dropped, and each one says in
    ``signed`` whether the signature is of the URL with its port or without. Without
    the token (an API key) all are taken, and none says so.
    """

    def __init__(self, url: str, auth_token: str | None) -> None:
        self.url = url
        self._secret = auth_token.encode() if auth_token else None
        self._events: dict[str, list[Mapping[str, str]]] = defaultdict(list)

    def of(self, conference_sid: str) -> Sequence[Mapping[str, str]]:
        """The events of a conference that have come, by their SequenceNumber."""
        return tuple(sorted(self._events[conference_sid], key=sequence_number))

    def take(self, body: bytes, signature: str) -> bool:
        """Keep an event; False for one that is not Twilio's."""
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        signed = self._signed(form, signature)
        sid = form.get("ConferenceSid", "")
        if not sid or (self._secret is not None and not signed):
            return False
        kept = self._events[sid]
        known = {sequence_number(each) for each in kept}
        if len(kept) < _MOST_EVENTS and sequence_number(form) not in known:
            kept.append(form | {"signed": signed})
        return True

    def app(self) -> Starlette:
        """The application to serve where ``url`` leads to."""
        return Starlette(
            routes=[Route("/{path:path}", self._receive, methods=["POST"])]
        )

    async def _receive(self, request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_BYTES:
                return Response(status_code=413)
        signature = request.headers.get("X-Twilio-Signature", "")
        return Response(status_code=204 if self.take(body, signature) else 403)

    def _signed(self, form: Mapping[str, str], signature: str) -> str:
        """With which form of the URL it was signed, "" for neither."""
        if self._secret is None:
            return ""
        fields = "".join(name + value for name, value in sorted(form.items()))
        for word, url in _forms(self.url):
            if sign(self._secret, url + fields, "sha1").decode() == signature:
                return word
        return ""


def _forms(url: str) -> tuple[tuple[str, str], ...]:
    parts = urlsplit(url)
    host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    port = parts.port or _PORTS.get(parts.scheme, 443)
    places = ((WITH_PORT, f"{host}:{port}"), (WITHOUT_PORT, host))
    return tuple(
        (word, urlunsplit((parts.scheme, place, parts.path, parts.query, "")))
        for word, place in places
    )
