"""Cache of evaluations of rooms whose inputs have not changed.

A plan follows from the roster, the ledger, the observation and the time. Where
a look found nothing to do, and nothing that time alone could bring, the next
one comes to the same as long as these are the same:

roster, ledger   no row of the room was written (``Store.changes``)
observation      the same conference by the last survey, the same listing
time             an hour at most, and no longer than the roster counts

Anything else, and whatever cannot be told for certain, takes a whole look.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from reconciler.engine.ports import Clock, Provider, Store
from reconciler.engine.reads.coalesce import Coalescer
from reconciler.engine.reads.conference_cache import ConferenceCache, sid_of
from reconciler.engine.room.evaluate import Evaluation
from reconciler.model.errors import StoreError
from reconciler.model.observation import Observation
from reconciler.model.watermark import Watermark
from reconciler.planning.plan import ConditionKind

LIFE = 3600.0
"""Seconds after which a whole look is made whatever is known."""

ASK_EVERY = 1.0
"""Seconds for which what the store said of its changes is believed."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """What a look rests on, and ``until`` when at most.

    ``sight`` is the observation's, None for a room without a conference.
    ``watermark`` is that of the store when roster and ledger were read.
    """

    conference_sid: str | None
    sight: object | None
    watermark: Watermark
    until: float


@dataclass(slots=True)
class UnchangedCache:
    """The rooms at rest. ``monotonic`` gives seconds that never go back."""

    store: Store
    provider: Provider
    surveyor: ConferenceCache
    monotonic: Clock
    _rests: dict[str, CacheEntry] = field(default_factory=dict)
    _watermark: Watermark | None = None
    _latest: Watermark | None = None
    _asked_at: float = float("-inf")
    _asked: Coalescer[bool] = field(init=False)

    def __post_init__(self) -> None:
        self._asked = Coalescer(self._ask)

    def keep(self, seen: Evaluation, lasts: float = LIFE) -> None:
        """Remember a look that found nothing to do, if it is one to be rested on.

        Its roster counts for *lasts* seconds more.
        """
        observation = seen.observation
        if not isinstance(observation, Observation) or not _restful(seen, observation):
            return
        conference, watermark = observation.conference, seen.ledger.watermark
        if self._watermark is None:
            self._watermark = watermark
        if watermark.includes(self._watermark):
            if self._latest is None or watermark.includes(self._latest):
                self._latest = watermark
            sid = conference.sid if conference else None
            until = self.monotonic() + min(LIFE, lasts)
            self._rests[seen.room] = CacheEntry(
                sid, observation.sight, watermark, until
            )

    def drop(self, rooms: Collection[str]) -> None:
        """Make whole looks at *rooms* the next time."""
        for room in rooms:
            self._rests.pop(room, None)

    async def lasts(self, room: str) -> bool:
        """Whether a look at *room* would come to nothing, as the last one did.

        Raises what ``Provider.survey`` raises.
        """
        now = self.monotonic()
        if room not in self._rests:
            return False
        if now - self._asked_at >= ASK_EVERY and not await self._asked.of(()):
            return False
        if self.surveyor.due(now) and not await self._surveyed(room):
            return False
        rest = self._rests.get(room)
        if rest is None:
            return False
        if self._fits(room, rest, now) and (
            rest.sight is None or await self.provider.same(rest.sight)
        ):
            return self._rests.get(room) is rest
        self.drop((room,))
        return False

    async def close(self) -> None:
        """End what is under way."""
        await self._asked.close()

    def _fits(self, room: str, rest: CacheEntry, now: float) -> bool:
        shown = self.surveyor.remembers(room)
        return now < rest.until and sid_of(shown) == rest.conference_sid

    async def _surveyed(self, room: str) -> bool:
        """Whether a survey, made now, reports *room*."""
        return not isinstance((await self.surveyor.hint(room)).shown, str)

    async def _ask(self, _: Collection[str]) -> bool:
        """Whether the store tells; it may come back as another, so no rest lasts.

        A rest whose watermark is ahead of the store's is that of a database put
        back from a copy.
        """
        began, latest = self.monotonic(), self._latest
        try:
            changes = await self.store.changes(self._watermark)
        except StoreError:
            self._rests.clear()
            return False
        if latest is not None and not changes.watermark.includes(latest):
            self._rests.clear()
        for room, turns in changes.rooms.items():
            rest = self._rests.get(room)
            if rest is not None and not all(map(rest.watermark.covers, turns)):
                del self._rests[room]
        self._watermark = changes.watermark
        if self._latest is latest:
            self._latest = changes.watermark
        self._asked_at = began
        return True


def _restful(seen: Evaluation, observation: Observation) -> bool:
    """Whether neither time nor an answer that is not asked for again can matter.

    The state of a conference that has not started is not in its listing.
    """
    blocked = seen.plan.blocked
    return (
        seen.plan.settled
        and (blocked is None or blocked.kind is ConditionKind.EVERYBODY_LEFT)
        and seen.plan.requeue_after is None
        and not seen.plan.approval_use.remaining
        and observation.alone
        and (observation.conference is None or observation.sight is not None)
    )
