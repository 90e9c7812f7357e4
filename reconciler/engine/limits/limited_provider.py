"""Decorator: a provider within the limits of its account."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.ports import Changed, Clock, Placed, Provider
from reconciler.model.action import Change, Remove, Ring
from reconciler.model.errors import RateLimited, TwilioError
from reconciler.model.observation import (
    Call,
    Conference,
    ConferenceSurvey,
    ListingToken,
    Observation,
    Participant,
    Questions,
    Unknown,
)
from reconciler.planning.order import SILENCING, step_of

PAUSED = "Twilio asked to wait"


class RateLimitedProvider(Struct, frozen=True):
    """``Provider`` over *inner*; see the Protocol.

    A read during a pause is unknown, a write RateLimited: neither is sent.
    Reads of *inner* that meet a 429 must tell ``budget.limited`` themselves.
    """

    inner: Provider
    limiter: AccountLimiter
    clock: Clock

    async def survey(self, rooms: Sequence[str]) -> ConferenceSurvey:
        if self.limiter.paused_for(self.clock()):
            return ConferenceSurvey(unknown=PAUSED)
        async with self.limiter.in_flight.reads:
            return await self.inner.survey(rooms)

    async def observe(
        self, room: str, conference: Conference | None, questions: Questions
    ) -> Observation | Unknown:
        """Look at one room."""
        return await self._read(
            room, lambda: self.inner.observe(room, conference, questions)
        )

    async def confirm(
        self, observation: Observation, call_sids: Collection[str]
    ) -> Observation | Unknown:
        return await self._read(
            observation.room, lambda: self.inner.confirm(observation, call_sids)
        )

    async def listed_again(self, observation: Observation) -> Observation | Unknown:
        return await self._read(
            observation.room, lambda: self.inner.listed_again(observation)
        )

    async def unchanged(self, listing: ListingToken) -> bool:
        if self.limiter.paused_for(self.clock()):
            return False
        reads = self.limiter.in_flight.reads
        if not reads.take():
            await reads.wait()
        try:
            return await self.inner.unchanged(listing)
        finally:
            reads.pool.give_back()

    def known_listing(self, conference_sid: str, stored: str) -> ListingToken:
        return self.inner.known_listing(conference_sid, stored)

    def expect(self, writes: int) -> None:
        if not self.limiter.paused_for(self.clock()):
            self.inner.expect(writes)

    async def ring(self, ring: Ring, may_send: Callable[[], bool]) -> Placed:
        """Send one create, unless it may not leave or the account is paused.

        Whoever opens attempts has taken a place for it.
        """
        with self._write():
            return await self.inner.ring(ring, may_send)

    async def change(self, change: Change, may_send: Callable[[], bool]) -> Changed:
        """Send one update."""
        in_flight = self.limiter.in_flight
        silence = step_of(change) in SILENCING
        async with in_flight.silences if silence else in_flight.changes:
            with self._write():
                return await self.inner.change(change, may_send)

    async def remove(self, remove: Remove, may_send: Callable[[], bool]) -> str | None:
        """Take somebody out, or end the conference."""
        async with self.limiter.in_flight.changes:
            with self._write():
                return await self.inner.remove(remove, may_send)

    async def holder(
        self, conference_sid: str, label: str
    ) -> tuple[Participant, Call] | None:
        async with self.limiter.in_flight.reads:
            with self._write():
                return await self.inner.holder(conference_sid, label)

    async def _read(
        self, room: str, ask: Callable[[], Awaitable[Observation | Unknown]]
    ) -> Observation | Unknown:
        if self.limiter.paused_for(self.clock()):
            return Unknown(room, PAUSED)
        async with self.limiter.in_flight.reads:
            return await ask()

    @contextmanager
    def _write(self) -> Iterator[None]:
        pause = self.limiter.paused_for(self.clock())
        if pause:
            raise RateLimited(PAUSED, retry_after=pause, status=0, code=0)
        try:
            yield
        except TwilioError as error:
            if isinstance(error, RateLimited) or error.retry_after is not None:
                self.limiter.limited(error.retry_after)
            raise
