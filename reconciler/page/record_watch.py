"""Rooms that other processes observe: told of by what these put on record."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final

from msgspec import Struct, field

from reconciler.engine.ports import Clock
from reconciler.model.errors import StoreError
from reconciler.model.watermark import Watermark
from reconciler.page.latest_evaluations import LatestEvaluations
from reconciler.store.store import SqlStore

POLL_SECONDS: Final = 1.0
"""Seconds between two reads, while somebody has a page open."""

OVERLAP_SECONDS: Final = 30.0
"""Seconds by which the clocks of processes may differ."""


class RecordWatch(Struct):
    """Says which of the rooms ``elsewhere`` were decided about or observed.

    Decisions and rosters are in the change feed, observations and checks are compared
    with those that were read before.
    """

    store: SqlStore
    latest: LatestEvaluations
    clock: Clock
    elsewhere: Callable[[], Collection[str]]
    _watermark: Watermark | None = None
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    async def run(self) -> None:
        """Read until cancelled; a database that is away is read later."""
        while True:
            with suppress(StoreError):
                await self.poll()
            await asyncio.sleep(POLL_SECONDS)

    async def poll(self) -> None:
        """Tell of what was put on record since the last poll, of all after a break."""
        rooms = frozenset(self.elsewhere())
        self.latest.forget(rooms)
        if not rooms or not self.latest.subscribers:
            self._watermark, self._known = None, {}
            return
        first = self._watermark is None
        changes = await self.store.changes(self._watermark)
        began = 0.0 if first else self.clock() - OVERLAP_SECONDS
        records = await self.store.recorded_since(began)
        observed = {room for (room, _), _ in records.items() - self._known.items()}
        self._known |= records
        self._watermark = changes.watermark
        told = rooms if first else rooms & (changes.rooms.keys() | observed)
        for room in told:
            self.latest.tell(room)
