"""Verifies X-Twilio-Signature.

Two forms: HMAC-SHA1, and HMAC-SHA256 where the header
X-Twilio-Webhooks-Signature-Settings says so. Both cover the URL as Twilio has
it, and the form's fields; of a JSON body, its hash in the URL.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from reconciler.model.errors import SettingError

Form = Sequence[tuple[str, str]]

UNSIGNED: Final = (
    "webhooks need TWILIO_AUTH_TOKEN: Twilio signs with it, not with the secret of an "
    "API key"
)

_SHA1: Final = "HMAC_SHA1"
_DIGESTS: Final = {_SHA1: "sha1", "HMAC_SHA256": "sha256"}
_PORTS: Final = {"http": 80, "https": 443}
_BODY_HASH: Final = "bodySHA256"
_KEPT_BY_JAVASCRIPT: Final = "-_.!~*'()"
_PORT: Final = re.compile(r":\d*$")


class Verifier:
    """Verifies with any of several *secrets*, so that they can be rotated.

    A secret is an account's auth token (SHA1) or a shared key's secret
    (SHA256). SettingError if none is given.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(each.encode() for each in secrets if each)
        if not self._secrets:
            raise SettingError(UNSIGNED)

    def __call__(
        self, url: str, form: Form | None, body: bytes, signature: str, settings: str
    ) -> bool:
        """Whether *signature* is of this request.

        *url* is the public one, query as it arrived. *form* holds the fields in
        any order, None for a JSON *body*. *settings* is the second header, or "".
        A hash in the URL must be the body's, whatever kind the body is of.
        """
        digest = _DIGESTS.get(algorithm(settings))
        hashed = form is None or _body_hash(url) is not None
        if digest is None or (hashed and not _hash_matches(url, body)):
            return False
        fields = "".join(name + value for name, value in sorted(set(form or ())))
        given = _bytes(signature)
        return any(
            hmac.compare_digest(given, sign(secret, variant + fields, digest))
            for variant in variants(url)
            for secret in self._secrets
        )


def sign(secret: bytes, message: str, digest: str) -> bytes:
    """The signature of *message*: the URL, then names and values."""
    return base64.b64encode(hmac.digest(secret, _bytes(message), digest))


def algorithm(settings: str) -> str:
    """The algorithm that a settings header names; HMAC_SHA1 without a name."""
    for part in settings.split(","):
        name, _, value = part.partition("=")
        if name.strip() == "algorithm" and value.strip():
            return value.strip().upper()
    return _SHA1


def variants(url: str) -> Iterator[str]:
    """The ways in which Twilio may have written *url* when it signed.

    With the port and without, since Twilio does both; the query as it came, and
    as JavaScript and as HTML forms write it. A URL that ends in a bare "?" arrives
    without it.
    """
    parts = urlsplit(url)
    host = _PORT.sub("", parts.netloc)
    port = parts.port or _PORTS.get(parts.scheme)
    places = dict.fromkeys((parts.netloc, host, f"{host}:{port}"))
    for query in _queries(parts.query):
        for netloc in places:
            yield urlunsplit((parts.scheme, netloc, parts.path, query, ""))
    if not parts.query:
        for netloc in places:
            yield urlunsplit((parts.scheme, netloc, parts.path, "", "")) + "?"


def _queries(query: str) -> Iterator[str]:
    yield query
    if not query:
        return
    pairs = parse_qsl(query, keep_blank_values=True)
    again = {
        urlencode(pairs, quote_via=quote, safe=_KEPT_BY_JAVASCRIPT),
        urlencode(pairs),
    }
    yield from sorted(again - {query})


def _body_hash(url: str) -> str | None:
    """The hash that the URL has of the body, None without one."""
    query = parse_qs(urlsplit(url).query, keep_blank_values=True)
    return query.get(_BODY_HASH, [None])[0]


def _hash_matches(url: str, body: bytes) -> bool:
    said = _body_hash(url)
    if said is None:
        return False
    return hmac.compare_digest(_bytes(said), hashlib.sha256(body).hexdigest().encode())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
