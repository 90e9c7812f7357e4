"""Cache of the active conference of each room, filled by surveys."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from msgspec import Struct

from reconciler.engine.ports import Clock, Provider
from reconciler.engine.reads.coalesce import Coalescer
from reconciler.model.observation import Conference, ConferenceSurvey, Unknown

Shown: TypeAlias = Conference | Unknown | None
"""A room's active conference, why it is not known, None without one."""


class CachedConference(Struct, frozen=True):
    """What a survey showed of a room; ``fresh`` if it began after the question."""

    shown: Shown
    fresh: bool


LEAD = 1.25
"""How early the next survey begins, by what the last one took: so nobody waits for it."""

MIN_LEAD_SECONDS = 0.05
"""A survey that takes less is waited for."""


@dataclass(slots=True)
class ConferenceCache:
    """Asks which conferences are active, and remembers it for ``ttl_seconds`` seconds.

    ``rooms`` gives all rooms there are. ``contradicted`` is told of rooms that
    turn out to have another conference than was remembered. ``clock`` gives
    seconds that never go back. With ``early``, from ``renew_at`` on whoever checks rooms
    at rest begins the next survey (``renew``), before it is due: up to twice as many
    surveys, for which nobody waits. Both questions raise what ``Provider.survey`` raises.
    """

    provider: Provider
    clock: Clock
    ttl_seconds: Callable[[], float] = lambda: 0.0
    rooms: Callable[[], Collection[str]] = tuple
    contradicted: Callable[[Collection[str]], None] = lambda _: None
    early: bool = False
    _known: dict[str, Shown] = field(default_factory=dict)
    renew_at: float = float("inf")
    _swept_at: float = float("-inf")
    _asked: "Coalescer[Mapping[str, Shown]]" = field(init=False)
    _swept: "Coalescer[Mapping[str, Shown]]" = field(init=False)

    def __post_init__(self) -> None:
        self._asked = Coalescer(self._survey)
        self._swept = Coalescer(self._sweep)

    async def of(self, room: str) -> Shown:
        """The room's conference by a survey that begins now or later."""
        return (await self._asked.of((room,)))[room]

    async def hint(self, room: str) -> CachedConference:
        """What is remembered, after a survey of all rooms if one is due.

        Whoever cannot confirm it by what the conference shows must ask again.
        """
        asked_at = self.clock()
        if self.due(asked_at):
            shown = await self._swept.of((room,))
            return CachedConference(shown.get(room), self._swept_at >= asked_at)
        if room not in self._known:
            return CachedConference(await self.of(room), fresh=True)
        return CachedConference(self._known[room], fresh=False)

    def take(self, rooms: Collection[str], survey: ConferenceSurvey) -> None:
        """Remember *survey*, which was just made of all rooms."""
        if survey.unknown is None:
            self._swept_at, self.renew_at = self.clock(), float("inf")
        self._learnt(rooms, survey)

    def sid(self, room: str) -> str | None:
        """What is remembered of *room*, however old; see ``sid_of``."""
        return sid_of(self._known.get(room))

    def remember(self, room: str, conference: Conference) -> None:
        """What another process knew of *room*, until a survey shows it."""
        self._known.setdefault(room, conference)

    def forget(self, room: str) -> None:
        """What is remembered of *room* was not borne out, or is another process's now."""
        self._known.pop(room, None)

    def due(self, now: float) -> bool:
        """Whether a hint at *now* takes a survey."""
        return now - self._swept_at >= self.ttl_seconds()

    def renew(self) -> None:
        """Begin the survey that is due soon: it is time from ``renew_at`` on."""
        self._swept.start(())

    async def close(self) -> None:
        await self._asked.close()
        await self._swept.close()

    async def _survey(self, rooms: Collection[str]) -> Mapping[str, Shown]:
        return self._learnt(rooms, await self.provider.survey(tuple(rooms)))

    async def _sweep(self, rooms: Collection[str]) -> Mapping[str, Shown]:
        began = self.clock()
        if began < self.renew_at and not self.due(began):
            return self._known
        self.renew_at = float("inf")
        every = sorted({*rooms, *self.rooms()})
        survey = await self.provider.survey(every)
        if survey.unknown is None:
            self._swept_at = began
            self.renew_at = self._renewal(began, self.clock() - began)
        return self._learnt(every, survey)

    def _renewal(self, began: float, took: float) -> float:
        """When the survey after one that *began* then is to begin before it is due."""
        ttl = self.ttl_seconds()
        lead = min(took * LEAD, ttl / 2)
        if not self.early or lead < MIN_LEAD_SECONDS:
            return float("inf")
        return began + ttl - lead

    def _learnt(
        self, rooms: Collection[str], survey: ConferenceSurvey
    ) -> Mapping[str, Shown]:
        shown = {room: survey.of(room) for room in rooms}
        if survey.unknown is not None:
            return shown
        changed = [each for each in rooms if self._contradicts(each, shown[each])]
        self._known.update(shown)
        self.contradicted(changed)
        return shown

    def _contradicts(self, room: str, shown: Shown) -> bool:
        return sid_of(self._known.get(room, shown)) != sid_of(shown)


def sid_of(shown: Shown) -> str | None:
    """The conference's SID; what else is shown stands for itself."""
    if isinstance(shown, Unknown):
        return shown.reason
    return shown.sid if shown else None
