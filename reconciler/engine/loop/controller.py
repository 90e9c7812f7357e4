"""Controller: takes marked rooms from the work queue and runs workers.

Every trigger only marks. A mark says that a room is to be looked at, never what
is to be done about it.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from reconciler.engine.limits.in_flight import MAX_ROOMS_AT_ONCE
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.decision_feed import DecisionFeed, DecisionMark
from reconciler.engine.loop.next_run import NextRun
from reconciler.engine.loop.observer import (
    ControllerObserver,
    Heartbeat,
    RunOutcome,
    drift_of,
)
from reconciler.engine.loop.resync_schedule import (
    Capacity,
    ObservedConference,
    ResyncSchedule,
)
from reconciler.engine.loop.room_share import RoomShare
from reconciler.engine.loop.unchanged import RESTORED_AT_ONCE, UnchangedCache
from reconciler.engine.loop.work_queue import Priority, WorkQueue
from reconciler.engine.loop.worker import RoomWorker
from reconciler.engine.loop.worker_pool import GRACE_SECONDS, WorkerPool
from reconciler.engine.ports import Clock, Provider, Store
from reconciler.engine.reads.conference_cache import ConferenceCache
from reconciler.engine.room.apply import PlanApplier
from reconciler.engine.room.pass_history import PassHistory
from reconciler.engine.room.pass_options import PassOptions
from reconciler.engine.room.reconcile import Reconciler, ReconcileResult
from reconciler.engine.room.room_leases import RoomLeases
from reconciler.engine.waiting import wait_for_event, wait_for_tasks
from reconciler.model.converged_room import ConvergedRoom
from reconciler.model.errors import (
    CredentialsRefused,
    RoomBusy,
    RoomMoved,
    StoreError,
)
from reconciler.model.recorded_observation import LegEvent
from reconciler.model.reported_call import ReportedCall

CAPACITY_SECONDS = 60.0
"""Seconds between two observations of whether the resync periods can be kept."""

PULSE_SECONDS = 1.0
"""Seconds for which the loop sleeps at most."""


@dataclass(slots=True)
class Controller:
    """Keeps every room of the store as declared until ``stop`` is set.

    ``clock`` gives Unix seconds, ``monotonic`` seconds that never go back, ``jitter`` a
    number from 0 up to 1. ``stop`` is shared with the applier, which begins nothing
    once it is set. ``drain_seconds`` is how many seconds runs have then to finish.
    ``workers`` rooms are visited at a time. ``pulse_seconds`` is for how many seconds
    the loop sleeps at most. ``rules`` is as in ``UnchangedCache``.
    """

    store: Store
    provider: Provider
    applier: PlanApplier
    options: PassOptions
    limiter: AccountLimiter
    resync_schedule: ResyncSchedule
    observer: ControllerObserver
    clock: Clock
    monotonic: Clock
    jitter: Callable[[], float]
    stop: asyncio.Event
    owner: str
    lease_seconds: float
    workers: int = MAX_ROOMS_AT_ONCE
    drain_seconds: float = 5.0
    pulse_seconds: float = PULSE_SECONDS
    rules: Callable[[], str] = lambda: ""
    queue: WorkQueue = field(default_factory=WorkQueue)
    share: RoomShare = field(default_factory=RoomShare)
    _worker: RoomWorker = field(init=False)
    _conference_cache: ConferenceCache = field(init=False)
    _unchanged: UnchangedCache = field(init=False)
    _pool: WorkerPool = field(init=False)
    _causes: dict[str, str] = field(default_factory=dict)
    _next_run: NextRun = field(init=False)
    _decision_feed: DecisionFeed = field(init=False)
    _capacity_at: float = float("-inf")
    _poll: "asyncio.Task[None] | None" = None
    _asked: bool = False
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)
    _new: set[str] = field(default_factory=set)
    _gained: list[str] = field(default_factory=list)
    _taking: bool = False
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _loop_at: float | None = None
    _ticked_at: float | None = None

    def __post_init__(self) -> None:
        self._decision_feed = DecisionFeed(self.store)
        self._next_run = NextRun(
            self.queue, self.resync_schedule, self.monotonic, self.jitter
        )
        self._conference_cache = ConferenceCache(
            self.provider,
            self.monotonic,
            lambda: self.resync_schedule.resync,
            self.resync_schedule.rooms,
            self._contradicted,
        )
        self._unchanged = UnchangedCache(
            self.store,
            self.provider,
            self._conference_cache,
            self.monotonic,
            self.rules,
        )
        self._worker = RoomWorker(
            self._reconciler(),
            self._unchanged,
            self.clock,
            self._on_evaluated,
            self.observer.on_unchanged,
            self._next_run.requeue,
            self.observer.on_restored,
        )
        self._pool = WorkerPool(
            self.queue,
            self.limiter,
            self.clock,
            self.monotonic,
            self.workers,
            self.pulse_seconds,
            self._wake,
            self._visit,
            self._ended,
            self._interrupted,
        )

    def _reconciler(self) -> Reconciler:
        return Reconciler(
            self.store,
            self.provider,
            self.clock,
            self.applier,
            self.options,
            RoomLeases(self.store, self.clock, self.owner, self.lease_seconds),
            self._conference_cache,
            PassHistory(self.options.account_sid),
            self.observer.on_planned,
        )

    @property
    def warm(self) -> bool:
        """Whether every room was read once, so that rooms may be changed."""
        return self._next_run.warm_up.over

    def heartbeat(self) -> Heartbeat:
        """Signs of life."""
        oldest = min(tuple(self._pool.began.values()), default=None)
        return Heartbeat(
            loop_at=self._loop_at,
            ticked_at=self._ticked_at,
            oldest_run_at=oldest,
            last_clean_at=self._next_run.last_clean_at,
            warm=self.warm,
        )

    def capacity(self, now: float) -> Capacity:
        """Whether the resync periods can be kept, with figures."""
        return self.resync_schedule.capacity(now, self.workers)

    def mark(self, room: str, priority: Priority, cause: str = "") -> bool:
        """Have *room* looked at; *cause* names a person or thing for the record.

        A mark of a higher lane than a retry's takes a whole observation, even at rest.
        Any other mark of a new room is one with its first; see ``_begin_with``.
        False for a room that the store does not have: nothing is marked, and
        nothing is kept of it.
        """
        if not self.resync_schedule.knows(room):
            return False
        whole = bool(cause) or priority > Priority.RETRY
        if room in self._new and not whole:
            return True
        now = self.monotonic()
        self.queue.mark(room, priority, now)
        if whole:
            self._causes[room] = cause or self._causes.get(room, "")
        self._wake.set()
        return True

    def knows(self, room: str) -> bool:
        """Whether the store had the room when it was last asked."""
        return self.resync_schedule.knows(room) or room in self.share.elsewhere

    def is_elsewhere(self, room: str) -> bool:
        """Whether another process works on *room*."""
        return room in self.share.elsewhere

    def heard(self, room: str, conference_sid: str) -> None:
        """An event of a conference of *room* came, so that more may be expected."""
        self.resync_schedule.heard(room, conference_sid, self.monotonic())

    def leg_event(self, room: str, event: LegEvent) -> None:
        """An event of a leg of *room* came: it dates what is then observed."""
        if self.resync_schedule.knows(room):
            self._worker.reconciler.evaluator.leg_events.add(room, event)

    def reported_call(self, room: str, report: ReportedCall) -> bool:
        """A second source reports a call into *room*. False if nothing comes of it."""
        if not self.resync_schedule.knows(room):
            return False
        return self._worker.reconciler.reported_calls.add(room, report)

    def mark_all(self, priority: Priority, cause: str = "") -> None:
        """Have every room looked at."""
        for room in self.resync_schedule.rooms():
            self.mark(room, priority, cause)

    def ask(self) -> None:
        """Somebody decided something: ask the store soon."""
        self._asked = True
        self._wake.set()

    def reshare(self) -> None:
        """``share`` owns other rooms now: let go what it lost, meet what it gained."""
        known = self.resync_schedule.rooms()
        lost = [room for room in known if not self.share.has(room)]
        self._worker.place_no_calls(lost)
        self._part_with([room for room in lost if room not in self._pool.running])
        gained = self.share.gained()
        self._meet(gained)
        self._gained += gained
        if self._gained and not self._taking:
            self._taking = True
            self._beside(self._take_over)
        self._wake.set()

    async def _take_over(self) -> None:
        """Have gained rooms looked at, some at a time: the first wait for no other."""
        try:
            while self._gained:
                some = self._gained[:RESTORED_AT_ONCE]
                del self._gained[:RESTORED_AT_ONCE]
                await self._begin_with(some)
        finally:
            self._taking = False

    async def _begin_with(self, rooms: Sequence[str]) -> None:
        """Have *rooms*, which were met, looked at first, those with a coach before others.

        From what the process before left of them. Not those that were looked at, or
        lost, meanwhile.
        """
        restored = await self._restored(rooms)
        known = [each for each in restored if each.room in self._new]
        new = [room for room in rooms if room in self._new]
        self._new.difference_update(new)
        self._remember(known)
        coached = {each.room for each in known if each.coached}
        for room in sorted(new, key=lambda room: room not in coached):
            self.mark(room, Priority.RESYNC)

    def tick(self, now: float) -> None:
        """Once a second: mark what is due and ask the store for decisions.

        *now* is by ``monotonic``. Waits for nothing.
        """
        self._ticked_at = now
        if self.stop.is_set():
            return
        self.resync_schedule.ration(now, self.workers)
        for room in self.resync_schedule.due(now):
            self.mark(room, Priority.RESYNC)
        self._ask_soon(now)
        self.observer.on_queue_depth(self.queue.depth(), len(self._pool.running))
        if now - self._capacity_at >= CAPACITY_SECONDS:
            self._capacity_at = now
            self.observer.on_capacity(self.capacity(now))
        self._wake.set()

    def _ask_soon(self, now: float) -> None:
        if self._poll is None or self._poll.done():
            self._asked = False
            self._poll = asyncio.create_task(self._ask_store(now))

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
        self._loop_at = now
        if self._asked:
            self._ask_soon(now)
        for room in self._next_run.warm_up.take_deferred(now):
            self.queue.mark(room, Priority.RETRY, now)
        for room in self._next_run.boundaries.due(at):
            self.mark(room, Priority.PERSON)
        return min(self._pool.begin(now), self._next_run.boundaries.wait(at))

    def _ended(self, room: str, outcome: RunOutcome, seconds: float) -> None:
        if outcome is not RunOutcome.UNCHANGED:
            self.observer.on_run_ended(room, outcome, seconds)
        if not self.share.has(room):
            self._part_with((room,))

    def _interrupted(self) -> bool:
        """Whether the loop has something else to do before a room is taken."""
        return self.stop.is_set() or self._next_run.warm_up.has_deferred

    async def _visit(self, room: str) -> RunOutcome:
        """How the visit ended; by then the room is marked for the next."""
        cause = self._causes.pop(room, None)
        self._new.discard(room)
        if not self.share.has(room):
            return RunOutcome.BUSY
        try:
            result = await self._worker.run(room, may_act=self.warm, cause=cause)
        except RoomBusy as busy:
            if isinstance(busy, RoomMoved):
                self.share.moved.add(room)
            self._next_run.after_busy(room)
            return RunOutcome.BUSY
        except StoreError as error:
            return self._back_off(room, RunOutcome.OUTAGE, error)
        except CredentialsRefused as error:
            return self._back_off(room, RunOutcome.REFUSED, error)
        except Exception as error:  # noqa: BLE001 - one room must not end the others
            return self._back_off(room, RunOutcome.FAILED, error)
        self._next_run.after(room, result, self._pool.began[room])
        return result.outcome

    def _back_off(self, room: str, outcome: RunOutcome, error: Exception) -> RunOutcome:
        self._next_run.after_error(room, outcome)
        self.observer.on_error(room, outcome, error)
        return outcome

    def _contradicted(self, rooms: Collection[str]) -> None:
        """A survey shows another conference than the last one did."""
        self._unchanged.invalidate(rooms)
        for room in rooms:
            self.mark(room, Priority.RESYNC)

    def _on_evaluated(self, result: ReconcileResult) -> None:
        self.observer.on_evaluated(result, drift_of(result), result.began_at)
        for outcome in result.outcomes:
            self.observer.on_action(result.room, outcome)

    async def _ask_store(self, now: float) -> None:
        """Meet rooms that are new, and mark what others decided."""
        try:
            marks = await self._decision_feed.marks()
            unmet = [each for each in marks if not self._decided(each)]
            unmet = [each for each in unmet if self._may_be_new(each.room)]
            rooms = await self._decision_feed.rooms(now, at_once=bool(unmet))
        except Exception as error:  # noqa: BLE001 - asked again at the next tick
            self.observer.on_error("", RunOutcome.OUTAGE, error)
            return
        if rooms is None:
            return
        ours = self.share.take(rooms)
        new = [room for room in ours if not self.knows(room)]
        self._meet(new)
        self._next_run.warm_up.begin(ours)
        for each in unmet:
            self._decided(each)
        await self._begin_with(new)
        self._next_run.warm_up.hurry(self.monotonic())

    def _may_be_new(self, room: str) -> bool:
        """Whether *room* may be ours without our knowing: its account may be again."""
        return not self.knows(room) or room in self.share.moved

    async def _restored(self, rooms: Sequence[str]) -> Sequence[ConvergedRoom]:
        """What an earlier process left of *rooms*, as far as that can be read."""
        known: list[ConvergedRoom] = []
        try:
            async for some in self._unchanged.restore(rooms, self.clock):
                known += (each.converged for each in some)
                late = {each.converged.room for each in some} - self._new
                self._unchanged.invalidate(late)
        except Exception as error:  # noqa: BLE001 - the others are read in full
            self.observer.on_error("", RunOutcome.OUTAGE, error)
        return known

    def _remember(self, known: Sequence[ConvergedRoom]) -> None:
        for each in known:
            observed = ObservedConference(each.conference_sid, each.coached)
            self.resync_schedule.remember(each.room, observed)
            self._next_run.boundaries.put(each.room, each.until)

    async def save(self) -> None:
        """Store what rooms rest on, for the process that starts next."""
        await self._unchanged.save()

    async def conclude(self) -> None:
        """After ``run``: store what rooms rest on, as of now."""
        await self._unchanged.conclude()

    def _decided(self, mark: DecisionMark) -> bool:
        return self.mark(mark.room, Priority.PERSON, mark.cause)

    def _part_with(self, rooms: Collection[str]) -> None:
        """Rooms that another process works on now; their leases are given back."""
        self._new.difference_update(rooms)
        for room in rooms:
            self._next_run.remove(room)
            self._causes.pop(room, None)
            self._conference_cache.forget(room)
            self.observer.on_room_left(room)
        self.share.elsewhere.update(rooms)
        self._unchanged.invalidate(rooms)
        self._worker.reconciler.forget(rooms)
        if rooms:
            self._beside(partial(self._worker.part, rooms))

    def _beside(self, work: "Callable[[], Coroutine[Any, Any, None]]") -> None:
        """Do *work* beside the loop; it is cancelled at the end."""
        task = asyncio.create_task(self._reported(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reported(self, work: "Callable[[], Coroutine[Any, Any, None]]") -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - nobody waits for it
            self.observer.on_error("", RunOutcome.FAILED, error)

    def _meet(self, rooms: Iterable[str]) -> None:
        """From now on *rooms* take marks; ``_begin_with`` has them looked at first."""
        now = self.monotonic()
        for room in rooms:
            if not self.resync_schedule.knows(room):
                self.resync_schedule.meet(room, now)
                self.observer.on_new_room(room, self.clock())
                self._new.add(room)

    async def _sleep(self, seconds: float) -> None:
        self._wake.clear()
        if not self.stop.is_set():
            await wait_for_event(self._wake, seconds)

    async def _wake_at_stop(self) -> None:
        await self.stop.wait()
        self._wake.set()

    async def _drain(self) -> None:
        await self._pool.drain(self._worker.acts_in, self.drain_seconds)
        if self._poll is not None:
            self._poll.cancel()
            await wait_for_tasks((self._poll,), GRACE_SECONDS)
        for task in self._tasks:
            task.cancel()
        await self._conference_cache.close()
        await self._worker.close(self.drain_seconds)
