"""One process that makes passes over one large room, on virtual time."""

import asyncio
from collections.abc import Callable, Sequence
from urllib.parse import parse_qs

import httpx
from msgspec.structs import replace

from reconciler.engine.limits.in_flight import InFlight
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.follow import SyncRun
from reconciler.engine.ports import AttemptDraft, Lease, Notes
from reconciler.engine.reads.conference_cache import ConferenceCache
from reconciler.engine.room.apply import PlanApplier
from reconciler.engine.room.pass_history import PassHistory
from reconciler.engine.room.pass_options import PassOptions
from reconciler.engine.room.reconcile import Reconciler, ReconcileResult
from reconciler.engine.room.room_leases import RoomLeases
from reconciler.model.attempt import Attempt, AttemptState
from reconciler.model.roster import Limits, Member, Roster
from reconciler.play.world.twilio_line import twilio_line
from tests.engine.world import Records, Wire, World

ROOM = "all-hands"
LATENCY = 0.05
AT_ONCE = 100_000.0
"""Calls a second, for no pace at all."""

PLACES = 20
LEASE_SECONDS = 8.0


def people(count: int) -> Roster:
    members = tuple(
        Member(f"p{number:03}", f"+1555{number:07d}", "+15005550006")
        for number in range(count)
    )
    return Roster(ROOM, members, limits=Limits(rings=count, removals=count))


class Creates(Wire):
    """A way to the simulator that keeps the creates that went over it."""

    def __init__(self, world: World) -> None:
        super().__init__(world.exchange)
        self._world = world
        self.labels: list[str] = []
        self.began: list[float] = []
        self.ended: list[float] = []
        self.most_at_once = 0
        self.hook: Callable[[int], None] = lambda _: None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        create = request.method == "POST" and request.url.path.endswith(
            "/Participants.json"
        )
        if not create:
            return await super().handle_async_request(request)
        form = parse_qs(request.content.decode())
        self.labels.append(form["Label"][0])
        self.began.append(self._world.loop.time())
        self.most_at_once = max(self.most_at_once, len(self.began) - len(self.ended))
        self.hook(len(self.began))
        try:
            return await super().handle_async_request(request)
        finally:
            self.ended.append(self._world.loop.time())


class Book(Records):
    """A store that keeps its commits, takes its time, and fails when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[tuple[str, ...]] = []
        self.noted: list[Notes] = []
        self.committing = 0.0
        self.pending_at_most = 0
        self.broken: Exception | None = None

    async def open_attempts(
        self, lease: Lease, drafts: Sequence[AttemptDraft], now: float
    ) -> tuple[Attempt | None, ...]:
        made = await super().open_attempts(lease, drafts, now)
        self.opened.append(tuple(each.ring.label for each in drafts))
        self.pending_at_most = max(self.pending_at_most, len(self.pending()))
        await asyncio.sleep(self.committing)
        return made

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        if self.broken is not None:
            error, self.broken = self.broken, None
            raise error
        await super().note(lease, notes, now)
        self.noted.append(notes)

    def pending(self) -> list[str]:
        return self.labels(AttemptState.PENDING)

    def labels(self, state: AttemptState) -> list[str]:
        return [e.label for e in self.tables.attempts.values() if e.state is state]


class Caller:
    """A process that makes passes over the room when asked to."""

    def __init__(
        self,
        world: World,
        *,
        calls_per_second: float = AT_ONCE,
        reserved: int = 0,
        store: Book | None = None,
    ) -> None:
        self.world, self.loop = world, world.loop
        self.store = Book() if store is None else store
        self.wire = Creates(world)
        self.stopping = False
        own = world.exchange.account
        self.limiter = AccountLimiter(
            calls_per_second=calls_per_second,
            clock=self.loop.time,
            jitter=lambda: 0.5,
            in_flight=InFlight(calls=PLACES, changes=PLACES, reserved=reserved),
        )
        limiter, limited = self.limiter, self.limiter.limited
        line = twilio_line(own, self.wire, limiter, self.loop.time, on_limit=limited)
        self.provider = line.provider
        applier = PlanApplier(
            self.store,
            self.provider,
            self.loop.time,
            self.limiter,
            lambda: self.stopping,
        )
        runs = iter(range(10**9))
        self.applier = applier
        self.history = PassHistory("")
        self.options = PassOptions(
            new_run=lambda: f"run-{next(runs)}",
            cause="test",
            asked=True,
        )
        self.following: SyncRun

    async def declare(self, *rosters: Roster) -> None:
        now = self.loop.time()
        await self.store.load(rosters, folder=None, now=now, cause="test")

    async def look_and_act(self) -> ReconcileResult:
        return await self.look_at_and_act(ROOM)

    async def look_at_and_act(self, room: str) -> ReconcileResult:
        leases = RoomLeases(self.store, self.loop.time, "me", LEASE_SECONDS)
        await leases.take(room)
        reconciler = Reconciler(
            self.store,
            self.provider,
            self.loop.time,
            self.applier,
            self.options,
            leases,
            ConferenceCache(self.provider, self.loop.time),
            self.history,
        )
        made = await reconciler.reconcile(room)
        calls = self.applier.calls
        await calls.finish(room)
        outcomes = (*made.outcomes, *calls.collect(room))
        calls.raise_error(room)
        waits = [each.retry_after for each in outcomes if each.retry_after is not None]
        return replace(made, outcomes=outcomes, requeue_after=min(waits, default=None))

    async def follow(self) -> ReconcileResult:
        return (await self.follow_all())[ROOM]

    async def follow_all(
        self, *, within: float = 600.0, once: bool = False
    ) -> dict[str, ReconcileResult]:
        """What a sync does with every room that is declared."""
        self.following = SyncRun(
            applier=self.applier,
            options=self.options,
            store=self.store,
            provider=self.provider,
            limiter=self.limiter,
            clock=self.loop.time,
            monotonic=self.loop.time,
            sleep=asyncio.sleep,
            report=lambda _: None,
            owner="me",
            lease_seconds=LEASE_SECONDS,
        )
        return await self.following.follow(
            await self.store.rooms(),
            within=within,
            stopping=lambda: self.stopping,
            once=once,
        )

    def rung(self) -> list[str]:
        """Whom Twilio was really made to ring, sorted, each as often as it was."""
        made = self.world.exchange.state.participants.values()
        return sorted(str(each.latest.label) for each in made)
