"""How often each room is looked at without being asked, and whether that can be met."""

import zlib
from dataclasses import dataclass, field
from math import ceil

CHANGING = 5.0
"""Seconds between looks at a room in which something happened lately."""

UNCOVERED = 2.0
"""Seconds between looks at a room with a coach of whose events nobody may tell."""

LATELY = 60.0
"""Seconds for which a room counts as changing."""

WITH_WEBHOOKS = 4.0
"""How much slower quiet rooms are looked at of which Twilio tells us."""

HEARD_SECONDS = 3600.0
"""Seconds for which Twilio counts as telling of a room after a webhook about it.

Nobody may have asked for them: phones that were rung without a public URL, or
with callbacks of their own, make a room that is never told of.
"""

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
    heard_at: float = float("-inf")
    uncovered: bool = False
    managed: bool = True


@dataclass(slots=True)
class Rhythm:
    """The resyncs of all rooms. Times are seconds on a clock that never goes back.

    ``resync`` is the period of a quiet room of which Twilio does not tell us,
    ``looks_per_second`` what the request budget allows.
    """

    resync: float = 30.0
    looks_per_second: float = float("inf")
    _beats: dict[str, _Beat] = field(default_factory=dict)
    _seconds: float = 0.0

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
            self._beats[room] = _Beat(now + self.resync * share, share)

    def heard(self, room: str, now: float) -> None:
        """A webhook told of the room."""
        if room in self._beats:
            self._beats[room].heard_at = now

    def unheard(self, room: str) -> None:
        """The room has another conference: nobody told of this one yet."""
        if room in self._beats:
            self._beats[room].heard_at = float("-inf")

    def looked(
        self,
        room: str,
        now: float,
        seconds: float,
        *,
        moved: bool,
        managed: bool,
        uncovered: bool | None = None,
    ) -> None:
        """A look took *seconds*; *moved* says that something happened there.

        *uncovered* says that somebody coaches in the room and that its events may
        go to somebody else; None leaves that as it was.
        """
        beat = self._beat(room, now)
        beat.managed = managed
        if uncovered is not None:
            beat.uncovered = uncovered
        if moved:
            beat.moved_at = now
        beat.due = now + self._period(beat, now)
        self._seconds += (seconds - self._seconds) * 0.1 if self._seconds else seconds

    def period(self, room: str, now: float) -> float:
        """Seconds from one look at *room* to the next, its own spread included."""
        return self._period(self._beats[room], now)

    def uncovered(self, room: str) -> bool:
        """Whether looks alone can tell in time that a coach is to be silenced."""
        return room in self._beats and self._beats[room].uncovered

    def _period(self, beat: _Beat, now: float) -> float:
        if beat.uncovered and beat.managed:
            return min(UNCOVERED, self.resync)
        if now - beat.moved_at < LATELY:
            return min(CHANGING, self.resync)
        slower = 1.0 if beat.managed else AT_REST
        if now - beat.heard_at < HEARD_SECONDS:
            slower *= WITH_WEBHOOKS
        return self.resync * slower * (1.0 - SPREAD + 2.0 * SPREAD * beat.share)

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
        return Capacity(len(self._beats), self.resync, needed, possible)


def _share(room: str) -> float:
    """A number from 0 up to 1 that is the room's own in every process."""
    return zlib.crc32(room.encode()) / 2**32
