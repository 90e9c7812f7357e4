"""Marks between daemons, by NOTIFY: hints that a room is to be read soon.

    payload       from                              the owner of the room
    empty         a transaction that decided        asks the store for decisions
    a JSON object a daemon that a webhook reached   marks the room

A notification is a hint, as a webhook is: what is so stands in SQL or at Twilio. One
that cannot be sent waits until it can, and whoever may have missed one reads all of
its rooms.
"""

import asyncio
import logging
from collections.abc import Callable
from itertools import islice
from typing import Final

import msgspec
import psycopg
from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.engine.loop.decision_feed import CHANNEL
from reconciler.engine.loop.work_queue import Priority
from reconciler.model.errors import StoreError
from reconciler.model.recorded_observation import LegEvent
from reconciler.model.reported_call import ReportedCall
from reconciler.scale.direct_connection import connect

RECONNECT_SECONDS: Final = 0.5
"""Seconds until a lost connection is opened again."""

CHECK_SECONDS: Final = 5.0
"""Seconds without a notification after which the connection is tried."""

MOST_WAITING: Final = 100_000
"""Marks that wait for the database at most; the latest is kept of each room."""

MOST_EVENTS: Final = 20
"""Events of legs that go with a mark: a notification has at most 8,000 bytes."""

MOST_REPORTS: Final = 2
"""Reports of calls that go with a mark, each with a label of up to 128 characters."""

AT_ONCE: Final = 500

_SEND = "SELECT pg_notify(%s, payload) FROM unnest(%s::text[]) AS payload"
_log = logging.getLogger("reconciler.scale")

Connection = psycopg.AsyncConnection[tuple[object, ...]]


class RoomMark(Struct, frozen=True):
    """A room to be read, why, and the conference whose event said so ("" for none).

    ``events`` are what events told of its legs, at most ``MOST_EVENTS``; ``reports``
    are calls into it that events report, at most ``MOST_REPORTS``.
    """

    room: str
    lane: Priority
    cause: str
    conference_sid: str = ""
    events: tuple[LegEvent, ...] = ()
    reports: tuple[ReportedCall, ...] = ()


class MarkSender(Struct):
    """Sends marks of rooms that other daemons hold. ``send`` never waits."""

    conninfo: str
    sent: int = 0
    _waiting: dict[str, RoomMark] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, mark: RoomMark) -> None:
        """Have the owner of the room mark it."""
        before = self._waiting.pop(mark.room, None)
        if before is None and len(self._waiting) >= MOST_WAITING:
            return
        earlier = before or RoomMark(mark.room, mark.lane, "")
        events = (*earlier.events, *mark.events)[-MOST_EVENTS:]
        reports = (*earlier.reports, *mark.reports)[-MOST_REPORTS:]
        self._waiting[mark.room] = replace(mark, events=events, reports=reports)
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled, over a new connection whenever one is lost."""
        while True:
            try:
                async with await connect(self.conninfo) as connection:
                    while True:
                        await self._wake.wait()
                        await self._flush(connection)
            except (psycopg.Error, StoreError) as error:
                _log.warning("marks not sent", extra={"reason": str(error).strip()})
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _flush(self, connection: Connection) -> None:
        while self._waiting:
            batch = dict(islice(self._waiting.items(), AT_ONCE))
            payloads = [msgspec.json.encode(x).decode() for x in batch.values()]
            await connection.execute(_SEND, (CHANNEL, payloads))
            self.sent += len(batch)
            for room, mark in batch.items():
                if self._waiting.get(room) is mark:
                    del self._waiting[room]
        self._wake.clear()


class MarkListener(Struct):
    """Hears what other processes notify; see the module.

    ``gap`` is called when notifications may have been missed. Nothing that is
    called may block or raise.
    """

    conninfo: str
    mark: Callable[[RoomMark], None]
    decided: Callable[[], None]
    gap: Callable[[], None]
    heard: int = 0
    connected: bool = False

    async def run(self) -> None:
        """Listen until cancelled, over a new connection whenever one is lost."""
        while True:
            try:
                async with await connect(self.conninfo) as connection:
                    await self._listen(connection)
            except (psycopg.Error, StoreError, TimeoutError) as error:
                self.connected = False
                reason = str(error).strip() or "no answer"
                _log.warning("notifications interrupted", extra={"reason": reason})
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self, connection: Connection) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        self.connected = True
        self.gap()
        while True:
            async for notification in connection.notifies(timeout=CHECK_SECONDS):
                self._take(notification)
            async with asyncio.timeout(CHECK_SECONDS):
                await connection.execute("SELECT 1")

    def _take(self, notification: psycopg.Notify) -> None:
        self.heard += 1
        if not notification.payload:
            self.decided()
            return
        try:
            mark = msgspec.json.decode(notification.payload, type=RoomMark)
        except msgspec.MsgspecError:
            return
        self.mark(mark)
