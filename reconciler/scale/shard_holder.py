"""The shards that this daemon holds: its fair share of all, kept by a heartbeat."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from reconciler.engine.ports import Clock
from reconciler.model.errors import StoreError
from reconciler.scale.shard_engine import DEAD_SECONDS, Membership
from reconciler.scale.shards import fair_share, shard_of

TICK_SECONDS: Final = 1.0
"""Seconds between two observations of who is there and what is free."""

BEAT_SECONDS: Final = 2.0
"""Seconds between two heartbeats."""

AT_ONCE: Final = 32
"""Shards that are taken or given back between two heartbeats."""

_log = logging.getLogger("reconciler.scale")


class Engine(Protocol):
    """What a holder needs of the shard engine; see ``ShardEngine``."""

    async def join(self, about: Mapping[str, Any]) -> int: ...
    async def beat(self, worker: int) -> None: ...
    async def membership(self, worker: int) -> Membership: ...
    async def take(self, worker: int) -> tuple[int, int] | None: ...
    async def give_back(self, shard: int, job: int) -> None: ...
    async def free_dead(self) -> None: ...
    async def seed(self, shards: int) -> None: ...
    async def leave(self, worker: int, held: Mapping[int, int]) -> None: ...


@dataclass(slots=True)
class ShardHolder:
    """Holds shards for one daemon. ``monotonic`` gives seconds that never go back.

    ``changed`` is called whenever other shards are held than before. Nothing is held
    that the engine did not confirm within ``DEAD_SECONDS`` seconds: by then another
    daemon may have it.
    """

    engine: Engine
    shards: int
    about: Mapping[str, Any]
    monotonic: Clock
    changed: Callable[[], None]
    handovers: int = 0
    lag_seconds: float = 0.0
    nodes: int = 0
    _worker: int | None = None
    _held: dict[int, int] = field(default_factory=dict)
    _empty_at: float = field(init=False)
    _announced: frozenset[int] = frozenset()
    _confirmed_at: float = float("-inf")
    _beat_at: float = float("-inf")
    _steady_since: float | None = None
    _unfinished: bool = False

    def __post_init__(self) -> None:
        self._empty_at = self.monotonic()

    @property
    def lost_at(self) -> float | None:
        """Since when no shard is held; None while one is, or there are too few."""
        crowded = self.nodes > self.shards
        return None if self.held or crowded else self._empty_at

    @property
    def held(self) -> frozenset[int]:
        """The shards that are this daemon's now."""
        if self.monotonic() - self._confirmed_at >= DEAD_SECONDS:
            return frozenset()
        return frozenset(self._held)

    def owns(self, room: str) -> bool:
        """Whether the room is this daemon's now."""
        confirmed = self.monotonic() - self._confirmed_at < DEAD_SECONDS
        return confirmed and shard_of(room, self.shards) in self._held

    async def begin(self) -> None:
        """Join, and take what is free of the fair share before any room is read."""
        await self.tick()
        while self._unfinished:
            await self.tick()

    async def run(self) -> None:
        """Keep the fair share until cancelled."""
        while True:
            await self.tick()
            await asyncio.sleep(0.0 if self._unfinished else TICK_SECONDS)

    async def tick(self) -> None:
        """Keep, take and give back shards; what fails is tried at the next tick."""
        began = self.monotonic()
        self._unfinished = False
        try:
            await self._keep(began)
        except StoreError as error:
            if self._steady_since is not None:
                _log.warning("shards not confirmed", extra={"reason": str(error)})
            self._steady_since = None
        self.lag_seconds = self.monotonic() - began
        self._announce(self.held)

    def _announce(self, held: frozenset[int]) -> None:
        """Tell of a change, once: also of what is not held any longer by its age."""
        if held == self._announced:
            return
        self.handovers += len(held ^ self._announced)
        self._announced = held
        self._empty_at = self._empty_at if held else self.monotonic()
        _log.info("shards changed", extra={"held": len(held), "of": self.shards})
        self.changed()

    async def leave(self) -> None:
        """Give everything back; what cannot be is free after ``DEAD_SECONDS`` seconds."""
        worker, held = self._worker, self._held
        self._worker, self._held = None, {}
        if worker is not None:
            await self.engine.leave(worker, held)

    async def _keep(self, now: float) -> None:
        worker = await self._alive(now)
        membership = await self.engine.membership(worker)
        if not membership.known:
            _log.warning("this daemon was considered dead, and rejoins")
            self._worker, self._held, self._steady_since = None, {}, None
            return
        self._confirm(dict(membership.held), now)
        self.nodes = len(membership.live)
        if worker == min(membership.live, default=worker):
            await self._tend(membership, now)
        await self._balance(worker, fair_share(self.shards, len(membership.live)))

    async def _alive(self, now: float) -> int:
        """The worker, registered and with a heartbeat of late."""
        if self._worker is None:
            self._worker = await self.engine.join(self.about)
            self._beat_at = now
        elif now - self._beat_at >= BEAT_SECONDS:
            await self.engine.beat(self._worker)
            self._beat_at = now
        return self._worker

    def _confirm(self, held: dict[int, int], now: float) -> None:
        """*held* counts from *now*. What had lapsed is announced again: rooms were let go."""
        if not self.held:
            self._announced = frozenset()
        self._held, self._confirmed_at = held, now
        if self._steady_since is None:
            self._steady_since = now

    async def _tend(self, membership: Membership, now: float) -> None:
        """What one daemon does for all: the one that joined first.

        After an outage of the database nobody's heartbeat is fresh: nobody is taken
        for dead before all had time for one.
        """
        if membership.present < self.shards:
            await self.engine.seed(self.shards)
        if self._steady_since is not None and now - self._steady_since >= DEAD_SECONDS:
            await self.engine.free_dead()

    async def _balance(self, worker: int, share: int) -> None:
        """Give back the surplus, take what lacks; some at a time, for the heartbeat."""
        for _ in range(AT_ONCE):
            if len(self._held) > share:
                shard = max(self._held)
                await self.engine.give_back(shard, self._held.pop(shard))
            elif len(self._held) < share:
                taken = await self.engine.take(worker)
                if taken is None:
                    return
                self._held[taken[0]] = taken[1]
        self._unfinished = len(self._held) != share
