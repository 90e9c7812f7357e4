"""The way to the exchange, for days; and what each survey really showed."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from reconciler.engine.ports import Changed, Placed, Provider
from reconciler.model.action import Change, Remove, Ring
from reconciler.model.observation import (
    Call,
    Conference,
    Observation,
    Participant,
    Questions,
    Unknown,
)
from tests.simulation.journal import Journal, Survey
from tests.simulation.loop import Process
from tests.simulation.wire import Wire, _page
from tests.simulation.world import World

_PAGES = 20
"""Conferences of which the last pages are kept."""


class LongWire(Wire):
    """A wire that keeps what is under way only, and surveys by what they asked for."""

    def __init__(self, world: World, process: Process) -> None:
        super().__init__(world, process)
        self.asked: dict[str, Survey] = {}
        self.reads = 0

    @property
    def journal(self) -> Journal:
        return self._world.journal

    @property
    def process(self) -> Process:
        return self._process

    @property
    def under_way(self) -> tuple[asyncio.Task[None], ...]:
        """Requests that may still take effect."""
        return tuple(each for each in self._under_way if not each.done())

    @property
    def busy(self) -> bool:
        return bool(self.under_way)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._under_way = [each for each in self._under_way if not each.done()]
        while len(self._pages) > _PAGES:
            del self._pages[next(iter(self._pages))]
        self.reads += request.method == "GET"
        return await super().handle_async_request(request)

    def _learn_survey(self, request: httpx.Request, response: httpx.Response) -> None:
        """Surveys may overlap here: each name that is asked for has its own."""
        query = dict(request.url.params)
        survey = self.asked.setdefault(query.get("FriendlyName", ""), Survey())
        page = _page(response, "conferences")
        if page is None:
            return
        for each in page["conferences"]:
            survey.sids[each["friendly_name"]] = each["sid"]
        if page.get("next_page_uri") is None:
            survey.done.add(query.get("Status", ""))


@dataclass(slots=True)
class Seeing:
    """A Provider that keeps, by room, what the wire saw of the survey behind it."""

    inner: Provider
    wire: LongWire
    surveys: dict[str, Survey] = field(default_factory=dict)

    async def survey(
        self, rooms: Sequence[str]
    ) -> Mapping[str, Conference | str] | str:
        asked = rooms[0] if len(rooms) == 1 else ""
        self.wire.asked.pop(asked, None)
        found = await self.inner.survey(rooms)
        seen = self.wire.asked.get(asked, Survey())
        shown = Survey() if isinstance(found, str) else seen
        self.surveys.update(dict.fromkeys(rooms, shown))
        for room in rooms:
            self._tell_whoever_asked(room, shown)
        return found

    def _tell_whoever_asked(self, room: str, shown: Survey) -> None:
        """A look reads its roster first: what it knows of the room is this."""
        known = self.wire.journal.known.get((self.wire.process, room))
        if known is not None:
            known.survey = shown

    async def same(self, sight: object) -> bool:
        return await self.inner.same(sight)

    async def observe(
        self, room: str, conference: Conference | None, questions: Questions
    ) -> Observation | Unknown:
        return await self.inner.observe(room, conference, questions)

    async def ring(self, ring: Ring, deadline: Callable[[], bool]) -> Placed:
        return await self.inner.ring(ring, deadline)

    async def change(self, change: Change) -> Changed:
        return await self.inner.change(change)

    async def remove(self, remove: Remove) -> str | None:
        return await self.inner.remove(remove)

    async def holder(
        self, conference_sid: str, label: str
    ) -> tuple[Participant, Call] | None:
        return await self.inner.holder(conference_sid, label)
