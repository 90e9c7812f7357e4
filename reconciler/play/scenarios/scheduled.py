"""Schedules, modes by schedule and hand-overs, added to a scenario.

Seeds from ``SCHEDULED`` to ``SWARM`` have them. Every other
one of them runs over a change of the clocks, in one of three time zones.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from reconciler.model.declaration import Presence, ScheduleEntry
from reconciler.model.roster import Replacement, RoomState, Roster
from reconciler.model.schedule import Once, Period, Recurring, Weekly, Window
from reconciler.play.scenarios.editor import LABELS
from reconciler.play.scenarios.overruled import MODES
from reconciler.play.scenarios.scenario import (
    START,
    Declare,
    Happening,
    Jump,
    Save,
    Scenario,
    Timetable,
)

SCHEDULED = 1_000_000
"""The first seed with schedules."""

SWARM = 2_000_000
"""The first seed of ``swarm``, which are without schedules."""

DAILY = tuple(range(7))
DAY = 86_400.0

CHANGES = (
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Sydney", "2026-04-04T16:00"),
    ("Australia/Sydney", "2026-10-03T16:00"),
)
"""When clocks change, in UTC."""


def scheduled(scenario: Scenario) -> Scenario:
    """The scenario with schedules, or as it is.

    Clocks of hosts are right: machines that disagree on the time disagree on when a
    window begins.
    """
    if not SCHEDULED <= scenario.seed < SWARM:
        return scenario
    drawer = _Drawer(scenario)
    return replace(
        scenario,
        steps=tuple(drawer.steps()),
        modes=MODES,
        timetables={room: drawer.timetable(room) for room in scenario.rooms},
        start=drawer.start,
    )


class _HandOver(Struct, frozen=True):
    """At ``after`` seconds ``new`` takes over from ``old``."""

    old: str
    new: str
    after: float
    terms: Replacement


class _Drawer:
    def __init__(self, scenario: Scenario) -> None:
        self.of = scenario
        self.chance = random.Random(f"scheduled {scenario.seed}")  # noqa: S311 - repeatable on purpose
        self.zone, self.boundary, self.start = self._when()
        self.handovers = {room: self._hand_over() for room in scenario.rooms}

    def _when(self) -> tuple[str, float, float]:
        """A time zone, a whole minute within the run, and when the run begins."""
        zone, change = self.chance.choice(CHANGES)
        boundary = datetime.fromisoformat(change).replace(tzinfo=UTC).timestamp()
        if self.of.seed % 2:
            boundary = START // 60 * 60
        return zone, boundary, boundary - round(self._moment(), 3)

    def _moment(self) -> float:
        return self.chance.uniform(4.0, self.of.horizon)

    def _hand_over(self) -> _HandOver | None:
        if self.chance.random() < 0.4:
            return None
        old, new = self.chance.sample(LABELS, 2)
        deadline = self.chance.choice((None, None, 6.0))
        terms = Replacement(old, self.chance.choice((0.0, 2.0, 5.0)), deadline)
        return _HandOver(old, new, self._moment(), terms)

    def steps(self) -> Iterator[tuple[float, Happening]]:
        """The steps, with who takes over from whom; no clock is wrong."""
        for at, step in self.of.steps:
            if isinstance(step, Declare):
                yield at, Declare(self._with(step.roster))
            elif isinstance(step, Save):
                yield at, replace(step, rosters=tuple(map(self._with, step.rosters)))
            elif not isinstance(step, Jump):
                yield at, step

    def _with(self, roster: Roster) -> Roster:
        over = self.handovers.get(roster.room)
        if over is None or roster.member(over.old) is None:
            return roster
        members = tuple(
            replace(member, replaces=over.terms) if member.label == over.new else member
            for member in roster.members
        )
        return replace(roster, members=members)

    def timetable(self, room: str) -> Timetable:
        """What the room declares over time."""
        count = self.chance.choice((0, 1, 1, 2, 3))
        entries = [self._entry(Period(self._window())) for _ in range(count)]
        if entries and self.chance.random() < 0.3:
            entries.append(self._entry(None))
        return Timetable(tuple(entries), tuple(self._presences(room)))

    def _entry(self, period: Period | None) -> ScheduleEntry:
        names = (None, "normal", *(mode.name for mode in MODES))
        ended = self.chance.random() < 0.12
        return ScheduleEntry(
            period,
            self.chance.choice(names),
            RoomState.ENDED if ended else self.chance.choice((None, RoomState.OPEN)),
        )

    def _presences(self, room: str) -> Iterator[Presence]:
        over = self.handovers[room]
        taken = set[str]()
        if over is not None:
            at = self.start + over.after
            taken = {over.old, over.new}
            yield Presence((over.old,), (Period(Once(at - DAY, at)),))
            yield Presence((over.new,), (Period(Once(at, at + DAY)),))
        for label in LABELS:
            if label not in taken and self.chance.random() < 0.15:
                yield Presence((label,), (Period(self._window()),))

    def _window(self) -> Window:
        """One that begins or ends within the run."""
        kind = self.chance.choice(("once", "weekly", "weekly", "recurring"))
        at = self.start + self._moment()
        lasts = round(self.chance.uniform(2.0, 30.0), 3)
        if kind == "once":
            return Once(at, at + lasts)
        if kind == "recurring":
            local = self._local(at).replace(microsecond=0)
            text = local.replace(tzinfo=None).isoformat()
            return Recurring("FREQ=DAILY", text, lasts, self.zone)
        minute = self._minute(self.boundary)
        other = (minute + self.chance.choice((-90, 1, 45))) % 1440
        minutes = (minute, other) if self.chance.random() < 0.5 else (other, minute)
        return Weekly(DAILY, *minutes, self.zone)

    def _local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, ZoneInfo(self.zone))

    def _minute(self, at: float) -> int:
        """What a clock shows at an instant, or would without the change."""
        before = self._local(at - 60) + timedelta(minutes=self.chance.choice((0, 1)))
        return before.hour * 60 + before.minute
