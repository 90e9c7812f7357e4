"""A room that is held: its lease is kept up, and notes are written together."""

from dataclasses import dataclass, field

from reconciler.engine.ports import Clock, Lease, Notes, Store
from reconciler.engine.record import joined

_NOTHING = Notes()


@dataclass(slots=True)
class Hold:
    """One room, held for ``ttl`` seconds at a time while a plan is carried out."""

    store: Store
    clock: Clock
    lease: Lease
    ttl: float
    _waiting: list[Notes] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """How many notes wait to be written."""
        return len(self._waiting)

    async def kept(self) -> Lease:
        """A lease with at least half of its time left; raises as ``renew`` does."""
        now = self.clock()
        if self.lease.expires_at - now <= self.ttl / 2:
            self.lease = await self.store.renew(self.lease, now, self.ttl)
        return self.lease

    def put(self, notes: Notes) -> None:
        """Let *notes* wait for the next write, or for one after it that works."""
        self._waiting.append(notes)

    async def note(self, last: Notes = _NOTHING) -> None:
        """Write all that waits, then *last*, in one transaction; raises as it does."""
        written = len(self._waiting)
        notes = joined(self._waiting, last)
        if not notes.empty:
            lease = await self.kept()
            await self.store.note(lease, notes, self.clock())
        del self._waiting[:written]
