"""Twilio client for code without an event loop: ``AsyncClient`` call by call."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, Unpack

import uvloop

from reconciler.engine.ports import Placed
from reconciler.model.errors import ClientClosed
from reconciler.model.observation import (
    Call,
    CallStatus,
    Conference,
    ConferenceStatus,
    Participant,
)
from reconciler.public.async_client import AsyncClient
from reconciler.public.async_resources import (
    AsyncCalls,
    AsyncConferences,
    AsyncParticipants,
)
from reconciler.public.loop_check import refuse_in_loop
from reconciler.public.parameters import CreateParameters, UpdateParameters
from reconciler.settings import Settings

T = TypeVar("T")
_INSTEAD = "use reconciler.AsyncClient"


class _RunUntilDone(Protocol):
    def __call__(self, work: Coroutine[Any, Any, T], /) -> T: ...


class BlockingParticipants:
    """``AsyncParticipants``, each call until its answer."""

    def __init__(self, run: _RunUntilDone, inner: AsyncParticipants) -> None:
        self._run = run
        self._inner = inner

    def list(
        self,
        conference: str,
        *,
        muted: bool | None = None,
        hold: bool | None = None,
        coaching: bool | None = None,
        limit: int | None = None,
        page_size: int | None = None,
    ) -> tuple[Participant, ...]:
        """As ``AsyncParticipants.list``."""
        found = self._inner.list(
            conference,
            muted=muted,
            hold=hold,
            coaching=coaching,
            limit=limit,
            page_size=page_size,
        )
        return self._run(found)

    def stream(
        self,
        conference: str,
        *,
        muted: bool | None = None,
        hold: bool | None = None,
        coaching: bool | None = None,
        page_size: int | None = None,
    ) -> Iterator[Participant]:
        """As ``AsyncParticipants.stream``."""
        found = self._inner.stream(
            conference, muted=muted, hold=hold, coaching=coaching, page_size=page_size
        )
        return _iterated(self._run, found)

    def create(
        self,
        conference: str,
        *,
        to: str,
        from_: str,
        label: str | None = None,
        **parameters: Unpack[CreateParameters],
    ) -> Placed:
        """As ``AsyncParticipants.create``. Ctrl-C while it waits leaves the answer."""
        return self._run(
            self._inner.create(
                conference, to=to, from_=from_, label=label, **parameters
            )
        )

    def fetch(self, conference: str, participant: str) -> Participant:
        """As ``AsyncParticipants.fetch``."""
        return self._run(self._inner.fetch(conference, participant))

    def update(
        self,
        conference: str,
        participant: str,
        **parameters: Unpack[UpdateParameters],
    ) -> Participant:
        """As ``AsyncParticipants.update``."""
        return self._run(self._inner.update(conference, participant, **parameters))

    def delete(self, conference: str, participant: str) -> None:
        """As ``AsyncParticipants.delete``."""
        self._run(self._inner.delete(conference, participant))


class BlockingConferences:
    """``AsyncConferences``, each call until its answer."""

    def __init__(self, run: _RunUntilDone, inner: AsyncConferences) -> None:
        self._run = run
        self._inner = inner

    def list(
        self,
        *,
        friendly_name: str | None = None,
        status: ConferenceStatus | None = None,
        limit: int | None = None,
        page_size: int | None = None,
    ) -> tuple[Conference, ...]:
        """As ``AsyncConferences.list``."""
        found = self._inner.list(
            friendly_name=friendly_name, status=status, limit=limit, page_size=page_size
        )
        return self._run(found)

    def stream(
        self,
        *,
        friendly_name: str | None = None,
        status: ConferenceStatus | None = None,
        page_size: int | None = None,
    ) -> Iterator[Conference]:
        """As ``AsyncConferences.stream``."""
        found = self._inner.stream(
            friendly_name=friendly_name, status=status, page_size=page_size
        )
        return _iterated(self._run, found)

    def fetch(self, sid: str) -> Conference:
        """As ``AsyncConferences.fetch``."""
        return self._run(self._inner.fetch(sid))

    def complete(self, sid: str) -> Conference:
        """As ``AsyncConferences.complete``."""
        return self._run(self._inner.complete(sid))


class BlockingCalls:
    """``AsyncCalls``, each call until its answer."""

    def __init__(self, run: _RunUntilDone, inner: AsyncCalls) -> None:
        self._run = run
        self._inner = inner

    def list(
        self,
        *,
        to: str | None = None,
        status: CallStatus | None = None,
        start_time_after: float | None = None,
        limit: int | None = None,
        page_size: int | None = None,
    ) -> tuple[Call, ...]:
        """As ``AsyncCalls.list``."""
        found = self._inner.list(
            to=to,
            status=status,
            start_time_after=start_time_after,
            limit=limit,
            page_size=page_size,
        )
        return self._run(found)

    def stream(
        self,
        *,
        to: str | None = None,
        status: CallStatus | None = None,
        start_time_after: float | None = None,
        page_size: int | None = None,
    ) -> Iterator[Call]:
        """As ``AsyncCalls.stream``."""
        found = self._inner.stream(
            to=to, status=status, start_time_after=start_time_after, page_size=page_size
        )
        return _iterated(self._run, found)

    def fetch(self, sid: str) -> Call:
        """As ``AsyncCalls.fetch``."""
        return self._run(self._inner.fetch(sid))

    def complete(self, sid: str) -> Call:
        """As ``AsyncCalls.complete``."""
        return self._run(self._inner.complete(sid))

    def cancel(self, sid: str) -> Call:
        """As ``AsyncCalls.cancel``."""
        return self._run(self._inner.cancel(sid))


class Client:
    """``AsyncClient`` without an event loop of the caller's; for one thread at a time.

    Close it, or use it in a ``with`` statement.
    """

    def __init__(
        self, settings: Settings | None = None, *, read_only: bool = False
    ) -> None:
        refuse_in_loop(_INSTEAD)
        self._inner = AsyncClient(settings, read_only=read_only)
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._closed = False
        run = self._run
        self.participants = BlockingParticipants(run, self._inner.participants)
        self.conferences = BlockingConferences(run, self._inner.conferences)
        self.calls = BlockingCalls(run, self._inner.calls)

    def close(self) -> None:
        """Close all connections; later calls raise ClientClosed."""
        if self._closed:
            return
        closing = self._inner.close()
        refuse_in_loop("close the client when it is over", closing)
        try:
            self._runner.run(closing)
        finally:
            self._closed = True
            self._runner.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        refuse_in_loop(_INSTEAD, work)
        if self._closed:
            work.close()
            raise ClientClosed("the client is closed: make another one")
        return self._runner.run(work)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _iterated(run: _RunUntilDone, found: AsyncIterator[T]) -> Iterator[T]:
    while (item := run(_next(found))) is not None:
        yield item


async def _next(found: AsyncIterator[T]) -> T | None:
    return await anext(found, None)
