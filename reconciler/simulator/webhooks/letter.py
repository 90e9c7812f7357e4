"""A request of Twilio's to somebody's URL."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from msgspec import Struct


class Letter(Struct, frozen=True):
    """A webhook as it leaves, signed. ``body`` is empty for a GET."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def signature(secret: str, signed: str, algorithm: str = "sha1") -> str:
    """The HMAC of *signed* in base64, as ``X-Twilio-Signature`` has it."""
    mac = hmac.digest(secret.encode(), signed.encode(), algorithm)
    return base64.b64encode(mac).decode()


def body_digest(body: bytes) -> str:
    """What ``bodySHA256`` says of *body*."""
    return hashlib.sha256(body).hexdigest()


def with_query(url: str, query: str) -> str:
    """*url* with *query* behind whatever query it has."""
    return url + ("&" if "?" in url else "?") + query
