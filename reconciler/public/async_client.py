"""Twilio client for event loops: participants, conferences and calls of one account.

A read is tried again where that may help, a delete once after a lost connection, a
create and an update never. Errors are those of ``model.errors``.
"""

import asyncio
import random
from types import TracebackType
from typing import Self

from reconciler.bootstrap.account_client import account
from reconciler.public.arguments import (
    require_boolean,
    require_settings,
)
from reconciler.public.async_resources import (
    AsyncCalls,
    AsyncConferences,
    AsyncParticipants,
    Gate,
)
from reconciler.public.runs import load_settings
from reconciler.settings import Settings
from reconciler.twilio.api.client import TwilioClient


class AsyncClient:
    """One account at Twilio, or at a service with its API; for one event loop.

    *settings* say which account, credentials and URL, else the environment does.
    With *read_only* every request but GET is refused before anything is sent. Requests
    are not paced: Twilio queues creates beyond the account's calls per second.
    """

    def __init__(
        self, settings: Settings | None = None, *, read_only: bool = False
    ) -> None:
        require_settings(settings)
        require_boolean("read_only", read_only)
        self._gate = Gate()
        self._twilio = TwilioClient(
            account(settings or load_settings()),
            sleep=asyncio.sleep,
            jitter=random.random,
            read_only=read_only,
        )
        self.participants = AsyncParticipants(self._twilio.participants, self._gate)
        self.conferences = AsyncConferences(self._twilio.conferences, self._gate)
        self.calls = AsyncCalls(self._twilio.calls, self._gate)

    async def close(self) -> None:
        """Close all connections; later calls raise ClientClosed."""
        self._gate.closed = True
        await self._twilio.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
