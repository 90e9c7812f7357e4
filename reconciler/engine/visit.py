"""One visit to a room: a look, and a pass under a lease if anything is to be done.

A room is held from the first pass that has something to do until it is at rest.
A room that is as declared is never held: visiting it writes nothing.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from reconciler.engine.acting import LEASE
from reconciler.engine.deed import Result
from reconciler.engine.look import AT_REST, RoomPhase, look
from reconciler.engine.ports import Clock, Lease, Provider, Standing, Store
from reconciler.engine.reconcile import Pass, Reconciler
from reconciler.engine.surveying import Surveyor
from reconciler.engine.watch import Ending
from reconciler.model.errors import ReconcilerError

SOON = LEASE / 3
"""Seconds within which a room must be looked at again to be held meanwhile."""

RELEASE_WITHIN = 2.0
"""Seconds in which leases are to be given back at the end."""

_TROUBLED = frozenset({Result.FAILED, Result.UNTAKEN, Result.UNKNOWN, Result.DELAYED})


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit came to."""

    made: Pass
    ending: Ending


@dataclass(slots=True)
class Visitor:
    """Visits rooms in the name of *owner*, which no other process may share.

    ``looked`` is told of every look and of the Unix time at which it began.
    """

    store: Store
    provider: Provider
    reconciler: Reconciler
    surveyor: Surveyor
    clock: Clock
    owner: str
    looked: Callable[[Pass, float], None]
    _leases: dict[str, Lease] = field(default_factory=dict)

    def holds(self, room: str) -> bool:
        """Whether we hold the room's lease, as far as we know."""
        return room in self._leases

    async def visit(self, room: str, *, may_act: bool, cause: str | None) -> Visit:
        """Look at *room*, and put it right if that is allowed.

        Raises RoomBusy while another process holds the room and something is to
        be done, StoreError, TwilioError. Then the room is not held.
        """
        try:
            return await self._visited(room, may_act=may_act, cause=cause)
        except BaseException:
            await self.let_go((room,))
            raise

    async def let_go(self, rooms: Iterable[str] | None = None) -> None:
        """Release *rooms*, by default all; what cannot be released expires."""
        chosen = list(self._leases) if rooms is None else rooms
        leases = [self._leases.pop(room) for room in chosen if room in self._leases]
        with suppress(TimeoutError):
            async with asyncio.timeout(RELEASE_WITHIN):
                await asyncio.gather(*map(self._release, leases))

    async def _visited(self, room: str, *, may_act: bool, cause: str | None) -> Visit:
        lease = await self._valid(room)
        if lease is None:
            began = self.clock()
            made = await self._look(room, began)
            quiet = self.reconciler.quiet(made.look)
            if quiet or not may_act:
                self.looked(made, began)
                ending = _ending(made, Ending.QUIET) if quiet else Ending.OWED
                return Visit(made, ending)
            lease = await self.store.acquire(room, self.owner, self.clock(), LEASE)
            if _still_stands(made, lease):
                self._leases[room] = lease
                made = await self.reconciler.act_on(lease, made.look, cause)
                return await self._passed(room, made, began)
        elif lease.expires_at - self.clock() < LEASE / 2:
            lease = await self.store.renew(lease, self.clock(), LEASE)
        self._leases[room] = lease
        return await self._pass(room, lease, cause)

    async def _valid(self, room: str) -> Lease | None:
        """Our lease of *room*. One that ran out here may still stand in SQL."""
        lease = self._leases.get(room)
        if lease is not None and lease.expires_at <= self.clock():
            await self.let_go((room,))
            return None
        return lease

    async def _look(self, room: str, began: float) -> Pass:
        """What is there, with nothing written; a room not ours is not asked for."""
        desired, ledger = (await self.store.read((room,), began))[room]
        managed = desired is not None and desired.standing is Standing.MANAGED
        seen = await look(
            room,
            desired,
            ledger,
            provider=self.provider,
            conference=await self.surveyor.of(room) if managed else None,
            clock=self.clock,
            account_sid=self.reconciler.account_sid,
        )
        return Pass(seen, (), seen.plan.requeue_after)

    async def _pass(self, room: str, lease: Lease, cause: str | None) -> Visit:
        began = self.clock()
        conference = await self.surveyor.of(room)
        made = await self.reconciler.reconcile(lease, conference, cause)
        return await self._passed(room, made, began)

    async def _passed(self, room: str, made: Pass, began: float) -> Visit:
        """The end of a pass; the room is held on if it is soon looked at again."""
        self.looked(made, began)
        ending = _ending(made, Ending.ACTED)
        if ending is not Ending.ACTED or not _goes_on(made):
            await self.let_go((room,))
        return Visit(made, ending)

    async def _release(self, lease: Lease) -> None:
        with suppress(ReconcilerError):
            await self.store.release(lease)


def _still_stands(made: Pass, lease: Lease) -> bool:
    """Whether nobody can have acted between a look and *lease*.

    Nobody held the room at the look, and the lease is the very next one.
    """
    free = made.look.ledger.free_epoch
    return free is not None and lease.epoch == free + 1


def _goes_on(made: Pass) -> bool:
    """Whether the room is to be looked at again before the lease runs out."""
    if made.state in AT_REST and not made.deeds:
        return False
    return made.requeue_after is not None and made.requeue_after <= SOON


def _ending(made: Pass, otherwise: Ending) -> Ending:
    if made.state is RoomPhase.UNKNOWN:
        return Ending.UNKNOWN
    if any(_troubled(deed.result, deed.retry_after) for deed in made.deeds):
        return Ending.FAILED
    return otherwise


def _troubled(result: Result, retry_after: float | None) -> bool:
    """Whether a deed makes the room wait longer each time.

    One that was told how long to wait is the account's matter, not the room's.
    """
    return result in _TROUBLED and retry_after is None
