"""CloudEvents over HTTP: one POST, no redirect followed, bounded in time."""

import asyncio
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Final, Self

import httpx
from msgspec import Struct

from reconciler.model.notification import Notification
from reconciler.notifications.cloudevent import cloudevent, headers
from reconciler.notifications.sending import DeliveryFailed

TIMEOUT_SECONDS: Final = 10.0
"""For a whole request: from connecting to the head of the response."""

_BUSY: Final = frozenset({408, 425, 429})
_MAX_PAUSE_SECONDS: Final = 900.0


class HttpSender(Struct, frozen=True):
    """Sends to ``url``, signed with ``secret`` if there is one."""

    client: httpx.AsyncClient
    url: str
    secret: str | None
    seconds: float = TIMEOUT_SECONDS

    @classmethod
    def open(
        cls, url: str, secret: str | None, seconds: float = TIMEOUT_SECONDS
    ) -> Self:
        """A sender with connections of its own; by a proxy only where encrypted."""
        encrypted = url.lower().startswith("https:")
        client = httpx.AsyncClient(
            verify=encrypted or SSLContext(PROTOCOL_TLS_CLIENT),
            follow_redirects=False,
            trust_env=encrypted,
            timeout=seconds,
        )
        return cls(client, url, secret, seconds)

    async def send(self, notification: Notification, now: float) -> None:
        """POST it; DeliveryFailed unless the answer is 2xx in time."""
        body = cloudevent(notification)
        signed = headers(body, str(notification.event_id), self.secret, now)
        try:
            async with (
                asyncio.timeout(self.seconds),
                self.client.stream(
                    "POST", self.url, content=body, headers=signed
                ) as response,
            ):
                _require_taken(response)
        except TimeoutError:
            reason = f"no answer within {self.seconds:g} s"
            raise DeliveryFailed(reason, blocks=True) from None
        except httpx.HTTPError as error:
            raise DeliveryFailed(type(error).__name__, blocks=True) from None

    async def close(self) -> None:
        """Give back connections."""
        await self.client.aclose()


def _require_taken(response: httpx.Response) -> None:
    status = response.status_code
    if response.is_success:
        return
    if response.is_redirect:
        reason = f"HTTP {status}: redirects are not followed; declare the final URL"
        raise DeliveryFailed(reason, blocks=False)
    blocks = status in _BUSY or response.is_server_error
    asked = response.headers.get("retry-after", "")
    pause = min(float(asked), _MAX_PAUSE_SECONDS) if asked.isdecimal() else None
    raise DeliveryFailed(f"HTTP {status}", blocks=blocks, retry_after=pause)
