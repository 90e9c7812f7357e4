"""The way to the exchange, for days; and what each survey really showed."""

import asyncio
from collections.abc import Sequence

import httpx

from reconciler.engine.ports import Provider
from reconciler.model.observation import (
    ConferenceSurvey,
)
from reconciler.play.world.act import ShownSurvey
from reconciler.play.world.exchange_transport import Answer
from reconciler.play.world.run_journal import RunJournal
from reconciler.play.world.virtual_loop import Process
from reconciler.play.world.wire import Wire, query_of, survey_page
from reconciler.play.world.world import World
from tests.simulation.passing import Passing

_PAGES = 20
"""Conferences of which the last pages are kept."""

_LATEST = 50
"""Writes among which those of a look that acts are."""


class LongWire(Wire):
    """A wire that keeps what is under way only, and surveys by what they asked for."""

    def __init__(self, world: World, process: Process) -> None:
        super().__init__(world, process)
        self.asked: dict[str, ShownSurvey] = {}
        self.reads = 0

    @property
    def journal(self) -> RunJournal:
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

    def _learn_survey(self, request: httpx.Request, answer: Answer) -> None:
        """Surveys may overlap here: each name that is asked for has its own."""
        query = query_of(request.url.query)
        survey = self.asked.setdefault(query.get("FriendlyName", ""), ShownSurvey())
        status = query.get("Status", "")
        page = survey_page(status, answer)
        if page is None:
            return
        for each in page["conferences"]:
            survey.sids[each["friendly_name"]] = each["sid"]
        if page.get("next_page_uri") is None:
            survey.done.add(status)


class Seeing(Passing):
    """A Provider that keeps, by room, what the wire saw of the survey behind it."""

    def __init__(self, inner: Provider, wire: LongWire) -> None:
        super().__init__(inner)
        self.wire = wire
        self.surveys: dict[str, ShownSurvey] = {}

    async def survey(self, rooms: Sequence[str]) -> ConferenceSurvey:
        asked = rooms[0] if len(rooms) == 1 else ""
        self.wire.asked.pop(asked, None)
        found = await self.inner.survey(rooms)
        seen = self.wire.asked.get(asked, ShownSurvey())
        shown = seen if found.unknown is None else ShownSurvey()
        self.surveys.update(dict.fromkeys(rooms, shown))
        for room in rooms:
            self._tell_whoever_asked(room, shown)
        return found

    def _tell_whoever_asked(self, room: str, shown: ShownSurvey) -> None:
        """A look reads its roster first: what it knows of the room is this.

        Once it acts, a survey is for another look: by another room, or the next.
        """
        journal = self.wire.journal
        known = journal.known.get((self.wire.process, room))
        acts = any(act.known is known for act in journal.acts[-_LATEST:])
        if known is not None and not acts:
            known.survey = shown
