"""A held lease: renewed while in use; writes are coalesced."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.engine.ports import Clock, Lease, Notes, Store
from reconciler.engine.room.event_recorder import merge_notes
from reconciler.model.errors import RoomBusy, StoreError

HEARTBEATS_PER_LEASE = 4
"""How often a lease is renewed in its lifetime, while its room is worked on."""

_NOTHING = Notes()


class LeaseSession(Struct):
    """One room, leased for ``ttl_seconds`` at a time.

    ``lease`` is the latest one, already over if another process has the room.
    ``waiting`` has, by room, the notes that wait for its next write, with no entry
    for a room of which none wait; a room's next lease writes them.
    """

    store: Store
    clock: Clock
    lease: Lease
    ttl_seconds: float
    waiting: dict[str, list[Notes]] = field(default_factory=dict)
    _users: int = 0
    _heartbeat: "asyncio.Task[None] | None" = None
    _noting: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def room(self) -> str:
        return self.lease.room

    @property
    def notes_wait(self) -> bool:
        """Whether notes wait for the next write."""
        return self.room in self.waiting

    @property
    def valid(self) -> bool:
        """Whether the room is still ours, by our clock."""
        return self.clock() < self.lease.expires_at

    async def valid_lease(self) -> Lease:
        """A lease with at least half of its time left; raises as ``renew`` does."""
        if self.lease.expires_at - self.clock() <= self.ttl_seconds / 2:
            await self._renew()
        return self.lease

    @asynccontextmanager
    async def in_use(self) -> AsyncIterator[None]:
        """While inside, the lease is renewed however long a request takes."""
        self._users += 1
        if self._heartbeat is None:
            self._heartbeat = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._heartbeat.cancel()
                self._heartbeat = None

    def put(self, notes: Notes) -> None:
        """Let *notes* wait for the next write, or for one after it that works."""
        self.waiting.setdefault(self.room, []).append(notes)

    async def note(self, last: Notes = _NOTHING) -> None:
        """Write all that waits, then *last*, in one transaction; raises as it does."""
        async with self._noting:
            waiting = tuple(self.waiting.get(self.room, ()))
            notes = merge_notes(waiting, last)
            if not notes.empty:
                lease = await self.valid_lease()
                await self.store.note(lease, notes, self.clock())
            self._drop(len(waiting))

    def end(self) -> None:
        """Count the lease as over: the room is let go, or another process has it."""
        self.lease = replace(self.lease, expires_at=0.0)

    def _drop(self, written: int) -> None:
        """Keep of the notes that wait those after the first *written*."""
        later = self.waiting.pop(self.room, [])[written:]
        if later:
            self.waiting[self.room] = later

    async def _renew(self) -> None:
        try:
            self.lease = await self.store.renew(
                self.lease, self.clock(), self.ttl_seconds
            )
        except RoomBusy:
            self.end()
            raise

    async def _beat(self) -> None:
        """Renew until cancelled, or until another process has the room."""
        while self.lease.expires_at:
            await asyncio.sleep(self.ttl_seconds / HEARTBEATS_PER_LEASE)
            with suppress(RoomBusy, StoreError):
                await self._renew()
