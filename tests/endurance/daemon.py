"""The daemon as ``bootstrap`` wires it, on virtual time and with the exchange at hand."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import httpx

from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.controller import PULSE_SECONDS, Controller
from reconciler.engine.loop.resync_schedule import (
    SPREAD_FRACTION,
    WEBHOOK_FACTOR,
    ResyncSchedule,
)
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.apply import PlanApplier
from reconciler.engine.room.pass_options import PassOptions
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.errors import StoreError
from reconciler.model.roster import Fields
from reconciler.play.world.twilio_line import twilio_line
from reconciler.play.world.virtual_loop import OWNER, Process
from reconciler.play.world.world import World
from reconciler.telemetry.log_observer import FanOutObserver
from reconciler.ticker import TICK_SECONDS, watch_ticker
from reconciler.webhooks.account_rooms import AccountRooms
from reconciler.webhooks.call_index import CallIndex
from reconciler.webhooks.public_url import callbacks
from reconciler.webhooks.receiver import Webhooks, webhook_app
from reconciler.webhooks.signature import Verifier
from tests.doubles.loop_ticker import LoopTicker
from tests.endurance.records import Books, Outage, Records
from tests.endurance.wire import LongWire, Seeing
from tests.endurance.witness import Tally, Witness

PUBLIC = "https://ops.example.com/twilio"
PRUNE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Course:
    """How daemons run. ``resync``, ``pulse`` and ``tick`` are in seconds.

    ``trouble`` is for how long faults may keep a room from its look.
    """

    webhooks: bool
    resync: float = 30.0
    pulse: float = PULSE_SECONDS
    tick: float = TICK_SECONDS
    trouble: float = 180.0


class Daemon:
    """One process's life, from ``start`` until it is stopped or killed."""

    def __init__(
        self,
        world: World,
        name: str,
        *,
        books: Books,
        outage: Outage,
        course: Course,
        tally: Tally,
    ) -> None:
        self.world = world
        self.course = course
        self.process = Process(name)
        self.stop = asyncio.Event()
        self.stopped_at: float | None = None
        self.wire = LongWire(world, self.process)
        self.resync_schedule = ResyncSchedule(course.resync)
        slower = WEBHOOK_FACTOR if course.webhooks else 1.0
        longest = course.resync * slower * (1.0 + SPREAD_FRACTION) + course.trouble
        self.witness = self._witness(tally, longest)
        self._clock = world.clock(self.process)
        self._chance = random.Random(f"{name} {world.scenario.seed}")  # noqa: S311 - repeatable on purpose
        self._outage = outage
        self._book = CallIndex()
        self._tally = _Counted()
        self._build(books, outage)
        self.ears = httpx.ASGITransport(webhook_app(self._hooks()))
        self.task: asyncio.Task[None] | None = None

    def _callbacks(self, room: str) -> Fields:
        return callbacks(PUBLIC, room=room) if self.course.webhooks else ()

    def _build(self, books: Books, outage: Outage) -> None:
        world, clock, account = self.world, self._clock, self.world.exchange.account
        self.limiter = limiter = self._limited(books)
        line = twilio_line(
            account,
            self.wire,
            limiter,
            clock,
            jitter=self._chance.random,
            page_size=world.scenario.page_size,
            provider={"callbacks": self._callbacks},
        )
        self.client = line.client
        provider = Seeing(line.provider, self.wire)
        store = Records(world, self.process, books, outage, provider.surveys)
        runs = count(1)
        self.store = store
        self.controller = Controller(
            store=store,
            provider=provider,
            applier=PlanApplier(store, provider, clock, limiter, self.stop.is_set),
            options=PassOptions(
                new_run=lambda: f"{self.process.name}-{next(runs)}",
                cause="daemon",
                account_sid=account.sid,
            ),
            limiter=limiter,
            resync_schedule=self.resync_schedule,
            observer=FanOutObserver((self.witness, self._book)),
            clock=clock,
            monotonic=world.loop.time,
            jitter=self._chance.random,
            stop=self.stop,
            owner=self.process.name,
            lease_seconds=8.0,
            pulse_seconds=self.course.pulse,
        )

    def _limited(self, books: Books) -> AccountLimiter:  # noqa: ARG002 - for daemons that share them
        return AccountLimiter(
            calls_per_second=self.world.scenario.pace,
            clock=self._clock,
            jitter=self._chance.random,
        )

    def _hooks(self) -> Webhooks:
        account = self.world.exchange.account
        rooms = AccountRooms(
            DEFAULT_ACCOUNT,
            account.sid,
            Verifier((account.token,)),
            self.controller.knows,
            self._mark,
            self._heard,
            self.controller.leg_event,
        )
        return Webhooks(
            public_url=PUBLIC,
            accounts=(rooms,),
            tally=self._tally,
            clock=self._clock,
            room_of=self._book.room_of,
        )

    def _mark(self, room: str, lane: Priority, event: str) -> None:
        self.controller.mark(room, lane, f"webhook {event}")

    def _heard(self, room: str, conference_sid: str) -> None:
        self.controller.heard(room, conference_sid)

    def _witness(self, tally: Tally, longest: float) -> Witness:
        return Witness(self.world, self.process, tally, longest)

    def start(self) -> None:
        """Begin, as a process of its own."""
        self.within(
            lambda: setattr(self, "task", self.world.loop.create_task(self._live()))
        )
        self.world.tell(self.process, "starts")

    def database_is_back(self) -> None:
        """What the probe of the database does."""
        self.within(lambda: self.controller.mark_all(Priority.RETRY))

    @property
    def over(self) -> bool:
        """Whether the process is no more."""
        return not self.process.alive or (self.task is not None and self.task.done())

    def within(self, work: Callable[[], object]) -> None:
        """Do *work* as the process does."""
        token = OWNER.set(self.process)
        work()
        OWNER.reset(token)

    async def _live(self) -> None:
        ticker = LoopTicker(
            lambda: self.controller.tick(self.world.loop.time()),
            every=self.course.tick,
        )
        ticker.start()
        watched = watch_ticker(
            ticker,
            lambda: self.controller.heartbeat().ticked_at,
            monotonic=self.world.loop.time,
            died=self._ticker_died,
            dead_after_seconds=5.0 * self.course.tick,
        )
        others = [asyncio.create_task(watched), asyncio.create_task(self._prune())]
        try:
            await self.controller.run()
        finally:
            ticker.stop()
            for each in others:
                each.cancel()
            await asyncio.wait(others)
            await self.client.close()
            self.stopped_at = self._clock()

    def _ticker_died(self, seconds: float) -> None:
        what = f"the ticker was silent for {seconds} s"
        self.world.journal.blame("alive", self.world.now, what)

    async def _prune(self) -> None:
        while True:
            try:
                await self.store.prune(self._clock(), 500)
            except StoreError:
                await asyncio.sleep(1.0)
            else:
                await asyncio.sleep(PRUNE_SECONDS)


class _Counted:
    """Webhooks by what became of them."""

    def webhook(self, event: str, result: str, lag: float | None) -> None:
        """Take no note."""
