"""A daemon's loop on virtual time, with the simulator at the far end."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from msgspec.structs import replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.limits.call_permits import CallPermits, PermitRequest
from reconciler.engine.limits.call_slots import CallSlots, Reservation
from reconciler.engine.limits.in_flight import InFlight
from reconciler.engine.limits.limited_provider import RateLimitedProvider
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.controller import PULSE_SECONDS, Controller
from reconciler.engine.loop.observer import RunOutcome
from reconciler.engine.loop.resync_schedule import Capacity, ResyncSchedule
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.ports import NO_FIRST_NOTES, NO_NOTES, FirstNotes, Lease, Notes
from reconciler.engine.room.apply import PlanApplier
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.engine.room.outcome import ActionOutcome
from reconciler.engine.room.pass_options import PassOptions
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.converged_room import RestoredRoom
from reconciler.model.declaration import Declaration
from reconciler.model.errors import StoreError
from reconciler.model.ledger import Ledger
from reconciler.model.roster import Member, Roster
from reconciler.play.in_memory.memory_store import InMemoryStore
from reconciler.play.world.twilio_line import twilio_line
from reconciler.play.world.virtual_loop import VirtualLoop
from reconciler.simulator.exchange.conference import find_live
from reconciler.simulator.exchange.exchange import Exchange
from reconciler.simulator.exchange.records import ParticipantRecord
from reconciler.simulator.http.asgi import ApiEndpoint
from reconciler.store.queries.marks import Mark
from tests.doubles.exchange_transport import ExchangeTransport

START = 1_776_158_802.0


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Live *story* on virtual time: hours take moments."""
    loop = VirtualLoop(seed=0, start=START)
    try:
        loop.run_until_complete(story())
    finally:
        loop.end()


def member(label: str, **more: Any) -> Member:
    number = f"+1555{sum(map(ord, label)):07d}"
    return Member(label=label, to=number, sender="+15005550006", **more)


def caller_of(room: str) -> Member:
    """The only member of *room-N*, with a phone that no other room has."""
    return replace(member("ann"), to=f"+1555{int(room.removeprefix('room-')):07d}")


def roster(room: str, *members: Member) -> Roster:
    return Roster(room=room, members=members)


