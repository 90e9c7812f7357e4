"""How often each room is looked at without being asked, and whether that can be met."""

import zlib
from dataclasses import dataclass, field
from math import ceil

CHANGING = 5.0
"""Seconds between looks at a room in which something happened lately."""

LATELY = 60.0
"""Seconds for which a room counts as changing."""

WITH_WEBHOOKS = 4.0
"""How much slower quiet rooms are looked at when Twilio tells of changes."""

AT_REST = 10.0
"""How much slower rooms are looked at that are not ours to converge."""

SPREAD = 0.1
"""Part of a period by which rooms are looked at sooner or later than others."""

USABLE = 0.8
"""Part of what can be done at most that may be planned for."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Looks a second: ``needed`` by all periods, ``possible`` at the present speed."""

    rooms: int
    period: float
    needed: float
    possible: float

    @property
    def met(self) -> bool:
        """Whether the periods can be kept."""
        return self.needed <= self.possible

    @property
    def warning(self) -> str:
        """What to tell an operator, "" while the periods can be kept."""
        if self.met:
            return ""
        can = ceil(self.period * self.needed / self.possible)
        return (
            f"{self.rooms} rooms every {self.period:.0f} s need {self.needed:.1f} "
            f"looks a second; {self.possible:.1f} are possible: "
            f"use a resync of {can} s or more"
        )


@dataclass(slots=True)
class _Beat:
    """One room's; ``share`` is from 0 up to 1, its own in every process."""

    due: float
    share: float
    moved_at: float = float("-inf")
    managed: bool = True


@dataclass(slots=True)
class Rhythm:
    """The resyncs of all rooms. Times are seconds on a clock that never goes back.

    ``resync`` is the period of a quiet room, ``looks_per_second`` what the
    request budget allows.
    """

    resync: float = 30.0
    webhooks: bool = False
    looks_per_second: float = float("inf")
    _beats: dict[str, _Beat] = field(default_factory=dict)
    _seconds: float = 0.0

    @property
    def quiet(self) -> float:
        """The period of a quiet room, in seconds."""
        return self.resync * (WITH_WEBHOOKS if self.webhooks else 1.0)

    def rooms(self) -> tuple[str, ...]:
        """All rooms that were met."""
        return tuple(self._beats)

    def knows(self, room: str) -> bool:
        """Whether the room was met before."""
        return room in self._beats

    def meet(self, room: str, now: float) -> None:
        """A new room: its first resync is somewhere within the first period."""
        if room not in self._beats:
            share = _share(room)
            self._beats[room] = _Beat(now + self.quiet * share, share)

    def looked(
        self, room: str, now: float, seconds: float, *, moved: bool, managed: bool
    ) -> None:
        """A look took *seconds*; *moved* says that something happened there."""
        beat = self._beat(room, now)
        beat.managed = managed
        if moved:
            beat.moved_at = now
        beat.due = now + self._period(beat, now)
        self._seconds += (seconds - self._seconds) * 0.1 if self._seconds else seconds

    def period(self, room: str, now: float) -> float:
        """Seconds from one look at *room* to the next, its own spread included."""
        return self._period(self._beats[room], now)

    def _period(self, beat: _Beat, now: float) -> float:
        if now - beat.moved_at < LATELY:
            return min(CHANGING, self.resync)
        slower = 1.0 if beat.managed else AT_REST
        return self.quiet * slower * (1.0 - SPREAD + 2.0 * SPREAD * beat.share)

    def _beat(self, room: str, due: float) -> _Beat:
        known = self._beats.get(room)
        if known is None:
            known = self._beats[room] = _Beat(due, _share(room))
        return known

    def put_off(self, room: str, until: float) -> None:
        """No resync of *room* before *until*: it is backing off."""
        beat = self._beat(room, until)
        beat.due = max(beat.due, until)

    def due(self, now: float) -> tuple[str, ...]:
        """Rooms whose resync is due; each is told once a period."""
        rooms = [room for room, beat in self._beats.items() if beat.due <= now]
        for room in rooms:
            beat = self._beats[room]
            beat.due = now + self._period(beat, now)
        return tuple(rooms)

    def capacity(self, now: float, workers: int) -> Capacity:
        """What the rooms need and what *workers* can do."""
        needed = sum(1.0 / self.period(room, now) for room in self._beats)
        speed = workers / self._seconds if self._seconds else float("inf")
        possible = USABLE * min(speed, self.looks_per_second)
        return Capacity(len(self._beats), self.quiet, needed, possible)


def _share(room: str) -> float:
    """A number from 0 up to 1 that is the room's own in every process."""
    return zlib.crc32(room.encode()) / 2**32
