"""The product, as ``reconciler daemon`` builds and runs it, measured from inside."""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile

import psutil
from sqlalchemy import event

from benchmarks.sampling import Sampler, write_allocations
from benchmarks.seed import database_url, folder
from benchmarks.worker import (
    AsyncCommand,
    Result,
    Stopwatch,
    obey_async,
    peak_memory,
)
from benchmarks.world import sid
from reconciler.bootstrap import settings
from reconciler.bootstrap.daemon import build
from reconciler.bootstrap.daemon_options import DaemonOptions
from reconciler.bootstrap.event_loop import run
from reconciler.bootstrap.service import Daemon
from reconciler.engine.loop.observer import NullObserver, RunOutcome
from reconciler.engine.loop.resync_schedule import SPREAD_FRACTION
from reconciler.engine.loop.work_queue import Priority
from reconciler.telemetry.logs import logging_to

NEVER = 1e6
"""Seconds between two resyncs: they are asked for instead."""

LATEST = 2.0
"""Seconds from when a room is due until its check is over, at most, if all goes well."""

LONGEST = 120.0
"""Seconds after which a sweep is taken as far as it has come."""


@dataclass(slots=True)
class Visits(NullObserver):
    """Counts the rooms whose runs ended, each once a sweep.

    Twilio tells of every room: coaches cost no looks beside those asked for.
    """

    heard: Callable[[str, str], None]
    wanted: int = 0
    rooms: set[str] = field(default_factory=set)
    endings: dict[str, int] = field(default_factory=dict)
    all: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, wanted: int) -> None:
        """Wait for so many rooms."""
        self.wanted = wanted
        self.rooms.clear()
        self.endings.clear()
        self.all.clear()

    def on_new_room(self, room: str, at: float) -> None:  # noqa: ARG002 - ControllerObserver
        """A new one: the first event of its conference comes."""
        self.heard(room, sid("CF", room))

    def on_unchanged(self, room: str, at: float) -> None:  # noqa: ARG002 - ControllerObserver
        """One that needed no whole look."""
        self.on_run_ended(room, RunOutcome.UNCHANGED, 0.0)

    def on_run_ended(self, room: str, outcome: RunOutcome, seconds: float) -> None:  # noqa: ARG002 - ControllerObserver
        """One more."""
        self.rooms.add(room)
        self.endings[str(outcome)] = self.endings.get(str(outcome), 0) + 1
        if len(self.rooms) >= self.wanted:
            self.all.set()


@dataclass(eq=False)
class Counted:
    """Transactions of an engine that were committed."""

    times: int = 0

    def __call__(self, _: object) -> None:
        """One more."""
        self.times += 1


