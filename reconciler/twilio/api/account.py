"""Account, base URL and credentials."""

import base64
import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

import httpx
from msgspec import Struct

from reconciler.model.errors import SettingError, TransientError
from reconciler.model.loopback import is_loopback
from reconciler.model.port import LAST_PORT
from reconciler.twilio.api.compatible_service import TWILIO, Service

_EDGES = {
    "au1": "sydney",
    "br1": "sao-paulo",
    "de1": "frankfurt",
    "ie1": "dublin",
    "jp1": "tokyo",
    "sg1": "singapore",
    "us1": "ashburn",
    "us2": "umatilla",
}
_HOME = "us1"
_WORD = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account SID with its token, or an API key with its secret."""

    user: str
    password: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of the Authorization header (Basic)."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


class Account(Struct, frozen=True):
    """The account of every path; a subaccount's SID may go with its parent's credentials.

    ``base_url`` is as ``base_url`` or ``checked_url`` made it.
    """

    sid: str
    credentials: Credentials
    base_url: str
    service: Service = TWILIO

    @property
    def authorization(self) -> str:
        """The value of the Authorization header."""
        if self.service.bearer:
            return f"Bearer {self.credentials.password}"
        return self.credentials.header

    def url(self, *segments: str) -> str:
        """The JSON resource at *segments*, each of which is percent-encoded."""
        path = "/".join(segment(each) for each in (self.sid, *segments))
        service = self.service
        return f"{self.base_url}{service.path}/Accounts/{path}{service.suffix}"

    def follow(self, uri: str) -> str:
        """The page at *uri*, relative to the host or absolute on the same origin.

        Another origin raises TransientError: credentials go to our host alone.
        """
        here = httpx.URL(self.base_url)
        try:
            there = here.join(uri)
        except httpx.InvalidURL as error:
            raise TransientError(
                f"{here.host} sent a link that is not a URL"
            ) from error
        if _origin(there) != _origin(here) or there.userinfo:
            raise TransientError(
                f"{here.host} sent a link to {there.host!r}: not followed, "
                "since credentials go to one host only"
            )
        return str(there)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


@lru_cache(4096)
def segment(text: str) -> str:
    """*text* as one segment of a path: everything but letters, digits and -._~ encoded."""
    if text.strip(".") == "":
        return text.replace(".", "%2E")
    return quote(text, safe="")


def host(region: str | None = None, edge: str | None = None) -> str:
    """Twilio's host for a region and an edge, both optional.

    A region alone gets its edge, an edge alone is of us1. SettingError if a
    word cannot be part of a host name, or the edge of a region is not known.
    """
    region, edge = _word("region", region), _word("edge", edge)
    if edge is None and region in {None, _HOME}:
        return "api.twilio.com"
    if edge is None and region is not None:
        edge = _EDGES.get(region)
    if edge is None:
        raise SettingError(
            f"the edge of Twilio's region {region!r} is not known: set TWILIO_EDGE too "
            f"(known regions: {', '.join(_EDGES)})"
        )
    return f"api.{edge}.{region or _HOME}.twilio.com"


def _word(what: str, text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    word = text.strip().lower()
    if not _WORD.fullmatch(word):
        raise SettingError(
            f"Twilio's {what} {text!r} is not one word such as 'ie1' or 'dublin'"
        )
    return word


def base_url(region: str | None = None, edge: str | None = None) -> str:
    """The address of Twilio itself; see ``host``."""
    return f"https://{host(region, edge)}"


def checked_url(text: str, *, plain_http: bool = False) -> str:
    """*text* as the address of a Twilio-compatible service, without a final slash.

    SettingError unless it is https, with a host, and without credentials, query or
    fragment. Plain http would show the credentials to the network: it is for this
    machine alone, and for others with *plain_http*.
    """
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL:
        raise SettingError("the Twilio URL is not a URL") from None
    if url.userinfo:
        raise SettingError("the Twilio URL must not hold credentials")
    if url.scheme not in {"http", "https"} or not url.host:
        raise SettingError("the Twilio URL must begin with https:// or http://")
    if url.port is not None and not 0 < url.port <= LAST_PORT:
        raise SettingError(f"the Twilio URL has no valid port: {url.port}")
    if url.query or url.fragment:
        raise SettingError("the Twilio URL must have no '?' and no '#'")
    if url.scheme == "http" and not plain_http and not is_loopback(url.host):
        raise SettingError(
            f"the Twilio URL {url} would send the credentials unencrypted: use "
            "https://, or set RECONCILER_PLAIN_HTTP=yes where the network is trusted"
        )
    return str(url).rstrip("/")
