"""One daemon of several on a database, on virtual time."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field

from reconciler.engine.limits.call_permits import CallPermits, PermitRequest
from reconciler.engine.limits.call_slots import CallSlots, Reservation
from reconciler.engine.limits.in_flight import InFlight
from reconciler.engine.limits.rate_limiter import AccountLimiter
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.errors import StoreError
from reconciler.play.world.product import note_check
from reconciler.play.world.run_journal import Reported
from reconciler.play.world.world import World
from reconciler.scale.shard_holder import ShardHolder
from tests.endurance.daemon import Course, Daemon
from tests.endurance.memory import Memory
from tests.endurance.records import Books, Outage
from tests.endurance.witness import Tally, Witness
from tests.nodes.shard_table import NodeEngine, ShardTable
from tests.nodes.watching import Watch

NOTIFY_SECONDS = 0.005
"""Seconds from a commit until the others hear of it."""


@dataclass(slots=True)
class Site:
    """What all daemons share: the database, its shards, and its notifications."""

    world: World
    books: Memory
    table: ShardTable
    shards: int
    course: Course
    watch: Watch
    concurrency: int | None = None
    outage: Outage = field(default_factory=Outage)
    tally: Tally = field(default_factory=Tally)
    nodes: "list[Node]" = field(default_factory=list)

    def notify(self, each: "Callable[[Node], object]") -> None:
        """Every daemon that runs hears it a moment later, unless it is lost."""
        for node in self.nodes:
            if node.process.alive and not self.world.trouble.database_fails():
                self.world.loop.call_later(
                    NOTIFY_SECONDS,
                    node.within,
                    lambda x=node: each(x),
                    context=Context(),
                )

    def decided(self) -> None:
        """Somebody's decision was committed."""
        self.notify(lambda node: node.controller.ask())

    def owner(self, room: str) -> "Node | None":
        """The daemon that works on the room."""
        owners = (x for x in self.nodes if x.process.alive and x.holder.owns(room))
        return next(owners, None)


@dataclass(slots=True)
class NodeWitness(Witness):
    """Puts every pass on record, as the simulation of one process does."""

    watch: Watch | None = None

    def on_evaluated(
        self, made: ReconcileResult, drift: Collection[str], at: float
    ) -> None:
        known = self.world.journal.known.get((self.process, made.room))
        note_check(self.world, made)
        self.world.journal.passes.append(
            Reported(self.world.now, self.process, made, known)
        )
        Witness.on_evaluated(self, made, drift, at)
        self._looked(made.room)

    def on_unchanged(self, room: str, at: float) -> None:
        Witness.on_unchanged(self, room, at)
        self._looked(room)

    def _looked(self, room: str) -> None:
        if self.watch is not None:
            self.watch.looked(room)

    def on_room_left(self, room: str) -> None:
        """Whoever has it now is to look at it."""
        self.last.pop(room, None)
        self.looked_at.pop(room, None)


class Node(Daemon):
    """A daemon that works on its shards of the rooms alone."""

    def __init__(self, site: Site, name: str) -> None:
        self.site = site
        super().__init__(
            site.world,
            name,
            books=site.books,
            outage=site.outage,
            course=site.course,
            tally=site.tally,
        )
        loop = site.world.loop
        self.holder = ShardHolder(
            NodeEngine(site.table, self.store),
            site.shards,
            {"name": name},
            loop.time,
            self._reshare,
        )
        self.limiter.portion = 0.0
        self.controller.share.owns = self.holder.owns
        site.nodes.append(self)

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self.stop.is_set()

    @stopping.setter
    def stopping(self, _: bool) -> None:
        self.stop.set()

    @property
    def runs(self) -> bool:
        """Whether it can look at rooms."""
        return not (self.over or self.stopping or self.process.frozen)

    def _witness(self, tally: Tally, longest: float) -> Witness:
        return NodeWitness(
            self.world, self.process, tally, longest, watch=self.site.watch
        )

    def _limited(self, books: Books) -> AccountLimiter:
        world = self.world

        async def reserve(calls: int, gap: float) -> Reservation:
            await self.store._pause()
            return await books.reserve_calls(calls, gap, world.now)

        return AccountLimiter(
            calls_per_second=world.scenario.pace,
            clock=self._clock,
            jitter=self._chance.random,
            slots=CallSlots(world.scenario.pace, reserve, world.loop.time),
            in_flight=self._permitted(books),
        )

    def _permitted(self, books: Books) -> InFlight | None:
        """The calls that may be under way, of an account with a concurrency."""
        world, concurrency = self.world, self.site.concurrency
        if concurrency is None:
            return None

        async def claim(request: PermitRequest) -> int:
            await self.store._pause()
            return await books.claim_permits(
                self.process.name, request, concurrency, world.now
            )

        permits = CallPermits(claim, world.loop.time)
        return InFlight(concurrency, strict=True, permits=permits)

    def _mark(self, room: str, lane: Priority, event: str) -> None:
        cause = f"webhook {event}"
        if not self.controller.mark(room, lane, cause):
            self.site.notify(lambda node: node.controller.mark(room, lane, cause))

    def _heard(self, room: str, conference_sid: str) -> None:
        if self.controller.resync_schedule.knows(room):
            self.controller.heard(room, conference_sid)

    def _reshare(self) -> None:
        held = self.holder.held
        self.world.tell(self.process, f"holds {sorted(held)}")
        self.limiter.portion = len(held) / self.site.shards
        self.controller.reshare()

    def _ticker_died(self, seconds: float) -> None:
        """Of no interest where the whole process stood still."""
        if self.world.now - self.process.woken_at > seconds:
            super()._ticker_died(seconds)

    async def _live(self) -> None:
        await self.holder.tick()
        holding = asyncio.create_task(self.holder.run())
        try:
            await super()._live()
        finally:
            holding.cancel()
            await asyncio.wait((holding,))
            with suppress(StoreError):
                await self.holder.leave()
            if self.limiter.in_flight.permits is not None:
                await self.limiter.in_flight.permits.give_back()
            if self.process.alive:
                self.world.kill(self.process, "the process ends")
