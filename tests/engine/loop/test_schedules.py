"""A month of schedules in three time zones, over each change of the clocks.

What is expected is computed from the offsets written here, not from zone data.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from reconciler.model.declaration import Declaration, Mode, Presence, ScheduleEntry
from reconciler.model.roster import RoomState, Roster
from reconciler.model.schedule import Period, Recurring, Weekly
from reconciler.play.world.virtual_loop import VirtualLoop
from tests.engine.world import Daemon, Records, World, member
from tests.planning.zones import BERLIN, NEW_YORK, SYDNEY, shown, utc

ROOM = "line"
HOUR = 3600.0
DAILY = tuple(range(7))
SETTLED = 30.0
"""Seconds within which everybody is as declared after a boundary."""

CHANGES = {
    BERLIN: ((0.0, 1), (utc("2026-03-29T02:00"), 2), (utc("2026-10-25T03:00"), 1)),
    NEW_YORK: ((0.0, -5), (utc("2026-03-08T02:00"), -4), (utc("2026-11-01T02:00"), -5)),
    SYDNEY: ((0.0, 11), (utc("2026-04-05T03:00"), 10), (utc("2026-10-04T02:00"), 11)),
}
"""From which local time on clocks are how many hours ahead of UTC."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A window of some weekdays, in local hours; an ``end`` of None: an hour of time."""

    zone: str
    days: tuple[int, ...]
    start: float
    end: float | None

    @property
    def period(self) -> Period:
        if self.end is None:
            start = datetime(2026, 1, 4, tzinfo=UTC) + timedelta(hours=self.start)
            text = start.replace(tzinfo=None).isoformat()
            return Period(Recurring("FREQ=WEEKLY;BYDAY=SU", text, HOUR, self.zone))
        window = Weekly(self.days, int(self.start * 60), int(self.end * 60), self.zone)
        return Period(window)

    def between(self, start: float, end: float) -> list[tuple[float, float]]:
        """The windows that begin on a day from *start* to *end*, in Unix time."""
        first = datetime.fromtimestamp(start, UTC).date() - timedelta(days=2)
        days = [
            first + timedelta(days=n) for n in range(int((end - start) / 86400) + 4)
        ]
        return [self._on(each) for each in days if each.weekday() in self.days]

    def _on(self, day: date) -> tuple[float, float]:
        """Windows begin by the clock of the night, and end by that of the day."""
        midnight = datetime.combine(day, datetime.min.time(), UTC).timestamp()
        start = midnight + (self.start - self._offset(midnight)) * HOUR
        if self.end is None:
            return start, start + HOUR
        return start, midnight + (self.end - self._offset(midnight + 12 * HOUR)) * HOUR

    def _offset(self, local: float) -> int:
        return [ahead for begins, ahead in CHANGES[self.zone] if local >= begins][-1]


NIGHT = Hours(BERLIN, DAILY, 2.5, 5)
OFFICE = Hours(BERLIN, (0, 1, 2, 3, 4), 9, 17)
SUNDAY = Hours(NEW_YORK, (6,), 1.5, None)
BOB = Hours(SYDNEY, DAILY, 2.5, 20)

DECLARATION = Declaration(
    Roster(ROOM, (member("ann", muted=False), member("bob"), member("cara"))),
    modes=(Mode("quiet", (("ann", (("muted", True),)),)),),
    schedule=(
        ScheduleEntry(NIGHT.period, mode="quiet"),
        ScheduleEntry(OFFICE.period),
        ScheduleEntry(SUNDAY.period, state=RoomState.OPEN),
        ScheduleEntry(None, state=RoomState.ENDED),
    ),
    presences=(Presence(("bob",), (BOB.period,)),),
)


@dataclass(frozen=True, slots=True)
class Expected:
    """All windows of a time."""

    night: list[tuple[float, float]]
    open: list[tuple[float, float]]
    bob: list[tuple[float, float]]

    @classmethod
    def of(cls, start: float, end: float) -> "Expected":
        night, office, sunday, bob = (
            each.between(start, end) for each in (NIGHT, OFFICE, SUNDAY, BOB)
        )
        return cls(night, night + office + sunday, bob)

    def boundaries(self, start: float, end: float) -> list[float]:
        """When a window begins or ends."""
        found = {at for window in self.open + self.bob for at in window}
        return sorted(at for at in found if start < at < end)

    def people(self, at: float) -> dict[str | None, bool]:
        """Who is in the room, and whether they are muted."""
        if not _lasts(self.open, at):
            return {}
        there: dict[str | None, bool] = {"ann": _lasts(self.night, at), "cara": False}
        return there | ({"bob": False} if _lasts(self.bob, at) else {})


def _lasts(windows: list[tuple[float, float]], at: float) -> bool:
    return any(begins <= at < ends for begins, ends in windows)


class Clocked(Records):
    """Records when rosters of rooms were made to count."""

    def __init__(self) -> None:
        super().__init__()
        self.advanced: list[float] = []

    async def advance(self, now: float) -> tuple[str, ...]:
        changed = await super().advance(now)
        if changed:
            self.advanced.append(now)
        return changed


class Quiet(Daemon):
    """Wakes once an hour: what is done in time is done by the boundary's timer."""

    def __init__(self, world: World) -> None:
        super().__init__(world, resync=6 * HOUR, pulse=HOUR)

    def _tick(self) -> None:
        if self.ticking:
            self.controller.tick(self.loop.time())
            self.loop.call_later(HOUR, self._tick)


def _people(world: World) -> dict[str | None, bool]:
    return {label: leg.muted for label, leg in world.legs(ROOM).items()}


async def _month(start: float, end: float) -> None:
    world, expected = World(), Expected.of(start, end)
    world.store = store = Clocked()
    await store.load([DECLARATION], folder=None, now=start, cause="test")
    async with Quiet(world):
        for at in expected.boundaries(start, end):
            await asyncio.sleep(at - 1.0 - world.loop.time())
            assert _people(world) == expected.people(at - 1.0), f"before {shown(at)}"
            await asyncio.sleep(1.0 + SETTLED)
            assert _people(world) == expected.people(at), f"after {shown(at)}"
    assert store.advanced == expected.boundaries(start, end)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-01T00:00", "2026-04-07T00:00"),
        ("2026-10-01T00:00", "2026-11-04T00:00"),
    ],
)
def test_a_room_follows_its_schedule_for_a_month_to_the_second(
    start: str, end: str
) -> None:
    loop = VirtualLoop(seed=0, start=utc(start))
    try:
        loop.run_until_complete(_month(utc(start), utc(end)))
    finally:
        loop.end()
