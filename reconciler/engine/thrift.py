"""A provider within its account's budget: nothing is sent during a pause."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from reconciler.engine.budget import Budget
from reconciler.engine.ports import Changed, Clock, Placed, Provider
from reconciler.model.action import Change, Remove, Ring
from reconciler.model.errors import RateLimited, TwilioError
from reconciler.model.observation import (
    Call,
    Conference,
    Observation,
    Participant,
    Questions,
    Unknown,
)

PAUSED = "Twilio asked to wait"


@dataclass(frozen=True, slots=True)
class ThriftyProvider:
    """``Provider`` over *inner*; see the Protocol.

    A read during a pause is unknown, a write RateLimited: neither is sent.
    Reads of *inner* that meet a 429 must tell ``budget.limited`` themselves.
    """

    inner: Provider
    budget: Budget
    clock: Clock

    async def survey(
        self, rooms: Sequence[str]
    ) -> Mapping[str, Conference | str] | str:
        """The active conferences of these names; a reason if unknown."""
        if self.budget.paused_for(self.clock()):
            return PAUSED
        async with self.budget.place():
            return await self.inner.survey(rooms)

    async def observe(
        self, room: str, conference: Conference | None, questions: Questions
    ) -> Observation | Unknown:
        """Look at one room."""
        if self.budget.paused_for(self.clock()):
            return Unknown(room, PAUSED)
        async with self.budget.place():
            return await self.inner.observe(room, conference, questions)

    async def same(self, sight: object) -> bool:
        """Whether a look would show what *sight* was taken of."""
        if self.budget.paused_for(self.clock()):
            return False
        async with self.budget.place():
            return await self.inner.same(sight)

    async def ring(self, ring: Ring, deadline: Callable[[], bool]) -> Placed:
        """Send one create, unless it is late or the account is paused."""
        async with self._write():
            return await self.inner.ring(ring, deadline)

    async def change(self, change: Change) -> Changed:
        """Send one update."""
        async with self._write():
            return await self.inner.change(change)

    async def remove(self, remove: Remove) -> str | None:
        """Take somebody out, or end the conference."""
        async with self._write():
            return await self.inner.remove(remove)

    async def holder(
        self, conference_sid: str, label: str
    ) -> tuple[Participant, Call] | None:
        """Who is active in the room under *label*, with their call, or None."""
        async with self._write():
            return await self.inner.holder(conference_sid, label)

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[None]:
        async with self.budget.place():
            pause = self.budget.paused_for(self.clock())
            if pause:
                raise RateLimited(PAUSED, retry_after=pause, status=0, code=0)
            try:
                yield
            except TwilioError as error:
                if isinstance(error, RateLimited) or error.retry_after is not None:
                    self.budget.limited(error.retry_after)
                raise
