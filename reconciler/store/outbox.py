"""What people are to be notified of, in SQL; see ``queries.outgoing``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reconciler.model.event import Event
from reconciler.model.notification import DeliveryState, Notification, RoutedEvent
from reconciler.store.database.database import Database
from reconciler.store.queries import outgoing


@dataclass(frozen=True, slots=True)
class Outbox:
    """Notifications of one database, as the process *owner* sees them.

    ``origin`` names the database, unless it has a name already.
    """

    database: Database
    owner: str
    origin: str

    async def hold(self, now: float, ttl: float) -> bool:
        """Be the one that sends, for *ttl* seconds; False while another one is."""
        return await self.database.write(
            lambda it: outgoing.hold(it, self.owner, self.origin, now, ttl)
        )

    async def give_back(self) -> None:
        """Let another process send from now on."""
        await self.database.write(lambda it: outgoing.give_back(it, self.owner))

    async def unread(
        self, known: Collection[int], now: float
    ) -> tuple[RoutedEvent, ...] | None:
        """The oldest events past the cursor not *known*; None without a cursor."""
        return await self.database.read(lambda it: outgoing.unread(it, known, now))

    async def add(self, wanted: Sequence[tuple[int, str]], now: float) -> None:
        """Have events delivered, each an id with the name of a target; once each."""
        await self.database.write(lambda it: outgoing.add(it, wanted, now))

    async def advance(self, read: int, now: float) -> int:
        """Move the cursor past what nobody can still be committing; its place."""
        return await self.database.write(lambda it: outgoing.advance(it, read, now))

    async def due(
        self, target: str, now: float, limit: int
    ) -> tuple[Notification, ...]:
        """What is to be sent to *target* now, in the order of events."""
        return await self.database.read(lambda it: outgoing.due(it, target, now, limit))

    async def delay(self, id_: int, next_at: float, reason: str) -> None:
        """Count an attempt that failed; the next is not before *next_at*."""
        await self.database.write(lambda it: outgoing.delay(it, id_, next_at, reason))

    async def close(
        self,
        id_: int,
        state: DeliveryState,
        reason: str,
        *,
        now: float,
        told: Sequence[Event] = (),
    ) -> None:
        """End a notification as sent or given up, with the events that say so."""
        await self.database.write(
            lambda it: outgoing.close(it, id_, state, reason, now=now, told=told)
        )

    async def waiting(self) -> dict[str, int]:
        """How many notifications are pending, by target."""
        return await self.database.read(outgoing.waiting)
