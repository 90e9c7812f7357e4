"""Client for Twilio's participants, conferences and calls.

Nothing is sent twice that could ring a phone twice; see ``session``.
"""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import httpx

from reconciler import __version__
from reconciler.twilio.api.account import Account
from reconciler.twilio.api.calls import Calls
from reconciler.twilio.api.conferences import Conferences
from reconciler.twilio.api.participants import Participants
from reconciler.twilio.api.session import ApiSession
from reconciler.twilio.api.transports import ReadOnly, make_transports
from reconciler.twilio.http.timing import OnRequest, Timing

MOST_A_PAGE = 1000


def ignored(
    operation: str, method: str, status: int, seconds: float, request_id: str | None
) -> None:
    """Observer of requests that records nothing."""


class TwilioClient:
    """One account at Twilio, or at a service that speaks like it.

    ``sleep`` waits seconds and ``jitter`` gives a number from 0 up to 1, both
    for the waits between tries of a read; ``on_limit`` is told of each 429 that a
    read or removal met. ``read_only`` refuses everything but
    GET before anything is sent. ``transport`` replaces the network; it is used
    for reads and writes and closed with the client.
    """

    def __init__(
        self,
        account: Account,
        *,
        sleep: Callable[[float], Awaitable[object]],
        jitter: Callable[[], float],
        read_only: bool = False,
        on_request: OnRequest = ignored,
        on_limit: Callable[[float | None], None] = lambda _: None,
        timing: Timing | None = None,
        connections: int = 20,
        page_size: int = MOST_A_PAGE,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        reading: httpx.AsyncBaseTransport
        writing: httpx.AsyncBaseTransport
        if transport is None:
            reading, writing = make_transports(account.base_url, connections)
        else:
            reading = writing = transport
        self._session = ApiSession(
            account,
            ReadOnly(reading) if read_only else reading,
            ReadOnly(writing) if read_only else writing,
            timing=timing or Timing(),
            sleep=sleep,
            jitter=jitter,
            on_request=on_request,
            on_limit=on_limit,
            user_agent=f"reconciler/{__version__}",
        )
        self.service = account.service
        self.access = self._session.access
        self.participants = Participants(self._session, page_size)
        self.conferences = Conferences(self._session, page_size)
        self.calls = Calls(self._session, page_size)

    def end_by(self, at: float) -> None:
        """Let no request continue past *at* on the event loop's clock; see ``ApiSession``."""
        self._session.end_by(at)

    def expect(self, writes: int) -> None:
        """So many writes are about to be sent: connections for them are made ahead."""
        self._session.expect(writes)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
