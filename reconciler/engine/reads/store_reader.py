"""Batched reads of rooms from the store."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.engine.desired_room import Desired
from reconciler.engine.ports import Clock, Store
from reconciler.engine.reads.coalesce import Coalescer
from reconciler.model.ledger import Ledger

Row: TypeAlias = tuple[Desired | None, Ledger]

BATCH_READ_SECONDS = 5.0
"""Seconds after which rooms that are read together are read one by one."""


@dataclass(slots=True)
class BatchReader:
    """Reads rooms together. One that cannot be read holds up no other for long.

    ``clock`` gives Unix seconds.
    """

    store: Store
    clock: Clock
    _shared: "Coalescer[Mapping[str, Row]]" = field(init=False)

    def __post_init__(self) -> None:
        self._shared = Coalescer(self._together)

    async def of(self, room: str) -> Row:
        """The room's desired state and ledger, read now or later; StoreError."""
        found = (await self._shared.of((room,))).get(room)
        return await self._alone(room) if found is None else found

    async def current(self, room: str) -> Row:
        """As ``of``, once what counts by now is stored."""
        desired, ledger = await self.of(room)
        if desired is None or not desired.due(self.clock()):
            return desired, ledger
        await self.store.advance(self.clock())
        return await self.of(room)

    async def close(self) -> None:
        await self._shared.close()

    async def _together(self, rooms: Collection[str]) -> Mapping[str, Row]:
        """Empty if that went wrong: whoever asked then reads alone."""
        if len(rooms) == 1:
            return {}
        try:
            async with asyncio.timeout(BATCH_READ_SECONDS):
                return await self.store.read(tuple(rooms), self.clock())
        except Exception:  # noqa: BLE001 - each is told by a read of its own
            return {}

    async def _alone(self, room: str) -> Row:
        return (await self.store.read((room,), self.clock()))[room]
