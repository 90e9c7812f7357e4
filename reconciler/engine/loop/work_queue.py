"""Work queue after client-go, with priorities, delays and backoff.

A room is *dirty* while somebody wants it looked at, and *held* while a worker
looks. Marks collapse; taking a room cleans it before the work begins, so that a
mark during a run is not lost and causes exactly one run more.

A lane is a head start of ``PRIORITY_HEAD_START_SECONDS`` seconds over the lane below
it, and the earliest start is served first. So a mark is never overtaken by one made
more than the head starts of all lanes after it, whatever its lane: nobody starves.

Pure: no clock and no asyncio. Times are seconds on any clock that never goes
back.
"""

from collections.abc import Mapping
from enum import IntEnum
from heapq import heappop, heappush
from typing import TypeAlias

from msgspec import Struct, field


class Priority(IntEnum):
    """Who asks; a higher one goes first."""

    RESYNC = 0
    RETRY = 1
    WEBHOOK = 2
    PERSON = 3


PRIORITY_HEAD_START_SECONDS = 10.0
"""Seconds by which a lane is ahead of the one below it."""

FIRST_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 300.0
"""Seconds that a room waits at most after its first failure, and after many."""

_DOUBLINGS = 16
"""More would only make a number too large to be useful."""


_Place: TypeAlias = tuple[float, int, str]
"""A place in the line: start, number, room. Earlier starts first, then first come."""

_Dirty: TypeAlias = tuple[_Place, Priority]
"""Why a room is to be looked at: the best place it has, and its best lane."""


class WorkQueue(Struct):
    """Rooms to be looked at. At most one holder a room at a time."""

    _dirty: dict[str, _Dirty] = field(default_factory=dict)
    _processing: set[str] = field(default_factory=set)
    _line: list[_Place] = field(default_factory=list)
    _later: dict[str, dict[Priority, float]] = field(default_factory=dict)
    _delayed: list[tuple[float, Priority, str]] = field(default_factory=list)
    _failures: dict[str, int] = field(default_factory=dict)
    _number: int = 0

    def mark(self, room: str, priority: Priority, now: float) -> None:
        """Ask for an observation of *room*, as soon as it is its turn."""
        self._number += 1
        place = (now - priority * PRIORITY_HEAD_START_SECONDS, self._number, room)
        known = self._dirty.get(room)
        best = priority if known is None else max(known[1], priority)
        if known is not None and known[0] <= place:
            self._dirty[room] = (known[0], best)
            return
        self._dirty[room] = (place, best)
        if room not in self._processing:
            heappush(self._line, place)

    def mark_at(self, room: str, priority: Priority, at: float) -> None:
        """Ask for an observation of *room* from *at* on; in a lane the earliest wins."""
        priorities = self._later.setdefault(room, {})
        if at < priorities.get(priority, float("inf")):
            priorities[priority] = at
            heappush(self._delayed, (at, priority, room))

    def take(self, now: float) -> str | None:
        """The next room, which is held until ``done``; None if none is due."""
        if self._delayed:
            self._promote_delayed(now)
        while self._line:
            place = heappop(self._line)
            if self._stands(place):
                room = place[2]
                del self._dirty[room]
                self._processing.add(room)
                return room
        return None

    def done(self, room: str, now: float) -> None:
        """The observation is over; *room* is in line again if it was marked meanwhile."""
        if self._delayed:
            self._promote_delayed(now)
        self._processing.discard(room)
        dirty = self._dirty.get(room)
        if dirty is not None:
            heappush(self._line, dirty[0])

    @property
    def waiting(self) -> bool:
        """Whether ``take`` may give a room at once."""
        return bool(self._line)

    def next_at(self, now: float) -> float | None:
        """When ``take`` gives a room again: *now*, later, or None if nothing waits.

        Rooms that are held are left out: their ``done`` says.
        """
        if self._delayed:
            self._promote_delayed(now)
        while self._line and not self._stands(self._line[0]):
            heappop(self._line)
        if self._line:
            return now
        return self._delayed[0][0] if self._delayed else None

    def requeue_with_backoff(
        self,
        room: str,
        now: float,
        jitter: float,
        most_seconds: float = MAX_BACKOFF_SECONDS,
    ) -> float:
        """Ask for another observation after a backoff; the seconds until then.

        *jitter* is random, from 0 to 1. Each failure doubles the longest
        possible wait, up to *most_seconds*, until a clean run.
        """
        failures = self._failures.get(room, 0)
        self._failures[room] = failures + 1
        longest = FIRST_BACKOFF_SECONDS * 2.0 ** min(failures, _DOUBLINGS)
        wait = jitter * min(most_seconds, longest)
        self.mark_at(room, Priority.RETRY, now + wait)
        return wait

    def forget(self, room: str) -> None:
        """A run of *room* went well: its failures are forgotten."""
        self._failures.pop(room, None)

    def remove(self, room: str) -> None:
        """Ask for no look at *room* any longer; one under way continues to ``done``."""
        self._dirty.pop(room, None)
        self._later.pop(room, None)
        self._failures.pop(room, None)

    def failures(self, room: str) -> int:
        """How many runs of *room* failed since the last clean one."""
        return self._failures.get(room, 0)

    def depth(self) -> Mapping[Priority, int]:
        """How many rooms are dirty, by the best lane that asks for each."""
        counts = dict.fromkeys(Priority, 0)
        for _, priority in self._dirty.values():
            counts[priority] += 1
        return counts

    def _stands(self, place: _Place) -> bool:
        room = place[2]
        dirty = self._dirty.get(room)
        return dirty is not None and dirty[0] is place and room not in self._processing

    def _promote_delayed(self, now: float) -> None:
        """Mark what was put off until now; forget alarms that were brought forward."""
        while self._delayed:
            at, priority, room = self._delayed[0]
            current = self._later.get(room, {}).get(priority) == at
            if current and at > now:
                return
            heappop(self._delayed)
            if current:
                self._drop_delayed(room, priority)
                self.mark(room, priority, at)

    def _drop_delayed(self, room: str, priority: Priority) -> None:
        priorities = self._later[room]
        del priorities[priority]
        if not priorities:
            del self._later[room]
