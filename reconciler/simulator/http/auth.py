"""Authentication and concurrency limit."""

import base64
import binascii
import re
from functools import lru_cache

from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.http.insights_routes import PREFIX
from reconciler.simulator.http.request import ApiAnswer, ApiRequest
from reconciler.simulator.http.routes import error

_ACCOUNT_SID = re.compile(r"AC[0-9a-f]{32}")
_ACCOUNT_PART = 2


def refuse(
    exchange: Exchange, request: ApiRequest, concurrent: int
) -> ApiAnswer | None:
    """Why a request is not taken; None when it is.

    A malformed account SID is allowed, to be answered with 404.
    """
    limit = exchange.switches.concurrency
    if limit and concurrent > limit:
        return error(429, 20429, "Too Many Requests")
    account = (*request.parts, "", "", "")[_ACCOUNT_PART]
    ours = account == exchange.account.sid or _ACCOUNT_SID.fullmatch(account)
    named = ours or request.path.startswith(PREFIX)
    if not named:
        return None
    if not request.authorization:
        return error(
            401,
            20003,
            "Authentication Error - No credentials provided",
            detail="Your AccountSid or AuthToken was incorrect.",
        )
    if exchange.account.admits(*_read_credentials(request.authorization)):
        return None
    return error(401, 20003, "Authenticate")


@lru_cache(16)
def _read_credentials(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    user, _, password = pair.partition(":")
    return (user, password) if scheme.lower() == "basic" else ("", "")
