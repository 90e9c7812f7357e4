"""Runs passes until rooms converge or the timeout ends.

Each room goes its own way: no room waits for another's requests, nor for its
lease. A room that is as declared is given back and looked at now and then until
the last one is, too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from msgspec.structs import replace

from reconciler.engine.limits.in_flight import MAX_ROOMS_AT_ONCE
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.converged import restored_evaluation
from reconciler.engine.loop.followed_room import MIN_POLL_SECONDS, FollowedRoom
from reconciler.engine.loop.unchanged import UnchangedCache
from reconciler.engine.loop.worker import RoomWorker
from reconciler.engine.ports import Clock, Provider, Store
from reconciler.engine.reads.conference_cache import ConferenceCache
from reconciler.engine.room.apply import PlanApplier
from reconciler.engine.room.pass_history import PassHistory
from reconciler.engine.room.pass_options import PassOptions
from reconciler.engine.room.reconcile import Reconciler, ReconcileResult
from reconciler.engine.room.reported_call_buffer import ReportedCallBuffer
from reconciler.engine.room.room_leases import RoomLeases
from reconciler.engine.waiting import wait_for_first, wait_for_tasks
from reconciler.model.converged_room import RestoredRoom
from reconciler.model.errors import CredentialsRefused, RoomBusy

WATCH_SECONDS = 2.0
WATCHED_PER_SECOND = 20.0
"""How often rooms are looked at that are as declared: each every so many seconds,
and all together not more often than that."""

CALLING_SECONDS = 1.0
"""Seconds between two observations of a room while a create of ours is under way there:
nobody else can silence anybody then."""

CLOSE_SECONDS = 20.0
"""Seconds in which creates are to be answered at the end."""

SURVEY_SECONDS = 2.0
"""Seconds for which one survey of all rooms is used."""

LEASE_RETRY_SECONDS = 0.5
"""Seconds between two tries to act on a room that another process holds."""


@dataclass(slots=True)
class SyncRun:
    """Follows rooms from start to rest.

    ``monotonic`` gives seconds that never go back. ``report`` is told of every
    whole observation, ``busy`` of every wait for another process. ``busy_rooms`` are
    those that another process still held at the end. ``reported_calls`` are what
    events report of calls into the rooms. ``rules`` is as in ``UnchangedCache``: rooms
    are not evaluated that are as a process with the same rules left them.
    """

    applier: PlanApplier
    options: PassOptions
    store: Store
    provider: Provider
    limiter: AccountLimiter
    clock: Clock
    monotonic: Clock
    sleep: Callable[[float], Awaitable[object]]
    report: Callable[[ReconcileResult], None]
    owner: str
    lease_seconds: float
    busy: Callable[[RoomBusy], None] = lambda _: None
    rules: Callable[[], str] = lambda: ""
    busy_rooms: dict[str, RoomBusy] = field(default_factory=dict)
    reported_calls: ReportedCallBuffer = field(default_factory=ReportedCallBuffer)
    _history: PassHistory = field(init=False)

    def __post_init__(self) -> None:
        self._history = PassHistory(self.options.account_sid)

    def reconciler(self, conferences: ConferenceCache) -> Reconciler:
        """What makes the passes of a run."""
        leases = RoomLeases(self.store, self.clock, self.owner, self.lease_seconds)
        return Reconciler(
            self.store,
            self.provider,
            self.clock,
            self.applier,
            self.options,
            leases,
            conferences,
            self._history,
            reported_calls=self.reported_calls,
        )

    async def follow(
        self,
        rooms: Sequence[str],
        *,
        within: float,
        stopping: Callable[[], bool],
        once: bool = False,
    ) -> dict[str, ReconcileResult]:
        """The last pass of every room that was looked at.

        Ends when every room is at rest, after *within* seconds, or when asked
        to. With *once* each room is visited once, and one that another process
        holds is not waited for. Raises the first StoreError, TwilioError or
        other error of a room, when the others are done.
        """
        run = _Run(self, self.monotonic() + within, stopping, once=once)
        try:
            return await run.follow(rooms)
        finally:
            for room in rooms:
                self.busy_rooms.pop(room, None)
            self.busy_rooms |= run.busy()


class _Run:
    """One call of ``follow``."""

    def __init__(
        self,
        of: SyncRun,
        until: float,
        stopping: Callable[[], bool],
        *,
        once: bool,
    ) -> None:
        self._of = of
        self._until = until
        self._stopping = stopping
        self._once = once
        self._rooms: dict[str, FollowedRoom] = {}
        self._due: list[tuple[float, str]] = []
        self._next: dict[str, float] = {}
        self._missed: set[str] = set()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._fatal = False
        self._restored: dict[str, ReconcileResult] = {}
        conference_cache = ConferenceCache(
            of.provider,
            of.monotonic,
            lambda: SURVEY_SECONDS,
            lambda: self._rooms,
            self._contradicted,
            early=True,
        )
        self._conference_cache = conference_cache
        self._unchanged = UnchangedCache(
            of.store,
            of.provider,
            conference_cache,
            of.monotonic,
            of.rules if of.options.usual else lambda: "",
        )
        self._worker = RoomWorker(
            of.reconciler(conference_cache),
            self._unchanged,
            of.clock,
            self._on_evaluated,
            lambda _room, _at: None,
            self._requeue_soon,
            self._on_restored,
        )

    async def follow(self, rooms: Iterable[str]) -> dict[str, ReconcileResult]:
        """As ``SyncRun.follow``."""
        self._rooms = {room: FollowedRoom(room) for room in sorted(rooms)}
        for name in self._rooms:
            self._mark(name, 0.0)
        try:
            await self._restore()
            while not self._over():
                await self._idle(self._dispatch())
        finally:
            await self._end()
        for room in self._rooms.values():
            if room.error is not None:
                raise room.error
        return {room.name: room.last for room in self._rooms.values() if room.last}

    def busy(self) -> dict[str, RoomBusy]:
        """Rooms that another process held when they were last visited."""
        return {room.name: room.busy for room in self._rooms.values() if room.busy}

    def _over(self) -> bool:
        settled = all(room.settled for room in self._rooms.values())
        late = self._of.monotonic() >= self._until
        return settled or late or self._fatal or self._stopping()

    def _dispatch(self) -> float:
        """Visit rooms that are due; seconds until there may be more to do."""
        now = self._of.monotonic()
        while len(self._running) < MAX_ROOMS_AT_ONCE and self._due:
            at, name = self._due[0]
            if self._next.get(name) != at:
                heappop(self._due)
                continue
            wait = at - now if at > now else self._of.limiter.admit(self._of.clock())
            if wait > 0:
                return min(wait, self._until - now)
            heappop(self._due)
            del self._next[name]
            if name in self._running:
                self._missed.add(name)
            else:
                visit = self._visit(self._rooms[name])
                self._running[name] = asyncio.create_task(visit)
        return self._until - now

    def _mark(self, room: str, at: float) -> None:
        """Have a room visited at *at*, unless it is to be sooner."""
        if at < self._next.get(room, float("inf")):
            self._next[room] = at
            heappush(self._due, (at, room))

    def _requeue_soon(self, room: str, seconds: float) -> None:
        """The room has news: of its creates, or of rings that were not begun."""
        self._mark(room, self._of.monotonic() + max(MIN_POLL_SECONDS, seconds))
        self._wake.set()

    async def _visit(self, room: FollowedRoom) -> None:
        try:
            await self._worker.run(room.name, may_act=True, cause=None)
            if self._once:
                await self._worker.finish(room.name)
            room.busy = None
            wait = room.wait()
        except RoomBusy as busy:
            wait = self._held(room, busy)
        except Exception as error:  # noqa: BLE001 - raised when the others are done
            room.error, wait = error, None
            self._fatal = self._fatal or isinstance(error, CredentialsRefused)
        finally:
            self._running.pop(room.name, None)
            self._wake.set()
        self._requeue(room, wait)

    def _held(self, room: FollowedRoom, busy: RoomBusy) -> float | None:
        """Another process acts on the room: it is waited for if there is a wish."""
        if room.settled:
            return None
        room.busy = busy
        if self._once:
            return None
        self._of.busy(busy)
        return LEASE_RETRY_SECONDS

    def _requeue(self, room: FollowedRoom, wait: float | None) -> None:
        room.settled = wait is None or self._once
        if self._once or room.error is not None:
            return
        until = room.last.evaluation.until if room.last else None
        if wait is None:
            wait = max(WATCH_SECONDS, len(self._rooms) / WATCHED_PER_SECOND)
        elif self._of.applier.calls.active(room.name):
            wait = min(wait, CALLING_SECONDS)
        if room.name in self._missed:
            self._missed.discard(room.name)
            wait = MIN_POLL_SECONDS
        if until is not None:
            wait = min(wait, max(0.0, until - self._of.clock()))
        self._mark(room.name, self._of.monotonic() + wait)

    async def _restore(self) -> None:
        """Take over what an earlier process left of the rooms; raises StoreError."""
        clock = self._of.clock
        batches = self._unchanged.restore(self._rooms, clock)
        left = [each async for some in batches for each in some]
        rooms = [each.room for each in left]
        stored = await self._of.store.read_desired(rooms, clock())
        for each in left:
            evaluation = restored_evaluation(each, stored.get(each.room))
            if evaluation is None:
                self._unchanged.invalidate((each.room,))
            else:
                self._restored[each.room] = ReconcileResult(evaluation)

    def _on_restored(self, restored: RestoredRoom, at: float) -> None:
        result = self._restored.pop(restored.room)
        evaluation = replace(result.evaluation, observed_at=at)
        self._on_evaluated(replace(result, evaluation=evaluation, began_at=at))

    def _on_evaluated(self, result: ReconcileResult) -> None:
        of = self._of
        paused = of.limiter.paused_for(of.clock()) > 0.0
        self._rooms[result.room].take(result, paused=paused)
        of.report(result)

    def _contradicted(self, rooms: Iterable[str]) -> None:
        """A survey shows another conference than the last one did."""
        self._unchanged.invalidate(tuple(rooms))

    async def _idle(self, seconds: float) -> None:
        """Sleep, but no longer than until a visit is over."""
        try:
            await wait_for_first(self._of.sleep(max(0.0, seconds)), self._wake.wait())
        finally:
            self._wake.clear()

    async def _end(self) -> None:
        """What acts is seen through; looks, which change nothing, are not."""
        running = dict(self._running)
        for room, task in running.items():
            if not self._worker.acts_in(room):
                task.cancel()
        await wait_for_tasks(running.values())
        await self._unchanged.save()
        await self._conference_cache.close()
        await self._worker.close(CLOSE_SECONDS)
