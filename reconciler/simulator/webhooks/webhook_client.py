"""The HTTP client that sends webhooks: they go past any proxy."""

from functools import cached_property
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

import httpx


def webhook_client() -> httpx.AsyncClient:
    """A client that is quick to make: most webhooks are for this machine, unencrypted."""
    return httpx.AsyncClient(
        verify=SSLContext(PROTOCOL_TLS_CLIENT),
        trust_env=False,
        mounts={"https://": _EncryptedTransport()},
    )


class _EncryptedTransport(httpx.AsyncBaseTransport):
    """Reads the authorities that it trusts, which takes long, for its first request."""

    @cached_property
    def _made(self) -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._made.handle_async_request(request)

    async def aclose(self) -> None:
        if "_made" in vars(self):
            await self._made.aclose()
