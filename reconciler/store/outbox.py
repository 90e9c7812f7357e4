"""What people are to be notified of, in SQL; see ``queries.notification_queue``."""

from msgspec import Struct

from reconciler.store.database.database import Database
from reconciler.store.queries import notification_queue
from reconciler.store.query_method import reading, writing


class Outbox(Struct, frozen=True):
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

    unread = reading(notification_queue.unread)
    add = writing(notification_queue.add)
    advance = writing(notification_queue.advance)
    due = reading(notification_queue.due)
    delay = writing(notification_queue.delay)
    close = writing(notification_queue.close)
    waiting = reading(notification_queue.waiting)
