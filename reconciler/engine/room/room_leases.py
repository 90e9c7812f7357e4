"""The rooms that this process has leased."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from msgspec import Struct, field

from reconciler.engine.ports import (
    NO_FIRST_NOTES,
    Clock,
    FirstNotes,
    Lease,
    Notes,
    Store,
)
from reconciler.engine.room.lease_session import LeaseSession
from reconciler.model.errors import ReconcilerError, RoomBusy, StoreError

HAND_OVER_SECONDS = (1.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0)
"""Seconds from each try to write into another process's room to the next."""

RELEASE_SECONDS = 2.0
"""Seconds in which leases are to be given back."""


class RoomLeases(Struct):
    """Leases rooms in the name of *owner*, which no other process may share.

    A room is leased for ``lease_seconds``: the time after which it is free when
    this process dies. What became of creates waits for the room's next lease when the
    one under which they were sent ran out: nobody else knows which of them were sent.
    """

    store: Store
    clock: Clock
    owner: str
    lease_seconds: float
    _sessions: dict[str, LeaseSession] = field(default_factory=dict)
    _waiting: dict[str, list[Notes]] = field(default_factory=dict)

    def holds(self, room: str) -> bool:
        """Whether we hold the room's lease, as far as we know."""
        return room in self._sessions

    async def held(self, room: str) -> LeaseSession | None:
        """Our lease of *room*, with at least half of its time left; None without one.

        Raises as ``LeaseSession.valid_lease`` does. A lease that ran out here may
        still stand in SQL. The room is leased, and RoomBusy raised while another
        process has it, if notes wait of an earlier lease: they are written first, or
        dropped with the StoreError, as what they are about may be gone.
        """
        session = self._sessions.get(room)
        if session is not None and not session.valid:
            await self.release((room,))
            session = None
        if session is not None:
            await session.valid_lease()
        elif room in self._waiting:
            session = await self.take(room)
            try:
                await session.note()
            except StoreError:
                self._waiting.pop(room, None)
                raise
        return session

    async def hand_over(self, room: str) -> None:
        """Write the notes that wait of a room that another process works on now.

        That is tried between its leases, ever more seldom, and given up in the end.
        """
        for seconds in HAND_OVER_SECONDS:
            if self.holds(room) or room not in self._waiting:
                return
            with suppress(RoomBusy, StoreError):
                await self.held(room)
                await self.release((room,))
                return
            await asyncio.sleep(seconds)

    async def take(
        self, room: str, intent: FirstNotes = NO_FIRST_NOTES
    ) -> LeaseSession:
        """A lease of *room*, taken now; RoomBusy while another process has it.

        *intent* is on record with it if it has the fencing token named there.
        """
        ttl = self.lease_seconds
        lease = await self.store.acquire(room, self.owner, self.clock(), ttl, intent)
        session = LeaseSession(self.store, self.clock, lease, ttl, self._waiting)
        self._sessions[room] = session
        return session

    async def conclude(self, room: str, last: Notes) -> None:
        """Put *last* on record and give *room* back, in one transaction.

        Raises as ``LeaseSession.note`` does; then the room is still held.
        """
        lease = await self._sessions[room].valid_lease()
        await self.store.release(lease, last, self.clock())
        self._sessions.pop(room).end()

    async def release(self, rooms: Iterable[str] | None = None) -> None:
        """Release *rooms*, by default all; what cannot be released expires.

        A request that has not left by then finds its lease over, and never leaves.
        """
        chosen = list(self._sessions) if rooms is None else tuple(rooms)
        sessions = [self._sessions.pop(x) for x in chosen if x in self._sessions]
        leases = [lease_session.lease for lease_session in sessions]
        for lease_session in sessions:
            lease_session.end()
        with suppress(TimeoutError):
            async with asyncio.timeout(RELEASE_SECONDS):
                await asyncio.gather(*map(self._release, leases))

    async def _release(self, lease: Lease) -> None:
        with suppress(ReconcilerError):
            await self.store.release(lease)