@dataclass(slots=True)
class Product:
    """A daemon that runs, and what may be asked of it."""

    daemon: Daemon
    visits: Visits
    lines: list[str]
    written: "Counted"

    async def warm(self, rooms: int) -> bool:
        """Whether every room was read once, within the time for it."""
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST
        while loop.time() < until:
            if self.daemon.controller.warm and len(self.visits.rooms) >= rooms:
                return True
            await asyncio.sleep(0.1)
        return False

    async def sweep(self, within: float = LONGEST) -> Result:
        """Mark every room as a resync does; over when all were visited again.

        The survey of conferences is as old by then as it is after a period.
        """
        rooms = len(self.daemon.controller.all[0].resync_schedule.rooms())
        self.visits.begin(rooms)
        self.daemon.controller.all[0]._conference_cache._swept_at = float("-inf")  # noqa: SLF001
        watch = Stopwatch()
        self.daemon.controller.mark_all(Priority.RESYNC)
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self.visits.all.wait()
        seen = len(self.visits.rooms)
        return watch.result(seen, whole=seen == rooms, endings=self.visits.endings)

    async def rooms(self) -> Result:
        """How many rooms are this daemon's, and how many of them it has read."""
        held = self.daemon.controller.all[0].resync_schedule.rooms()
        read = sum(room in self.visits.rooms for room in held)
        return {"rooms": len(held), "read": read, "endings": self.visits.endings}

    async def pace(self, seconds: float | None) -> Result:
        """Have each room checked within so many *seconds*, by itself; None stops that.

        Events of its conference came, the last of them long ago.
        """
        schedule = self.daemon.controller.all[0].resync_schedule
        most = NEVER if seconds is None else seconds - LATEST
        schedule.resync, now = most / (1.0 + SPREAD_FRACTION), time.monotonic()
        for room, entry in schedule._entries.items():  # noqa: SLF001
            entry.heard = {sid("CF", room): float("-inf")}
            entry.due = now + schedule.resync * entry.share
        return {}

    async def idle(self, seconds: float) -> Result:
        """What the process costs while nothing is asked of it."""
        watch = Stopwatch()
        await asyncio.sleep(seconds)
        return watch.result(0)

    async def spent(self) -> Result:
        """CPU seconds of the process so far."""
        return {"cpu": time.process_time()}

    async def memory(self) -> Result:
        """Resident memory in MB, now and at its most."""
        now = psutil.Process().memory_info().rss / 2**20
        return {"resident": now, "peak": peak_memory()}

    async def transactions(self) -> Result:
        """How many transactions were begun to write."""
        return {"written": self.written.times}

    async def sampled(self, path: str, sweeps: int = 0, more: float = 0.0) -> Result:
        """Sweeps and *more* seconds that are sampled; the figures go to *path*."""
        sampler, watch = Sampler(), Stopwatch()
        with sampler.running():
            for _ in range(sweeps):
                await self.sweep()
            await asyncio.sleep(more)
        sampler.write(Path(path))
        return watch.result(sweeps * self.visits.wanted)

    async def allocated(self, path: str) -> Result:
        """Which lines' memory is held, if tracemalloc traces it; goes to *path*."""
        write_allocations(Path(path))
        return await self.memory()


@asynccontextmanager
async def product(
    home: Path,
    database: str,
    public: str | None,
    listen: str = "127.0.0.1:0",
    *,
    scale: bool = False,
    page: bool = False,
) -> AsyncIterator[Product]:
    """A daemon over the files in *home* and a database, running."""
    of = settings(database_url=database)
    lines: list[str] = []
    course = DaemonOptions(
        folder=folder(home),
        resync=NEVER,
        admin="127.0.0.1:0",
        listen=listen,
        public=public,
        quiet_seconds=of.quiet_seconds,
        scale=scale,
        page="127.0.0.1:0" if page else None,
    )
    async with build(of, course, lines.append) as daemon:
        visits = Visits(daemon.controller.heard)
        watches = daemon.controller.all[0].observer
        watches.__init__((*watches.all, visits))  # type: ignore[misc,attr-defined]
        written = Counted()
        event.listen(daemon.store.database._writing, "commit", written)  # noqa: SLF001
        running = asyncio.create_task(daemon.run())
        try:
            yield Product(daemon, visits, lines, written)
        finally:
            daemon.stop.set()
            await running


async def serve() -> None:
    """Run and obey until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("rooms", type=int)
    parser.add_argument("--database", help="its URL; without, the one in HOME")
    parser.add_argument("--public")
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--page", action="store_true")
    given = parser.parse_args()
    home: Path = given.home
    place = given.database or database_url(home)
    with TemporaryFile("w") as log, logging_to(log, secrets=()):
        daemon = product(home, place, given.public, scale=given.scale, page=given.page)
        await _served(daemon, given.rooms)


async def _served(daemon: AbstractAsyncContextManager[Product], rooms: int) -> None:
    async with daemon as it:
        warm = await it.warm(rooms)
        commands: dict[str, AsyncCommand] = {
            "sweep": it.sweep,
            "memory": it.memory,
            "rooms": it.rooms,
            "pace": it.pace,
            "idle": it.idle,
            "spent": it.spent,
            "sampled": it.sampled,
            "allocated": it.allocated,
            "transactions": it.transactions,
        }
        read = dict(it.visits.endings)
        await obey_async(commands, {"warm": warm, "lines": it.lines, "endings": read})


if __name__ == "__main__":
    run(serve())
