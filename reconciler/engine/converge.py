"""Following rooms until they are as declared, or time is up."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from reconciler.engine.acting import LEASE
from reconciler.engine.deed import Result
from reconciler.engine.look import AT_REST, RoomPhase
from reconciler.engine.ports import Clock, Lease, Provider, Store
from reconciler.engine.reconcile import Pass, Reconciler
from reconciler.model.errors import RoomBusy
from reconciler.model.observation import Conference

MOST_AT_ONCE = 8
"""Rooms reconciled at the same time."""

SOONEST = 0.25
LATEST = 2.0
"""Seconds between two looks at a room that is being followed.

After something was done they begin with the shortest and double: people who
answer at once are seen at once, and a phone that rings long costs few looks.
"""

_DOUBLINGS = 8

TURN = 0.5
"""Seconds between two tries to take rooms that another process holds."""

PATIENCE = 3
"""Passes in a row with a refused action after which following ends."""

BLIND = 4
"""Looks in a row that failed, with none before that did not, after which it ends."""


@dataclass(slots=True)
class Following:
    """Follows rooms from start to rest.

    ``report`` is told of every pass, ``busy`` of every wait for another process.
    """

    reconciler: Reconciler
    store: Store
    provider: Provider
    clock: Clock
    sleep: Callable[[float], Awaitable[None]]
    report: Callable[[Pass], None]
    owner: str
    busy: Callable[[RoomBusy], None] = lambda _: None
    _looks: dict[str, int] = field(default_factory=dict)
    _failures: dict[str, int] = field(default_factory=dict)
    _blind: dict[str, int] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    async def follow(
        self,
        rooms: Sequence[str],
        *,
        until: float,
        stopping: Callable[[], bool],
        once: bool = False,
    ) -> dict[str, Pass]:
        """The last pass of every room. *until* is in Unix seconds.

        Ends when every room is at rest, when time is up, or when asked to.
        A room that another process holds is waited for, but not if *once*;
        RoomBusy, before any request is sent, if it stays held.
        """
        leases = await self._turn(sorted(rooms), until, stopping, once=once)
        try:
            return await self._rounds(leases, until, stopping, once=once)
        finally:
            for lease in leases.values():
                await self.store.release(lease)

    async def _turn(
        self,
        rooms: Sequence[str],
        until: float,
        stopping: Callable[[], bool],
        *,
        once: bool,
    ) -> dict[str, Lease]:
        """All leases or none, so that two processes never wait for each other."""
        while True:
            try:
                return await self._acquire(rooms)
            except RoomBusy as busy:
                if once or stopping() or self.clock() >= until:
                    raise
                self.busy(busy)
                await self.sleep(TURN)

    async def _acquire(self, rooms: Sequence[str]) -> dict[str, Lease]:
        leases: dict[str, Lease] = {}
        try:
            for room in rooms:
                leases[room] = await self.store.acquire(
                    room, self.owner, self.clock(), LEASE
                )
        except BaseException:
            for lease in leases.values():
                await self.store.release(lease)
            raise
        return leases

    async def _rounds(
        self,
        leases: dict[str, Lease],
        until: float,
        stopping: Callable[[], bool],
        *,
        once: bool,
    ) -> dict[str, Pass]:
        passes: dict[str, Pass] = {}
        due = dict.fromkeys(leases, 0.0)
        while due and not stopping():
            now = self.clock()
            ready = [room for room, at in due.items() if at <= now]
            if ready:
                await self._round(ready, leases, passes)
            for room in ready:
                wait = self._wait(passes[room])
                if once or wait is None:
                    del due[room]
                else:
                    due[room] = self.clock() + wait
            if not due or self.clock() >= until:
                break
            await self.sleep(max(0.0, min(*due.values(), until) - self.clock()))
        return passes

    async def _round(
        self, rooms: Sequence[str], leases: dict[str, Lease], passes: dict[str, Pass]
    ) -> None:
        survey = await self.provider.survey(rooms)
        places = asyncio.Semaphore(MOST_AT_ONCE)

        async def one(room: str) -> None:
            async with places:
                conference = survey if isinstance(survey, str) else survey.get(room)
                passes[room] = await self._pass(room, leases, conference)

        ends = await asyncio.gather(*map(one, rooms), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    async def _pass(
        self, room: str, leases: dict[str, Lease], conference: Conference | str | None
    ) -> Pass:
        now = self.clock()
        if leases[room].expires_at - now < LEASE / 2:
            leases[room] = await self.store.renew(leases[room], now, LEASE)
        made = await self.reconciler.reconcile(leases[room], conference)
        self.report(made)
        return made

    def _wait(self, made: Pass) -> float | None:
        """Seconds until the next look, or None when the room is at rest."""
        failed = any(deed.result is Result.FAILED for deed in made.deeds)
        count = self._failures.get(made.room, 0) + 1 if failed else 0
        self._failures[made.room] = count
        if made.state is not RoomPhase.UNKNOWN:
            self._seen.add(made.room)
        elif made.room not in self._seen:
            self._blind[made.room] = self._blind.get(made.room, 0) + 1
        hopeless = count >= PATIENCE or self._blind.get(made.room, 0) >= BLIND
        if made.state in AT_REST or hopeless:
            return None
        wait = made.requeue_after if made.requeue_after is not None else LATEST
        return min(LATEST, max(SOONEST, min(wait, self._patience(made))))

    def _patience(self, made: Pass) -> float:
        """Seconds after which something may be seen, unless a wait was told."""
        self._looks[made.room] = 0 if made.deeds else self._looks.get(made.room, 0) + 1
        if any(deed.retry_after is not None for deed in made.deeds):
            return LATEST
        return SOONEST * 2.0 ** min(self._looks[made.room], _DOUBLINGS)
