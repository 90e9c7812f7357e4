"""Files that are saved while a daemon runs."""

import asyncio

from reconciler.model.declaration import Declaration
from reconciler.model.load_result import FileReport
from reconciler.model.roster import Roster
from tests.engine.world import World

QUIET_SECONDS = 3.0
READING: set[asyncio.Task[None]] = set()


async def save(
    world: World, roster: Roster | Declaration, *, reread: bool = True
) -> None:
    """A file that was written just now, and is read again when it is quiet.

    A save that follows sooner takes its place. Without *reread* nobody reads it again.
    """
    now, room = world.loop.time(), roster.room
    young = FileReport(quiet_at={room: now + QUIET_SECONDS})
    await world.store.load([roster], folder=None, now=now, cause="file", report=young)
    world.store.decide_on(room, "file")

    async def again() -> None:
        await asyncio.sleep(QUIET_SECONDS + 0.1)
        if world.store.tables.rosters[room].quiet_at == now + QUIET_SECONDS:
            await world.declare(roster)
            world.store.decide_on(room, "file")

    if reread:
        READING.add(asyncio.create_task(again()))
