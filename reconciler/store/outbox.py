"""What people are to be notified of, in SQL; see ``queries.notification_queue``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reconciler.model.event import Event
from reconciler.model.notification import DeliveryState, Notification, RoutedEvent
from reconciler.store.database.database import Database
from reconciler.store.queries import notification_queue


@dataclass(frozen=True, slots=True)
class Outbox:
    """``queries.notification_queue`` of one database, for the process *owner*; see there.

    ``origin`` names the database, unless it has a name already.
    """

    database: Database
    owner: str
    origin: str

    async def hold(self, now: float, ttl: float) -> bool:
        return await self.database.write(
            lambda it: notification_queue.hold(it, self.owner, self.origin, now, ttl)
        )

    async def give_back(self) -> None:
        await self.database.write(
            lambda it: notification_queue.give_back(it, self.owner)
        )

    async def unread(
        self, known: Collection[int], now: float
    ) -> tuple[RoutedEvent, ...] | None:
        return await self.database.read(
            lambda it: notification_queue.unread(it, known, now)
        )

    async def add(self, wanted: Sequence[tuple[int, str]], now: float) -> None:
        await self.database.write(lambda it: notification_queue.add(it, wanted, now))

    async def advance(self, read: int, now: float) -> int:
        return await self.database.write(
            lambda it: notification_queue.advance(it, read, now)
        )

    async def due(
        self, target: str, now: float, limit: int
    ) -> tuple[Notification, ...]:
        return await self.database.read(
            lambda it: notification_queue.due(it, target, now, limit)
        )

    async def delay(self, id_: int, next_at: float, reason: str) -> None:
        await self.database.write(
            lambda it: notification_queue.delay(it, id_, next_at, reason)
        )

    async def close(
        self,
        id_: int,
        state: DeliveryState,
        reason: str,
        *,
        now: float,
        told: Sequence[Event] = (),
    ) -> None:
        await self.database.write(
            lambda it: notification_queue.close(
                it, id_, state, reason, now=now, told=told
            )
        )

    async def waiting(self) -> dict[str, int]:
        return await self.database.read(notification_queue.waiting)
