"""A look that found something is acted on, unless somebody else had the room since."""

import asyncio
from collections.abc import Sequence

from reconciler.engine.desired_room import Desired
from reconciler.engine.loop.work_queue import Priority
from reconciler.engine.ports import NO_FIRST_NOTES, NO_NOTES, FirstNotes, Lease, Notes
from reconciler.model.ledger import Ledger
from tests.engine.world import Daemon, Records, World, member, roster, run

ROOM = "support-line"


class Overtaken(Records):
    """A store in which another process holds the room right after each read."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0

    async def read(
        self, rooms: Sequence[str], now: float
    ) -> dict[str, tuple[Desired | None, Ledger]]:
        found = await super().read(rooms, now)
        if self.times and ROOM in rooms:
            self.times -= 1
            other: Lease = await super().acquire(ROOM, "somebody else", now, 30.0)
            await super().release(other)
        return found


def _reads(daemon: Daemon) -> int:
    return sum(
        method == "GET" and path.endswith("Participants.json")
        for _, method, path in daemon.wire.requests
    )


async def _repair(world: World, daemon: Daemon) -> int:
    """Reads of the room until somebody's mute is undone."""
    before = _reads(daemon)
    world.mute(ROOM, "ann", muted=True)
    daemon.controller.mark(ROOM, Priority.WEBHOOK)
    while not daemon.wire.writes() or world.legs(ROOM)["ann"].muted:  # noqa: ASYNC110 - virtual time
        await asyncio.sleep(0.001)
    return _reads(daemon) - before


def test_one_look_is_enough_when_nobody_had_the_room_since() -> None:
    async def story() -> None:
        world = World()
        await world.declare(roster(ROOM, member("ann", muted=False)))
        async with world.daemon(resync=3600.0) as daemon:
            await asyncio.sleep(120)
            assert await _repair(world, daemon) == 1

    run(story)


def test_a_look_is_made_anew_when_somebody_had_the_room_since() -> None:
    async def story() -> None:
        world = World()
        store = world.store = Overtaken()
        await world.declare(roster(ROOM, member("ann", muted=False)))
        async with world.daemon(resync=3600.0) as daemon:
            await asyncio.sleep(120)
            store.times = 1
            assert await _repair(world, daemon) == 2

    run(story)


class Counting(Records):
    """Counts the transactions that write."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    async def acquire(
        self,
        room: str,
        owner: str,
        now: float,
        ttl: float,
        first: FirstNotes = NO_FIRST_NOTES,
    ) -> Lease:
        self.written.append("acquire" if first.notes.empty else "acquire, note")
        return await super().acquire(room, owner, now, ttl, first)

    async def note(self, lease: Lease, notes: Notes, now: float) -> None:
        self.written.append("note")
        await super().note(lease, notes, now)

    async def release(
        self, lease: Lease, notes: Notes = NO_NOTES, now: float = 0.0
    ) -> None:
        self.written.append("release" if notes.empty else "release, note")
        await super().release(lease, notes, now)


def test_a_correction_is_three_transactions() -> None:
    """The intent comes with the lease; what the listing confirms gives it back.

    The last note is the one that the release makes within its transaction.
    """

    async def story() -> None:
        world = World()
        store = Counting()
        world.store = store
        await world.declare(roster(ROOM, member("ann", muted=False)))
        async with world.daemon(resync=3600.0) as daemon:
            await asyncio.sleep(120)
            store.written.clear()
            await _repair(world, daemon)
            await asyncio.sleep(20)
        kinds = [each.kind for each in await store.events(ROOM, limit=9)]
        assert kinds[-2:] == ["change.planned", "change.done"]
        assert store.written == [
            "acquire, note",
            "note",
            "release, note",
            "note",
        ]

    run(story)
