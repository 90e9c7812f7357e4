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
from reconciler.engine.look import AT_REST, Look, RoomPhase
from reconciler.engine.ports import Clock, Lease, Standing, Store
from reconciler.engine.reading import Reader
from reconciler.engine.reconcile import Pass, Reconciler
from reconciler.engine.resting import Rests
from reconciler.engine.rhythm import CHANGING
from reconciler.engine.surveying import Surveyor
from reconciler.engine.watch import Ending
from reconciler.model.errors import ReconcilerError
from reconciler.model.observation import Observation, Unknown

SOON = LEASE / 3
"""Seconds within which a room must be looked at again to be held meanwhile."""

RELEASE_WITHIN = 2.0
"""Seconds in which leases are to be given back at the end."""

_TROUBLED = frozenset({Result.FAILED, Result.UNTAKEN, Result.UNKNOWN, Result.DELAYED})


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit came to.

    ``moved`` says that something happened in the room, ``managed`` that it is
    ours. ``again`` is in seconds; None leaves the next visit to the resync.
    """

    ending: Ending
    moved: bool = False
    managed: bool = True
    again: float | None = None


UNCHANGED = Visit(Ending.RESTED)
"""A room that is at rest and as it was at the last look."""


@dataclass(slots=True)
class Visitor:
    """Visits rooms in the name of *owner*, which no other process may share.

    ``looked`` is told of every whole look, ``rested`` of every visit that needed
    none, both of the Unix time at which it began.
    """

    store: Store
    reconciler: Reconciler
    surveyor: Surveyor
    rests: Rests
    clock: Clock
    owner: str
    looked: Callable[[Pass, float], None]
    rested: Callable[[str, float], None]
    _leases: dict[str, Lease] = field(default_factory=dict)
    _reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self._reader = Reader(self.store, self.clock)

    def holds(self, room: str) -> bool:
        """Whether we hold the room's lease, as far as we know."""
        return room in self._leases

    async def visit(self, room: str, *, may_act: bool, cause: str | None) -> Visit:
        """Look at *room*, and put it right if that is allowed.

        A room of which somebody said something (*cause*) is looked at whole.
        Raises RoomBusy while another process holds the room and something is to
        be done, StoreError, TwilioError. Then the room is not held.
        """
        try:
            if cause is None and room not in self._leases:
                began = self.clock()
                if await self.rests.lasts(room):
                    self.rested(room, began)
                    return UNCHANGED
            return await self._visited(room, may_act=may_act, cause=cause)
        except BaseException:
            self.rests.drop((room,))
            await self.let_go((room,))
            raise

    async def let_go(self, rooms: Iterable[str] | None = None) -> None:
        """Release *rooms*, by default all; what cannot be released expires."""
        chosen = list(self._leases) if rooms is None else rooms
        leases = [self._leases.pop(room) for room in chosen if room in self._leases]
        with suppress(TimeoutError):
            async with asyncio.timeout(RELEASE_WITHIN):
                await asyncio.gather(*map(self._release, leases))

    async def close(self) -> None:
        """End what is under way, and let all rooms go."""
        await self._reader.close()
        await self.rests.close()
        await self.let_go()

    async def _visited(self, room: str, *, may_act: bool, cause: str | None) -> Visit:
        self.rests.drop((room,))
        lease = await self._valid(room)
        if lease is None:
            began = self.clock()
            seen = await self._look(room)
            quiet = self.reconciler.quiet(seen)
            if quiet or not may_act:
                made = Pass(seen, (), seen.plan.requeue_after)
                self.looked(made, began)
                if quiet:
                    self.rests.keep(seen)
                return _visit(made, Ending.QUIET if quiet else Ending.OWED)
            lease = await self.store.acquire(room, self.owner, self.clock(), LEASE)
            if _still_stands(seen, lease):
                self._leases[room] = lease
                made = await self.reconciler.act_on(lease, seen, cause)
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

    async def _look(self, room: str) -> Look:
        """What is there, with nothing written; a room not ours is not asked for.

        The conference may be the one remembered only if somebody is in it.
        """
        look = self.reconciler.look
        desired, ledger = await self._reader.of(room)
        if desired is None or desired.standing is not Standing.MANAGED:
            return await look(room, desired, ledger, None)
        hint = await self.surveyor.hint(room)
        seen = await look(room, desired, ledger, hint.shown)
        if hint.fresh or _borne_out(seen):
            return seen
        if isinstance(seen.observation, Unknown):
            self.surveyor.forget(room)
            return seen
        return await look(room, desired, ledger, await self.surveyor.of(room))

    async def _pass(self, room: str, lease: Lease, cause: str | None) -> Visit:
        began = self.clock()
        made = await self.reconciler.act_on(lease, await self._look(room), cause)
        return await self._passed(room, made, began)

    async def _passed(self, room: str, made: Pass, began: float) -> Visit:
        """The end of a pass; the room is held on if it is soon looked at again."""
        self.looked(made, began)
        visit = _visit(made, Ending.ACTED)
        if visit.ending is not Ending.ACTED or not _goes_on(made):
            await self.let_go((room,))
        return visit

    async def _release(self, lease: Lease) -> None:
        with suppress(ReconcilerError):
            await self.store.release(lease)


def _borne_out(seen: Look) -> bool:
    """Whether somebody is in the conference, so that it cannot be over."""
    return isinstance(seen.observation, Observation) and seen.observation.live


def _still_stands(seen: Look, lease: Lease) -> bool:
    """Whether nobody can have acted between a look and *lease*.

    Nobody held the room at the look, and the lease is the very next one.
    """
    free = seen.ledger.free_epoch
    return free is not None and lease.epoch == free + 1


def _visit(made: Pass, ending: Ending) -> Visit:
    """What *made* came to, if it is not trouble."""
    again = made.requeue_after
    if again is None and made.state not in AT_REST:
        again = CHANGING
    return Visit(
        _ending(made, ending),
        moved=bool(made.deeds or made.look.plan.actions),
        managed=made.state not in {RoomPhase.PAUSED, RoomPhase.RELEASED},
        again=again,
    )


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
