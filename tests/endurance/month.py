"""A month of a few rooms in which little happens: what grows, grows for ever.

Each day somebody hangs up in one of the rooms and is asked for again, somebody
is muted by hand, a stranger comes and goes, and a roster is edited. One daemon
lives through all of it, since a restart would hide what grows. The exchange
forgets what is over, as Twilio's memory is not ours.
"""

import asyncio
import gc
import sys
import time
import tracemalloc
from collections.abc import Mapping
from dataclasses import dataclass
from functools import _lru_cache_wrapper

from msgspec.structs import replace

from reconciler.engine.room.evaluation import RoomPhase
from reconciler.model.roster import Member, Roster
from reconciler.play.scenarios.scenario import (
    START,
    Declare,
    Meddle,
    PhoneDialsIn,
    PhoneHangsUp,
    RedialOrder,
    Scenario,
)
from reconciler.play.world.run_journal import Violation
from reconciler.play.world.world import make_world
from reconciler.simulator.exchange.behavior import Switches
from tests.endurance.daemon import Course
from tests.endurance.day import Author
from tests.endurance.forget import forget_the_gone
from tests.endurance.loop import LongLoop
from tests.endurance.records import Books
from tests.endurance.run import Day

DAY = 86_400.0
ROOMS = ("line", "court", "bridge")
COURSE = Course(True, resync=900.0, pulse=120.0, tick=120.0)
"""Slower than a daemon's own pace: a month has to fit into less than a minute."""

WARM = 7
"""Days after which nothing may grow any more."""

GROWTH = 8_000.0
"""Bytes a day by which memories may fill that are bounded, but larger than a month:
messages that a repeated webhook is known by, and the rooms of calls."""

OBJECT_GROWTH = 80.0
"""The same in objects, of 100 bytes on average."""


@dataclass(frozen=True, slots=True)
class Evening:
    """What there is at the end of a day: objects, their traced bytes, rows by table.

    ``objects`` are those of at most 512 bytes: whatever is kept has some of them.
    """

    objects: int
    bytes: int
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Month:
    evenings: tuple[Evening, ...]
    violations: tuple[Violation, ...]
    looks: int
    writes: int
    seconds: float
    warm: int

    @property
    def growth(self) -> float:
        """Bytes by which memory grew a day, once warm."""
        return (self.evenings[-1].bytes - self._warm.bytes) / self._days

    @property
    def object_growth(self) -> float:
        """Objects by which memory grew a day, once warm."""
        return (self.evenings[-1].objects - self._warm.objects) / self._days

    @property
    def _days(self) -> int:
        return len(self.evenings) - 1 - self.warm

    @property
    def _warm(self) -> Evening:
        return self.evenings[self.warm]

    @property
    def grown_rows(self) -> Mapping[str, tuple[int, int]]:
        """Tables that hold more at the end than they ever held in warm days before."""
        warm, end = self.evenings[self.warm - 3 : self.warm + 1], self.evenings[-1].rows
        most = {name: max(each.rows[name] for each in warm) for name in end}
        return {
            name: (most[name], rows) for name, rows in end.items() if rows > most[name]
        }


def live_month(
    days: int,
    books: Books,
    course: Course = COURSE,
    *,
    traced: bool = True,
    warm: int = WARM,
) -> Month:
    """Live through so many days; the store must be empty.

    Unless *traced*, bytes count as nothing: to trace them takes most of the time.
    """
    began = time.perf_counter()
    loop = LongLoop(0, START)
    asyncio.set_event_loop(None)
    scenario = Scenario(0, ROOMS, (), {}, Switches(), pace=50.0)
    world = make_world(scenario, loop, books)
    day = Day(world, Author(0, ROOMS), books, course, lines=200)
    if traced:
        tracemalloc.start(1)
    try:
        evenings = loop.run_until_complete(_live(day, days, loop))
    finally:
        tracemalloc.stop()
        loop.end()
    return Month(
        tuple(evenings),
        tuple(world.journal.violations),
        day.tally.looks.total(),
        day.figures.writes,
        time.perf_counter() - began,
        warm,
    )


def _roster(room: str, number: int) -> Roster:
    place = ROOMS.index(room)
    members = [
        Member(name, f"+1555300{place}{i:03d}", "+15005550006", muted=False)
        for i, name in enumerate(("ann", "bob", "cara"))
    ]
    members.append(replace(members[0], label="sup", to=f"+1555300{place}009"))
    members[-1] = replace(members[-1], muted=None, coaching="ann")
    odd = replace(members[1], muted=number % 2 == 1)
    return Roster(room, (members[0], odd, *members[2:]))


async def _live(day: Day, days: int, loop: LongLoop) -> list[Evening]:
    for room in ROOMS:
        await day.declare(Declare(_roster(room, 0)))
    day.daemon.start()
    pump = asyncio.create_task(day.pump(60.0))
    evenings = []
    for number in range(days):
        await _one(day, number, START + number * DAY)
        day.count()
        forget_the_gone(day.world, day.world.now - DAY)
        loop.let_go()
        _empty_bounded_caches()
        gc.collect()
        rows = await day.books.sizes()
        traced = tracemalloc.get_traced_memory()[0]
        evenings.append(Evening(sys.getallocatedblocks(), traced, rows))
    pump.cancel()
    await day.stop()
    return evenings


def _empty_bounded_caches() -> None:
    """Those of functions fill for longer than a month, and never beyond their size.

    What earlier tests left in them would decide how much they grow here.
    """
    ours = [x for name, x in sys.modules.items() if name.startswith("reconciler.")]
    for each in (x for module in ours for x in vars(module).values()):
        cached = isinstance(each, _lru_cache_wrapper)
        if cached and each.cache_parameters()["maxsize"] is not None:
            each.cache_clear()


async def _one(day: Day, number: int, began: float) -> None:
    """A day: one of the rooms has its little events."""
    room, place = ROOMS[number % len(ROOMS)], number % len(ROOMS)
    await day.until(began + 9 * 3600.0)
    await day.declare(Declare(_roster(room, number)))
    await asyncio.sleep(300.0)
    day.hand.live_through(Meddle(f"+1555300{place}000", _MUTED))
    day.hand.live_through(PhoneDialsIn(room, "+15559990001"))
    await asyncio.sleep(300.0)
    day.hand.live_through(PhoneHangsUp("+15559990001"))
    day.hand.live_through(PhoneHangsUp(f"+1555300{place}002"))
    await asyncio.sleep(3600.0)
    await day.hand.happen(RedialOrder(room, "cara"))
    await day.until(began + DAY)
    for each, made in day.daemon.witness.last.items():
        if made.state is not RoomPhase.CONVERGED:
            what = f"{each} is {made.state} after day {number}"
            day.world.journal.blame("rest", day.world.now, what)


_MUTED = {"Muted": "true"}
