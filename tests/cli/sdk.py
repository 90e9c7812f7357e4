"""The official SDK, sent to loopback: it has no setting for an address."""

import re
from typing import Any

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

_TWILIO = re.compile(r"https://(api|insights)\.twilio\.com")


class ToLoopback(TwilioHttpClient):  # type: ignore[misc]
    """Rewrites Twilio's host to another."""

    def __init__(self, url: str) -> None:
        super().__init__(timeout=60)
        self._url = url

    def request(self, method: str, url: str, *rest: Any, **more: Any) -> Response:
        moved = _TWILIO.sub(self._url, url)
        return super().request(method, moved, *rest, **more)
