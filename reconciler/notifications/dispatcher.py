"""Sends what people are to be notified of, beside the loop and never in its way.

One task reads events and notes what goes to whom; each target has a task of its own,
so that one that hangs delays nobody else. What failed is sent again after growing
pauses, and given up after ``MOST_ATTEMPTS`` or a day. Where a target is away, later
events wait for the earlier ones; what a target refuses is passed by.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

from msgspec import Struct, field

from reconciler.model.errors import StoreError
from reconciler.model.event import Event
from reconciler.model.notification import (
    LONGEST_AGE_SECONDS,
    Notification,
    NotificationTarget,
    RoutedEvent,
    Undelivered,
    notice_of,
)
from reconciler.notifications.sending import DeliveryFailed, Sender

POLL_SECONDS: Final = 1.0
LEASE_TTL_SECONDS: Final = 60.0
MOST_ATTEMPTS: Final = 20
FIRST_PAUSE_SECONDS: Final = 5.0
MAX_PAUSE_SECONDS: Final = 900.0
ADVANCE_SECONDS: Final = 60.0
AT_ONCE: Final = 20

_log = logging.getLogger("reconciler.notifications")


class NotificationOutbox(Protocol):
    """What ``store.outbox`` keeps; see there for contracts."""

    async def hold(self, now: float, ttl: float) -> bool:
        """Be the one that sends; False while another process is."""
        ...

    async def give_back(self) -> None:
        """Let another process send."""
        ...

    async def unread(
        self, known: set[int], now: float
    ) -> tuple[RoutedEvent, ...] | None:
        """Events past the cursor; None without a cursor."""
        ...

    async def add(self, wanted: Sequence[tuple[int, str]], now: float) -> None:
        """Have events delivered, once each."""
        ...

    async def advance(self, read: int, now: float) -> int:
        """Move the cursor; its place."""
        ...

    async def due(
        self, target: str, now: float, limit: int
    ) -> tuple[Notification, ...]:
        """What is to be sent to *target* now."""
        ...

    async def delay(self, id_: int, next_at: float, reason: str) -> None:
        """Count an attempt that failed."""
        ...

    async def close(
        self,
        id_: int,
        now: float,
        failure: Undelivered | None = None,
    ) -> None:
        """End a notification as sent, or as given up."""
        ...


class Dispatcher(Struct):
    """Runs until it is cancelled. ``clock`` gives Unix seconds.

    ``count`` is called with a result (sent, retried, failed) and a target's name.
    """

    outbox: NotificationOutbox
    targets: Sequence[NotificationTarget]
    senders: Mapping[str, Sender]
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    count: Callable[[str, str], None]
    _known: set[int] = field(default_factory=set)
    _held_until: float = 0.0
    _advanced_at: float = 0.0
    _holding: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Collect and send until cancelled; another process may go on at once."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._forever(self._collecting))
                for target in self.targets:
                    tasks.create_task(self._forever(self._sending(target)))
        finally:
            with suppress(StoreError):
                await self.outbox.give_back()
            for sender in self.senders.values():
                await sender.close()

    async def _forever(self, once: Callable[[], Awaitable[float]]) -> None:
        while True:
            try:
                pause = await once()
            except StoreError as error:
                reason = {"reason": str(error)}
                _log.warning("notifications wait for the database", extra=reason)
                pause = FIRST_PAUSE_SECONDS
            except Exception:  # noqa: BLE001 - logged; what is left is sent later
                _log.exception("notifications met an error and go on")
                pause = FIRST_PAUSE_SECONDS
            await self.sleep(pause)

    def _sending(self, target: NotificationTarget) -> Callable[[], Awaitable[float]]:
        return lambda: self.send_due(target)

    async def _collecting(self) -> float:
        return POLL_SECONDS if await self.collect() else FIRST_PAUSE_SECONDS

    async def collect(self) -> bool:
        """Note of every new event to whom it goes; False if another process does."""
        now = self.clock()
        routed_events = await self.outbox.unread(self._known, now)
        if routed_events == ():
            return True
        if not await self._hold(now):
            return False
        if routed_events is None:
            return True
        wanted = [
            (routed_event.id, name)
            for routed_event in routed_events
            for name in self._targets(routed_event)
        ]
        if wanted:
            await self.outbox.add(wanted, now)
        self._known.update(routed_event.id for routed_event in routed_events)
        if now >= self._advanced_at + ADVANCE_SECONDS:
            self._advanced_at = now
            place = await self.outbox.advance(max(self._known), now)
            self._known = {each for each in self._known if each > place}
        return True

    def _targets(self, routed: RoutedEvent) -> list[str]:
        notice = notice_of(routed.event)
        if notice is None:
            return []
        room = routed.event.room
        wanting = (x for x in self.targets if x.wants(room, notice, routed.asked))
        return [target.name for target in wanting]

    async def send_due(self, target: NotificationTarget) -> float:
        """Send what is due to *target*; the seconds to wait before the next."""
        notifications = await self.outbox.due(target.name, self.clock(), AT_ONCE)
        for notification in notifications:
            if not await self._hold(self.clock()):
                return FIRST_PAUSE_SECONDS
            pause = await self._deliver(notification)
            if pause is not None:
                return pause
        return 0.0 if len(notifications) == AT_ONCE else POLL_SECONDS

    async def _hold(self, now: float) -> bool:
        """Whether this process is the one that sends, for half of TTL at least."""
        async with self._holding:
            if now < self._held_until - LEASE_TTL_SECONDS / 2:
                return True
            held = await self.outbox.hold(now, LEASE_TTL_SECONDS)
            self._held_until = now + LEASE_TTL_SECONDS if held else 0.0
            if not held:
                self._known.clear()
            return held

    async def _deliver(self, notification: Notification) -> float | None:
        """Send one; the pause that its target needs, None to go on."""
        try:
            await self.senders[notification.target].send(notification, self.clock())
        except DeliveryFailed as failure:
            return await self._failed(notification, failure)
        await self.outbox.close(notification.id, self.clock())
        self.count("sent", notification.target)
        return None

    async def _failed(
        self, notification: Notification, failure: DeliveryFailed
    ) -> float | None:
        now, reason = self.clock(), str(failure)
        attempts = notification.attempts + 1
        pause = min(FIRST_PAUSE_SECONDS * 2.0**notification.attempts, MAX_PAUSE_SECONDS)
        pause = max(pause, failure.retry_after or 0.0)
        late = now + pause > notification.event.at + LONGEST_AGE_SECONDS
        if attempts >= MOST_ATTEMPTS or late:
            await self._give_up(notification, reason, now)
            return None
        _log.info(
            "notification not delivered; it is sent again",
            extra={
                "target": notification.target,
                "event_id": notification.event_id,
                "attempt": attempts,
                "reason": reason,
                "pause": pause,
            },
        )
        await self.outbox.delay(notification.id, now + pause, reason)
        self.count("retried", notification.target)
        return pause if failure.blocks else None

    async def _give_up(
        self, notification: Notification, reason: str, now: float
    ) -> None:
        event = notification.event
        _log.error(
            "notification given up",
            extra={
                "target": notification.target,
                "event_id": notification.event_id,
                "room": event.room,
                "reason": reason,
            },
        )
        failed = Event(
            room=event.room,
            at=now,
            kind="notification.failed",
            message=f"{notification.target} was not notified of event "
            f"{notification.event_id} ({event.kind}): {reason}",
            label=event.label,
            cause="daemon",
        )
        await self.outbox.close(notification.id, now, Undelivered(reason, failed))
        self.count("failed", notification.target)
