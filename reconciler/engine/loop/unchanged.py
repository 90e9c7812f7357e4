"""Cache of evaluations of rooms whose inputs have not changed.

A plan follows from the roster, the ledger, the observation and the time. Where
an observation found nothing to do, and nothing that time alone could bring, the next
one comes to the same as long as these are the same:

roster, ledger   no row of the room was written (``Store.changes``)
observation      the same conference by the last survey, the same listing
time             an hour at most, and no longer than the roster counts

Anything else, and whatever cannot be told for certain, takes a whole observation.

What rooms that are as declared rest on is stored, too, for the process that has them
next. It comes to the same there if, beside all that, code and settings are the same
(``rules``) and no other observation of the room is on record. Until its next survey
the conference is the one that is stored.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from reconciler.engine.loop.converged import converged_room
from reconciler.engine.ports import Changes, Clock, Provider, Store
from reconciler.engine.reads.coalesce import Coalescer
from reconciler.engine.reads.conference_cache import ConferenceCache
from reconciler.engine.room.evaluation import Evaluation
from reconciler.model.converged_room import ConvergedRoom, RestoredRoom
from reconciler.model.errors import StoreError
from reconciler.model.observation import ListingToken, Observation, Unknown
from reconciler.model.watermark import Watermark
from reconciler.planning.plan import ConditionKind

MAX_AGE_SECONDS = 3600.0
"""Seconds after which a whole observation is made whatever is known."""

SAVED_AT_ONCE = 1000
"""Rooms that are stored in one transaction."""

RESTORED_AT_ONCE = 1000
"""Rooms that are read in one transaction: the rows of many take far more memory than
what is kept of them."""

ASK_SECONDS = 1.0
"""Seconds for which what the store said of its changes is believed."""


class CacheEntry(Struct, frozen=True):
    """What an observation rests on, and ``until`` when at most.

    ``listing`` is the observation's, None for a room without a conference.
    ``watermark`` is that of the store when roster and ledger were read. ``restored`` is
    what another process stored, until a visit has found the room unchanged.
    """

    conference_sid: str | None
    listing: ListingToken | None
    watermark: Watermark
    until: float
    restored: RestoredRoom | None = None


@dataclass(slots=True)
class UnchangedCache:
    """The rooms at rest. ``monotonic`` gives seconds that never go back.

    ``rules`` gives a hash of the code and settings by which rooms are evaluated; where
    it is "" nothing is stored for another process.
    """

    store: Store
    provider: Provider
    conference_cache: ConferenceCache
    monotonic: Clock
    rules: Callable[[], str] = lambda: ""
    _unsaved: dict[str, tuple[Evaluation, str]] = field(default_factory=dict)
    _stored: dict[str, float] = field(default_factory=dict)
    _entries: dict[str, CacheEntry] = field(default_factory=dict)
    _watermark: Watermark | None = None
    _latest: Watermark | None = None
    _asked_at: float = float("-inf")
    _asked: Coalescer[bool] = field(init=False)

    def __post_init__(self) -> None:
        self._asked = Coalescer(self._ask)

    def put(self, evaluation: Evaluation, ttl_seconds: float = MAX_AGE_SECONDS) -> None:
        """Remember an observation that found nothing to do, if it is one to be rested on.

        Its roster counts for *ttl_seconds* more.
        """
        observation = evaluation.observation
        if not isinstance(observation, Observation) or not _is_cacheable(
            evaluation, observation
        ):
            return
        conference, watermark = observation.conference, evaluation.ledger.watermark
        sid = conference.sid if conference else None
        until = self.monotonic() + min(MAX_AGE_SECONDS, ttl_seconds)
        entry = CacheEntry(sid, observation.listing, watermark, until)
        self._stored.pop(evaluation.room, None)
        if self._put(evaluation.room, entry) and (rules := self.rules()):
            self._unsaved[evaluation.room] = evaluation, rules

    def _put(self, room: str, entry: CacheEntry) -> bool:
        """Keep *entry*, unless the store is not asked for all changes since it."""
        watermark = entry.watermark
        if self._watermark is None:
            self._watermark = watermark
        if not watermark.includes(self._watermark):
            return False
        if self._latest is None or watermark.includes(self._latest):
            self._latest = watermark
        self._entries[room] = entry
        return True

    async def save(self) -> None:
        """Store what rooms rest on that were evaluated since; a failure is made up for."""
        while self._unsaved:
            names = tuple(islice(self._unsaved, SAVED_AT_ONCE))
            some = {room: self._unsaved[room] for room in names}
            rows = [x for each in some.values() if (x := converged_room(*each))]
            try:
                if rows:
                    await self.store.record_converged(rows)
            except StoreError:
                return
            last = {x for x, saved in some.items() if self._unsaved.get(x) is saved}
            for room in last:
                del self._unsaved[room]
            self._stored |= {x.room: x.evaluated_at for x in rows if x.room in last}

    async def conclude(self) -> None:
        """Store what rooms rest on, and that none of their rows was written since.

        So another process need not be told of changes before now, which may have been
        pruned. For the end: nothing is to be put any more. A failure leaves it undone.
        """
        await self.save()
        if not self._stored or not await self._ask(()) or self._watermark is None:
            return
        known = {x: at for x, at in self._stored.items() if x in self._entries}
        with suppress(StoreError):
            await self.store.confirm_converged(known, self._watermark)

    async def restore(
        self, rooms: Collection[str], clock: Clock
    ) -> AsyncIterator[list[RestoredRoom]]:
        """Take over what another process stored of *rooms*, some at a time.

        Those of them that may be at rest now, by *clock* in Unix seconds. What reading
        them raises, a StoreError most often, leaves none of those some.
        """
        names = tuple(rooms)
        for start in range(0, len(names), RESTORED_AT_ONCE):
            some = names[start : start + RESTORED_AT_ONCE]
            try:
                restored = await self._restore_some(some, clock())
            except Exception:
                self.invalidate(some)
                raise
            yield restored

    async def _restore_some(
        self, rooms: Collection[str], now: float
    ) -> list[RestoredRoom]:
        """As ``restore``, in one read, as of the Unix time *now*.

        A record since which changes may be forgotten has every room reported as
        changed: it is left out before the store is asked.
        """
        rules = self.rules()
        stored = await self.store.converged(rooms, rules) if rules else ()
        if not stored:
            return []
        known = await self.store.changes(None)
        recent = [x for x in stored if known.reaches(x.converged.watermark)]
        if not recent:
            return []
        changes = await self.store.changes(_earliest(x.converged for x in recent))
        same = (x for x in recent if _unwritten(x.converged, changes))
        return [each for each in same if self._restore(each, changes.watermark, now)]

    def _restore(self, stored: RestoredRoom, watermark: Watermark, now: float) -> bool:
        of = stored.converged
        age, forever = now - of.evaluated_at, float("inf")
        lasts = (forever if of.until is None else of.until) - now
        seconds = min(MAX_AGE_SECONDS - age, lasts)
        if of.room in self._entries or age < 0.0:
            return False
        listing = self.provider.known_listing(of.conference_sid, of.listing)
        until = self.monotonic() + seconds
        entry = CacheEntry(of.conference_sid, listing, watermark, until, stored)
        if not self._put(of.room, entry):
            return False
        self._stored[of.room] = of.evaluated_at
        if stored.observed.conference is not None:
            self.conference_cache.remember(of.room, stored.observed.conference)
        return True

    def take_restored(self, room: str) -> RestoredRoom | None:
        """What another process stored of *room*, once, if it rests on that."""
        entry = self._entries.get(room)
        if entry is None or entry.restored is None:
            return None
        self._entries[room] = replace(entry, restored=None)
        return entry.restored

    def invalidate(self, rooms: Collection[str]) -> None:
        """Make whole observations of *rooms* the next time."""
        for room in rooms:
            self._entries.pop(room, None)

    async def is_current(self, room: str) -> bool:
        """Whether an observation of *room* would come to nothing, as the last one did.

        Raises what ``Provider.survey`` raises.
        """
        now = self.monotonic()
        if room not in self._entries:
            return False
        if now - self._asked_at >= ASK_SECONDS and not await self._asked.of(()):
            return False
        if self.conference_cache.due(now) and not await self._surveyed(room):
            return False
        if now >= self.conference_cache.renew_at:
            self.conference_cache.renew()
        entry = self._entries.get(room)
        if entry is None:
            return False
        if (
            now < entry.until
            and self.conference_cache.sid(room) == entry.conference_sid
            and (entry.listing is None or await self.provider.unchanged(entry.listing))
        ):
            return self._entries.get(room) is entry
        self.invalidate((room,))
        return False

    async def close(self) -> None:
        await self._asked.close()

    async def _surveyed(self, room: str) -> bool:
        """Whether a survey, made now, reports *room*."""
        return not isinstance((await self.conference_cache.hint(room)).shown, Unknown)

    async def _ask(self, _: Collection[str]) -> bool:
        """Whether the store answers; drop the entries of rooms that were written.

        An entry whose watermark is ahead of the store's is that of a database put
        back from a copy.
        """
        began, latest = self.monotonic(), self._latest
        try:
            changes = await self.store.changes(self._watermark)
        except StoreError:
            self._entries.clear()
            return False
        if latest is not None and not changes.watermark.includes(latest):
            self._entries.clear()
        for room, turns in changes.rooms.items():
            entry = self._entries.get(room)
            if entry is not None and not all(map(entry.watermark.covers, turns)):
                del self._entries[room]
        self._watermark = changes.watermark
        if self._latest is latest:
            self._latest = changes.watermark
        self._asked_at = began
        return True


def _earliest(rooms: Iterable[ConvergedRoom]) -> Watermark:
    """The watermark that all others include: a transaction that was pending ends."""
    watermarks = (each.watermark for each in rooms)
    return min(watermarks, key=lambda x: (x.next, -len(x.pending)))


def _unwritten(of: ConvergedRoom, changes: Changes) -> bool:
    """Whether no row of the room was written since its record was made."""
    unseen = changes.rooms.get(of.room, ())
    return changes.watermark.includes(of.watermark) and all(
        map(of.watermark.covers, unseen)
    )


def _is_cacheable(evaluation: Evaluation, observation: Observation) -> bool:
    """Whether neither time nor an answer that is not asked for again can matter.

    The state of a conference that has not started is not in its listing.
    """
    blocked = evaluation.plan.blocked
    return (
        evaluation.plan.settled
        and (blocked is None or blocked.kind is ConditionKind.EVERYBODY_LEFT)
        and evaluation.plan.requeue_after is None
        and not evaluation.plan.approval_use.remaining
        and observation.alone
        and (observation.conference is None or observation.listing is not None)
    )
