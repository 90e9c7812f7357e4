"""Controller: takes marked rooms from the work queue and runs workers.

Every trigger only marks. A mark says that a room is to be looked at, never what
is to be done about it.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.boundary_timers import BoundaryTimers
from reconciler.engine.loop.decision_feed import DecisionFeed, DecisionMark
from reconciler.engine.loop.observer import (
    ControllerObserver,
    Heartbeat,
    RunOutcome,
    drift_of,
)
from reconciler.engine.loop.resync_schedule import Capacity, ResyncSchedule
from reconciler.engine.loop.warm_up import WarmUp
from reconciler.engine.loop.work_queue import LONGEST_BACKOFF, Priority, WorkQueue
from reconciler.engine.loop.worker import RoomWorker, RunResult
from reconciler.engine.ports import Clock, Provider, Store
from reconciler.engine.reads.conference_cache import ConferenceCache
from reconciler.engine.reads.unchanged import UnchangedCache
from reconciler.engine.room.reconcile import Reconciler, ReconcileResult
from reconciler.model.errors import CredentialsRefused, RoomBusy, StoreError

SOONEST = 0.25
"""Seconds between two visits to a room unless somebody marks it."""

BUSY_AGAIN = 1.0
"""Seconds, more or less, until a room is tried again that another process holds."""

REFUSED_AGAIN = 2.0
REFUSED_MOST = 60.0
"""Seconds until refused credentials are tried again: at first, doubling, at most."""

STRAIN_EVERY = 60.0
"""Seconds between two looks at whether the resync periods can be kept."""

PULSE = 1.0
"""Seconds for which the loop sleeps at most."""

_DOUBLINGS = 16

GRACE = 2.0
"""Seconds that a cancelled run has to finish the request that is under way."""


@dataclass(slots=True)
class Controller:
    """Keeps every room of the store as declared until ``stop`` is set.

    ``clock`` gives Unix seconds, ``monotonic`` seconds that never go back,
    ``jitter`` a number from 0 up to 1. ``stop`` is shared with the Actor, which
    begins nothing once it is set. ``drain`` is how many seconds runs have then
    to finish. ``workers`` rooms are visited at a time. ``pulse`` is for how many
    seconds the loop sleeps at most.
    """

    store: Store
    provider: Provider
    reconciler: Reconciler
    budget: AccountLimiter
    rhythm: ResyncSchedule
    watch: ControllerObserver
    clock: Clock
    monotonic: Clock
    jitter: Callable[[], float]
    stop: asyncio.Event
    owner: str
    lease_seconds: float
    workers: int = 20
    drain: float = 5.0
    pulse: float = PULSE
    queue: WorkQueue = field(default_factory=WorkQueue)
    _visitor: RoomWorker = field(init=False)
    _surveyor: ConferenceCache = field(init=False)
    _rests: UnchangedCache = field(init=False)
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _began: dict[str, float] = field(default_factory=dict)
    _causes: dict[str, str] = field(default_factory=dict)
    _start: WarmUp = field(default_factory=WarmUp)
    _inbox: DecisionFeed = field(init=False)
    _boundaries: BoundaryTimers = field(default_factory=BoundaryTimers)
    _strain_at: float = float("-inf")
    _poll: "asyncio.Task[None] | None" = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _clean_at: float | None = None
    _signs: Heartbeat = field(default_factory=Heartbeat)

    def __post_init__(self) -> None:
        self._inbox = DecisionFeed(self.store)
        self._surveyor = ConferenceCache(
            self.provider,
            self.monotonic,
            lambda: self.rhythm.resync,
            self.rhythm.rooms,
            self._contradicted,
        )
        self._rests = UnchangedCache(
            self.store, self.provider, self._surveyor, self.monotonic
        )
        self._visitor = RoomWorker(
            self.store,
            self.reconciler,
            self._surveyor,
            self._rests,
            self.clock,
            self.owner,
            self._looked,
            self.watch.rested,
            self.lease_seconds,
            self._again,
        )

    @property
    def warm(self) -> bool:
        """Whether every room was read once, so that rooms may be changed."""
        return self._start.over

    def heartbeat(self) -> Heartbeat:
        """Signs of life."""
        oldest = min(tuple(self._began.values()), default=None)
        return replace(
            self._signs,
            oldest_run_at=oldest,
            last_clean_at=self._clean_at,
            warm=self.warm,
        )

    def capacity(self, now: float) -> Capacity:
        """Whether the resync periods can be kept, with figures."""
        return self.rhythm.capacity(now, self.workers)

    def mark(self, room: str, lane: Priority, cause: str = "") -> bool:
        """Have *room* looked at; *cause* names a person or thing for the record.

        A mark of a higher lane than a retry's takes a whole look, even at rest.
        False for a room that the store does not have: nothing is marked, and
        nothing is kept of it.
        """
        if not self.rhythm.knows(room):
            return False
        now = self.monotonic()
        self.queue.mark(room, lane, now)
        if cause or lane > Priority.RETRY:
            self._causes[room] = cause or self._causes.get(room, "")
        self._wake.set()
        return True

    def heard(self, room: str, conference_sid: str) -> None:
        """An event of a conference of *room* came, so that more may be expected."""
        self.rhythm.heard(room, conference_sid, self.monotonic())

    def mark_all(self, lane: Priority, cause: str = "") -> None:
        """Have every room looked at."""
        for room in self.rhythm.rooms():
            self.mark(room, lane, cause)

    def tick(self, now: float) -> None:
        """Once a second: mark what is due and ask the store for decisions.

        *now* is by ``monotonic``. Waits for nothing.
        """
        self._signs = replace(self._signs, ticked_at=now)
        if self.stop.is_set():
            return
        self.rhythm.ration(now, self.workers)
        for room in self.rhythm.due(now):
            self.queue.mark(room, Priority.RESYNC, now)
        if self._poll is None or self._poll.done():
            self._poll = asyncio.create_task(self._ask_store(now))
        self.watch.waiting(self.queue.depth(), len(self._running))
        if now - self._strain_at >= STRAIN_EVERY:
            self._strain_at = now
            self.watch.strained(self.capacity(now))
        self._wake.set()

    async def run(self) -> None:
        """Visit rooms until told to stop; then finish, note and release."""
        stopped = asyncio.create_task(self._wake_at_stop())
        try:
            while not self.stop.is_set():
                wait = self._dispatch()
                await self._sleep(wait)
        finally:
            stopped.cancel()
            await self._drain()

    def _dispatch(self) -> float:
        """Give rooms to free workers; seconds until there may be more to do."""
        now, at = self.monotonic(), self.clock()
        self._signs = replace(self._signs, loop_at=now)
        for room in self._start.debts(now):
            self.queue.mark(room, Priority.RETRY, now)
        for room in self._boundaries.due(at):
            self.mark(room, Priority.PERSON)
        return min(self._begin(now), self._boundaries.wait(at))

    def _begin(self, now: float) -> float:
        """Give rooms to free workers, as ``_dispatch``."""
        while len(self._running) < self.workers:
            wait = self._nothing_for(now)
            if wait:
                return wait
            taken = self.queue.take(now)
            if taken is not None:
                self._began[taken] = now
                self._running[taken] = asyncio.create_task(self._work(taken))
        return self.pulse

    def _nothing_for(self, now: float) -> float:
        """0.0 if a room may be taken now, else seconds, at most until the next pulse."""
        due = self.queue.next_at(now)
        if due is None or due > now:
            return self.pulse if due is None else min(self.pulse, due - now)
        return min(self.pulse, self.budget.admit(self.clock()))

    async def _work(self, room: str) -> None:
        """Visit *room*, and then one after the other that is due."""
        taken: str | None = room
        while taken is not None:
            taken = await self._run(taken)
        self._wake.set()

    async def _run(self, room: str) -> str | None:
        """One run; the room to continue with. Nothing that happens in it ends the loop."""
        ending = RunOutcome.STOPPED
        try:
            ending = await self._contained(room)
        finally:
            now = self.monotonic()
            self.queue.done(room, now)
            task = self._running.pop(room)
            seconds = now - self._began.pop(room)
            if ending is not RunOutcome.RESTED:
                self.watch.ended(room, ending, seconds)
            if ending is RunOutcome.STOPPED:
                self._wake.set()
        following = self._following(now)
        if following is not None:
            self._began[following] = now
            self._running[following] = task
        return following

    def _following(self, now: float) -> str | None:
        """A room that waits, unless the loop has something else to do first."""
        if self.stop.is_set() or self._start.owing or not self.queue.waiting:
            return None
        return None if self.budget.admit(self.clock()) else self.queue.take(now)

    async def _contained(self, room: str) -> RunOutcome:
        """How the visit ended; by then the room is marked for the next."""
        cause = self._causes.pop(room, None)
        try:
            visit = await self._visitor.visit(room, may_act=self.warm, cause=cause)
        except RoomBusy:
            self._start.read(room, owed=True)
            self._again(room, BUSY_AGAIN * (0.5 + self.jitter()))
            return RunOutcome.BUSY
        except StoreError as error:
            return self._back_off(room, RunOutcome.OUTAGE, error)
        except CredentialsRefused as error:
            return self._back_off(room, RunOutcome.REFUSED, error)
        except Exception as error:  # noqa: BLE001 - one room must not end the others
            return self._back_off(room, RunOutcome.FAILED, error)
        return self._settle(room, visit)

    def _settle(self, room: str, visit: RunResult) -> RunOutcome:
        """Mark the room for its next look."""
        now = self.monotonic()
        if visit.ending is not RunOutcome.RESTED:
            self._boundaries.put(room, visit.until)
        self.rhythm.looked(
            room,
            now,
            now - self._began[room],
            moved=visit.moved,
            managed=visit.managed,
            seen=visit.seen,
        )
        if visit.ending in {RunOutcome.UNKNOWN, RunOutcome.FAILED}:
            self._retry(room, visit.ending)
            return visit.ending
        self._start.read(room, owed=visit.ending is RunOutcome.OWED)
        self.queue.clean(room)
        self._clean_at = now
        again = visit.again
        if self.rhythm.uncovered(room):
            period = self.rhythm.period(room, now)
            again = period if again is None else min(again, period)
        if visit.ending is not RunOutcome.OWED and again is not None:
            self._again(room, again)
        return visit.ending

    def _again(self, room: str, seconds: float) -> None:
        at = self.monotonic() + max(SOONEST, seconds)
        self.queue.mark_at(room, Priority.RETRY, at)

    def _back_off(self, room: str, ending: RunOutcome, error: Exception) -> RunOutcome:
        """The visit broke off: nothing is known, so the resync waits as well."""
        wait = self._retry(room, ending)
        self.rhythm.put_off(room, self.monotonic() + wait)
        self.watch.trouble(room, ending, error)
        return ending

    def _retry(self, room: str, ending: RunOutcome) -> float:
        """Try again later, and later each time; the seconds until then.

        An outage is over for all rooms at once: none waits for longer than a
        resync takes.
        """
        outage = ending in {RunOutcome.OUTAGE, RunOutcome.UNKNOWN, RunOutcome.REFUSED}
        most = self.rhythm.resync if outage else LONGEST_BACKOFF
        least = 0.0
        if ending is RunOutcome.REFUSED:
            doubled = REFUSED_AGAIN * 2.0 ** min(self.queue.failures(room), _DOUBLINGS)
            least = min(REFUSED_MOST, doubled)
        start = self.monotonic() + least
        return least + self.queue.failed(room, start, self.jitter(), most)

    def _contradicted(self, rooms: Collection[str]) -> None:
        """A survey shows another conference than the last one did."""
        self._rests.drop(rooms)
        for room in rooms:
            self.mark(room, Priority.RESYNC)

    def _looked(self, made: ReconcileResult, at: float) -> None:
        self.watch.looked(made, drift_of(made), at)
        for deed in made.deeds:
            self.watch.did(made.room, deed)

    async def _ask_store(self, now: float) -> None:
        """Meet rooms that are new, and mark what others decided."""
        try:
            marks = await self._inbox.marks()
            unmet = [each for each in marks if not self._decided(each)]
            rooms = await self._inbox.rooms(now, at_once=bool(unmet))
        except Exception as error:  # noqa: BLE001 - asked again at the next tick
            self.watch.trouble("", RunOutcome.OUTAGE, error)
            return
        if rooms is not None:
            self._meet(rooms, now)
        for each in unmet:
            self._decided(each)

    def _decided(self, mark: DecisionMark) -> bool:
        return self.mark(mark.room, Priority.PERSON, mark.cause)

    def _meet(self, rooms: Collection[str], now: float) -> None:
        new = [room for room in rooms if not self.rhythm.knows(room)]
        for room in new:
            self.rhythm.meet(room, now)
            self.watch.met(room, self.clock())
            self.mark(room, Priority.RESYNC)
        self._start.begin(rooms, now)

    async def _sleep(self, seconds: float) -> None:
        self._wake.clear()
        if self.stop.is_set():
            return
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _wake_at_stop(self) -> None:
        await self.stop.wait()
        self._wake.set()

    async def _drain(self) -> None:
        """Runs that hold a room finish; looks, which change nothing, do not."""
        for room, task in self._running.items():
            if not self._visitor.acts_on(room):
                task.cancel()
        await _ended(self._running.values(), self.drain)
        for task in self._running.values():
            task.cancel()
        await _ended(self._running.values(), GRACE)
        if self._poll is not None:
            self._poll.cancel()
            await _ended((self._poll,), GRACE)
        await self._surveyor.close()
        await self._visitor.close(self.drain)


async def _ended(tasks: Iterable[asyncio.Task[None]], within: float) -> None:
    waited = set(tasks)
    if waited:
        await asyncio.wait(waited, timeout=within)
