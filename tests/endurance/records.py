"""A process's way to its database, which can be away for a while."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from reconciler.engine.desired_room import Desired
from reconciler.engine.limits.call_permits import PermitRequest
from reconciler.engine.limits.call_slots import Reservation
from reconciler.model.errors import StoreError
from reconciler.play.world.act import Knowledge, ShownSurvey
from reconciler.play.world.process_store import ProcessStore
from reconciler.play.world.shared_store import Shared
from reconciler.play.world.virtual_loop import Process
from reconciler.play.world.world import World
from reconciler.store.queries.marks import Mark


class Books(Shared, Protocol):
    """The shared store with all that a daemon and a person use."""

    async def last_mark(self) -> int:
        """The id of the newest mark, 0 if there is none."""
        ...

    async def marks_since(self, last: int) -> tuple[Mark, ...]:
        """The marks after the one whose id is *last*, oldest first."""
        ...

    async def prune(self, before: float, at_most: int) -> int:
        """Let old rows go; how many went."""
        ...

    async def reserve_calls(self, calls: int, gap: float, now: float) -> Reservation:
        """Reserve times for calls of the account."""
        ...

    async def claim_permits(
        self, owner: str, request: PermitRequest, permits: int, now: float
    ) -> int:
        """How many of the account's permits are the owner's."""
        ...

    async def sizes(self) -> Mapping[str, int]:
        """Rows by table."""
        ...


class Outage:
    """Whether the database is away."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.over.set()

    def check(self) -> None:
        if not self.over.is_set():
            raise StoreError("The database is away.")


class Records(ProcessStore):
    """The store of one process. ``surveys`` is what it was shown, by room."""

    def __init__(
        self,
        world: World,
        process: Process,
        books: Books,
        outage: Outage,
        surveys: Mapping[str, ShownSurvey],
    ) -> None:
        super().__init__(world, process, books)
        self._books = books
        self._outage = outage
        self._surveys = surveys

    async def rooms(self) -> tuple[str, ...]:
        await self._pause()
        return await self._books.rooms()

    async def last_mark(self) -> int:
        await self._pause()
        return await self._books.last_mark()

    async def marks_since(self, last: int) -> tuple[Mark, ...]:
        await self._pause()
        return await self._books.marks_since(last)

    async def prune(self, before: float, at_most: int) -> int:
        await self._pause()
        return await self._books.prune(before, at_most)

    async def _pause(self) -> None:
        self._outage.check()
        await super()._pause()
        self._outage.check()

    def _read(self, room: str, found: Desired | None) -> None:
        """From here on the process knows this roster, and its last survey."""
        if found is None:
            return
        journal, now = self._world.journal, self._world.now
        declared = journal.roster(room, now)
        same = declared is not None and declared == found.roster
        journal.learn(
            Knowledge(
                process=self._process,
                room=room,
                roster=declared if same and declared else found.roster,
                at=now,
                survey=self._surveys.get(room, ShownSurvey()),
            )
        )