class Records(InMemoryStore):
    """The store in memory, which counts its writes and can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.unreadable = ""
        self.poisoned = ""
        self.stuck = ""
        self.writes = 0
        self.noting = 0.0
        self.decided: list[Mark] = []
        self.reservations = 0
        self.claims = 0

    def decide_on(self, room: str, cause: str) -> None:
        self.decided.append(Mark(len(self.decided) + 1, room, cause))

    async def last_mark(self) -> int:
        self._here()
        return len(self.decided)

    async def marks_since(self, last: int) -> tuple[Mark, ...]:
        self._here()
        return tuple(self.decided[last:])

    async def rooms(self) -> tuple[str, ...]:
        self._here()
        return await super().rooms()

    async def desired(self, room: str, now: float) -> Desired | None:
        self._here()
        if room == self.unreadable:
            raise StoreError("Its row is spoilt.")
        if room == self.poisoned:
            raise ZeroDivisionError(room)
        if room == self.stuck:
            await asyncio.Event().wait()
        return await super().desired(room, now)

    async def ledger(self, room: str, now: float) -> Ledger:
        self._here()
        return await super().ledger(room, now)

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        self._write()
        await self._slowly()
        await super().note(lease, notes, now)

    async def _slowly(self) -> None:
        slow, self.noting = self.noting, 0.0
        if slow:
            await asyncio.sleep(slow)

    async def reserve_calls(self, calls: int, gap: float, now: float) -> Reservation:
        self._here()
        self.reservations += 1
        return await super().reserve_calls(calls, gap, now)

    async def claim_permits(
        self, owner: str, request: PermitRequest, permits: int, now: float
    ) -> int:
        self._here()
        self.claims += 1
        return await super().claim_permits(owner, request, permits, now)

    async def acquire(
        self,
        room: str,
        owner: str,
        now: float,
        ttl: float,
        first: FirstNotes = NO_FIRST_NOTES,
    ) -> Lease:
        self._write()
        if not first.notes.empty:
            await self._slowly()
        return await super().acquire(room, owner, now, ttl, first)

    async def renew(self, lease: Lease, now: float, ttl: float) -> Lease:
        self._write()
        return await super().renew(lease, now, ttl)

    async def release(
        self, lease: Lease, notes: Notes = NO_NOTES, now: float = 0.0
    ) -> None:
        self._write()
        await super().release(lease, notes, now)

    def _write(self) -> None:
        self._here()
        self.writes += 1

    def _here(self) -> None:
        if self.away:
            raise StoreError("The database is away.")


class Wire(httpx.AsyncBaseTransport):
    """The way to the simulator: it takes a while, and can be cut or limited."""

    def __init__(self, exchange: Exchange) -> None:
        self._inner = ExchangeTransport(ApiEndpoint(exchange))
        self.delay = 0.05
        self.cut = False
        self.connecting = 0.0
        self.left: list[float] = []
        self.flights: list[tuple[float, float]] = []
        self.limit: float | None = None
        self.limit_writes: float | None = None
        self.refused = False
        self.strays: dict[int, httpx.Response] = {}
        self.requests: list[tuple[float, str, str]] = []
        self.wrote = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        now = asyncio.get_running_loop().time()
        self.requests.append((now, request.method, request.url.path))
        stray = self.strays.get(len(self.requests))
        if request.method != "GET":
            self.wrote.set()
        trace = request.extensions.get("trace")
        if self.cut:
            raise httpx.ConnectError("cut")
        if self.connecting:
            await asyncio.sleep(self.connecting)
        if trace is not None:
            await trace("http11.send_request_headers.started", {})
        if request.method != "GET":
            self.left.append(now)
            first_byte = asyncio.get_running_loop().time()
            self.flights.append((first_byte, first_byte + self.delay))
        await asyncio.sleep(self.delay)
        if stray is not None:
            return httpx.Response(
                stray.status_code, headers=stray.headers, content=stray.content
            )
        if self.refused:
            return httpx.Response(401, json={"code": 20003, "message": "no"})
        limit = self.limit if request.method == "GET" else self.limit_writes
        if limit is not None:
            return httpx.Response(
                429,
                json={"code": 20429, "message": "slow", "status": 429},
                headers={"Retry-After": str(int(limit))},
            )
        return await self._inner.handle_async_request(request)

    def writes(self) -> list[tuple[float, str, str]]:
        return [each for each in self.requests if each[1] != "GET"]


@dataclass
class Witness:
    """A Watch that remembers."""

    run_outcomes: Counter[RunOutcome] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    outcomes: list[tuple[str, ActionOutcome]] = field(default_factory=list)
    drift: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    troubles: list[tuple[str, RunOutcome, str]] = field(default_factory=list)
    strain: list[Capacity] = field(default_factory=list)
    depth: Mapping[Priority, int] = field(default_factory=dict)
    most_at_once: int = 0
    looked_at: dict[str, float] = field(default_factory=dict)
    states: dict[str, RoomPhase] = field(default_factory=dict)
    met_at: dict[str, float] = field(default_factory=dict)
    restored: list[str] = field(default_factory=list)

    def on_queue_depth(self, depth: Mapping[Priority, int], running: int) -> None:
        self.depth = depth
        self.most_at_once = max(self.most_at_once, running)

    def on_new_room(self, room: str, at: float) -> None:
        self.met_at[room] = at

    def on_room_left(self, room: str) -> None:
        self.met_at.pop(room, None)

    def on_run_ended(self, room: str, outcome: RunOutcome, seconds: float) -> None:
        assert seconds >= 0
        self.runs[room] += 1
        self.run_outcomes[outcome] += 1

    def on_planned(self, evaluation: Evaluation, at: float) -> None:
        """Nothing is witnessed before it is acted on."""

    def on_evaluated(
        self, made: ReconcileResult, drift: Collection[str], at: float
    ) -> None:
        self.drift.append((made.room, frozenset(drift)))
        self.states[made.room] = made.state
        self.looked_at[made.room] = at

    def on_restored(self, restored: RestoredRoom, at: float) -> None:
        assert at > 0
        self.restored.append(restored.room)
        self.states[restored.room] = RoomPhase.CONVERGED

    def on_unchanged(self, room: str, at: float) -> None:
        self.runs[room] += 1
        self.run_outcomes[RunOutcome.UNCHANGED] += 1
        self.looked_at[room] = at

    def on_action(self, room: str, outcome: ActionOutcome) -> None:
        self.outcomes.append((room, outcome))

    def on_error(self, room: str, outcome: RunOutcome, error: Exception) -> None:
        self.troubles.append((room, outcome, str(error)))

    def on_capacity(self, capacity: Capacity) -> None:
        self.strain.append(capacity)


class World:
    """One exchange and one store; daemons come and go."""

    def __init__(self, **exchange: Any) -> None:
        self.loop = asyncio.get_running_loop()
        self.exchange = Exchange(self.loop.time, calls_per_second=50.0, **exchange)
        self.store = Records()

    async def declare(self, *rosters: Roster | Declaration) -> None:
        now = self.loop.time()
        await self.store.load(rosters, folder=None, now=now, cause="test")

    def daemon(self, **more: Any) -> "Daemon":
        return Daemon(self, **more)

    def legs(self, room: str) -> dict[str | None, ParticipantRecord]:
        self.exchange.catch_up()
        live = find_live(self.exchange.state, room)
        if live is None:
            return {}
        seen = self.exchange.list_participants(live.sid, {})
        return {each.label: each for each in seen}

    def mute(self, room: str, label: str, *, muted: bool) -> None:
        """Somebody else, by hand."""
        leg = self.legs(room)[label]
        form = {"Muted": (str(muted).lower(),)}
        self.exchange.update_participant(leg.conference_sid, leg.call_sid, form)


class Daemon:
    """A controller with everything around it, ticked by the virtual loop."""

    def __init__(
        self,
        world: World,
        *,
        name: str = "one",
        resync: float = 30.0,
        workers: int = 4,
        calls_per_second: float = 50.0,
        lease_seconds: float = 8.0,
        pulse: float = PULSE_SECONDS,
        account: str = DEFAULT_ACCOUNT,
        shared: bool = False,
        concurrency: int | None = None,
        insights: bool = False,
        rules: str = "",
    ) -> None:
        self.world, self.loop = world, world.loop
        self.insights = insights
        self.stop = asyncio.Event()
        self.observer = Witness()
        self.wire = Wire(world.exchange)
        self.limiter = AccountLimiter(
            calls_per_second=calls_per_second,
            clock=self.loop.time,
            jitter=lambda: 0.5,
            in_flight=self._in_flight(name, concurrency),
            slots=self._slots(calls_per_second) if shared else None,
        )
        provider = self._provider()
        applier = PlanApplier(
            world.store, provider, self.loop.time, self.limiter, self.stop.is_set
        )
        runs = iter(range(10**9))
        options = PassOptions(
            new_run=lambda: f"{name}-{next(runs)}",
            cause="daemon",
            account=account,
        )
        self.controller = Controller(
            store=world.store,
            provider=provider,
            applier=applier,
            options=options,
            limiter=self.limiter,
            resync_schedule=ResyncSchedule(resync),
            observer=self.observer,
            clock=self.loop.time,
            monotonic=self.loop.time,
            jitter=lambda: 0.5,
            stop=self.stop,
            owner=name,
            lease_seconds=lease_seconds,
            workers=workers,
            pulse_seconds=pulse,
            rules=lambda: rules,
        )
        self.ticking = True
        self.task: asyncio.Task[None] | None = None

    def _slots(self, calls_per_second: float) -> CallSlots:
        store, clock = self.world.store, self.loop.time

        async def reserve(calls: int, gap: float) -> Reservation:
            return await store.reserve_calls(calls, gap, clock())

        return CallSlots(calls_per_second, reserve, clock)

    def _in_flight(self, name: str, concurrency: int | None) -> InFlight:
        if concurrency is None:
            return InFlight()
        store, clock = self.world.store, self.loop.time

        async def claim(request: PermitRequest) -> int:
            return await store.claim_permits(name, request, concurrency, clock())

        permits = CallPermits(claim, clock)
        return InFlight(concurrency, strict=True, permits=permits)

    def _provider(self) -> RateLimitedProvider:
        own, limited = self.world.exchange.account, self.limiter.limited
        line = twilio_line(
            own,
            self.wire,
            self.limiter,
            self.loop.time,
            on_limit=limited,
            insights=self.insights,
        )
        return line.provider

    async def __aenter__(self) -> Self:
        self.task = asyncio.create_task(self.controller.run())
        self._tick()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    async def end(self) -> None:
        self.ticking = False
        self.stop.set()
        if self.task is not None:
            await self.task

    def _tick(self) -> None:
        if self.ticking:
            self.controller.tick(self.loop.time())
            self.loop.call_later(1.0, self._tick)
