"""A Provider that passes everything on, for those that change a part of it."""

from collections.abc import Callable, Collection, Sequence

from reconciler.engine.ports import Changed, Placed, Provider
from reconciler.model.action import Change, Remove, Ring
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


class Passing:
    """Passes everything on to the provider below."""

    def __init__(self, inner: Provider) -> None:
        self.inner = inner

    async def survey(self, rooms: Sequence[str]) -> ConferenceSurvey:
        return await self.inner.survey(rooms)

    async def observe(
        self, room: str, conference: Conference | None, questions: Questions
    ) -> Observation | Unknown:
        return await self.inner.observe(room, conference, questions)

    async def confirm(
        self, observation: Observation, call_sids: Collection[str]
    ) -> Observation | Unknown:
        return await self.inner.confirm(observation, call_sids)

    async def listed_again(self, observation: Observation) -> Observation | Unknown:
        return await self.inner.listed_again(observation)

    async def unchanged(self, listing: ListingToken) -> bool:
        return await self.inner.unchanged(listing)

    def known_listing(self, conference_sid: str, stored: str) -> ListingToken:
        return self.inner.known_listing(conference_sid, stored)

    def expect(self, writes: int) -> None:
        self.inner.expect(writes)

    async def ring(self, ring: Ring, may_send: Callable[[], bool]) -> Placed:
        return await self.inner.ring(ring, may_send)

    async def change(self, change: Change, may_send: Callable[[], bool]) -> Changed:
        return await self.inner.change(change, may_send)

    async def remove(self, remove: Remove, may_send: Callable[[], bool]) -> str | None:
        return await self.inner.remove(remove, may_send)

    async def holder(
        self, conference_sid: str, label: str
    ) -> tuple[Participant, Call] | None:
        return await self.inner.holder(conference_sid, label)
