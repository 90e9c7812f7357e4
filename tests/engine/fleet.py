"""Daemons that share the rooms of one store, and the calls of one account."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from msgspec.structs import replace

from tests.engine.world import Daemon, Records, World, member, roster

DAEMONS = 4
PEOPLE = 12


@dataclass
class Fleet:
    """All daemons, and those that live."""

    world: World
    daemons: list[Daemon]
    alive: list[Daemon]

    def owner(self, room: str) -> Daemon:
        return self.alive[int(room.rpartition("-")[2]) % len(self.alive)]

    def sent(self) -> list[float]:
        """When creates left, by all daemons, in order; nothing else is sent here."""
        return sorted(at for each in self.daemons for at in each.wire.left)

    def most_at_once(self) -> int:
        """How many creates were under way at the far end at a time, at most."""
        flights = [each for x in self.daemons for each in x.wire.flights]
        return max(
            (sum(began <= at < ended for began, ended in flights) for at, _ in flights),
            default=0,
        )

    def share(self) -> None:
        for each in self.alive:
            each.controller.share.owns = self._owns(each)
            each.controller.reshare()

    def _owns(self, daemon: Daemon) -> Callable[[str], bool]:
        return lambda room: self.owner(room) is daemon

    def kill(self, daemon: Daemon) -> None:
        """The process is gone, with all that it has reserved."""
        daemon.ticking = False
        assert daemon.task is not None
        daemon.task.cancel()
        self.alive.remove(daemon)
        self.share()


@asynccontextmanager
async def fleet(
    calls_per_second: float,
    store: Records | None = None,
    concurrency: int | None = None,
) -> AsyncIterator[Fleet]:
    world = World()
    world.store = store or world.store
    daemons = [
        world.daemon(
            name=f"d{n}",
            calls_per_second=calls_per_second,
            shared=True,
            concurrency=concurrency,
        )
        for n in range(DAEMONS)
    ]
    it = Fleet(world, daemons, list(daemons))
    it.share()
    tasks = [await each.__aenter__() for each in daemons]
    try:
        yield it
    finally:
        for each in tasks:
            if each in it.alive:
                await each.end()


async def fill(it: Fleet, rooms: int, people: int = PEOPLE) -> int:
    """Declare rooms whose people are all to be called; how many those are."""
    declared = []
    for number in range(rooms):
        crowd = [
            replace(member(f"p{n}"), to=f"+1555{number:03d}{n:04d}")
            for n in range(people)
        ]
        declared.append(roster(f"room-{number}", *crowd))
    await it.world.declare(*declared)
    return rooms * people
