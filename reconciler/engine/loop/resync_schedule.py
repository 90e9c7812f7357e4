"""Resync period of each room, and whether it can be met."""

import zlib
from math import ceil

from msgspec import Struct, field

CHANGING_SECONDS = 5.0
"""Seconds between observations of a room in which something happened lately."""

UNCOVERED_SECONDS = 2.0
"""Seconds between observations of a room with a coach of whose events nobody tells."""

ACTIVE_SECONDS = 60.0
"""Seconds for which a room counts as changing."""

WEBHOOK_FACTOR = 4.0
"""How much slower quiet rooms are looked at of which Twilio tells us."""

HEARD_SECONDS = 3600.0
"""Seconds for which Twilio counts as telling of a conference after an event of it.

Nobody may have asked for them: a first caller who dialed in, or was called without a
public URL or with callbacks of their own, makes a conference that is never told of.
Events of a call tell nothing of the conference.
"""

MAX_HEARD = 4
"""Conferences of one room whose events are kept in mind; the latest, and those before."""

UNMANAGED_FACTOR = 10.0
"""Factor on the resync period of paused and released rooms."""

SPREAD_FRACTION = 0.1
"""Jitter, as a fraction of the resync period."""

RATIONED_PER_SECOND = 2000.0
"""Rooms of which the needs are summed up in a second on average."""

RATION_SECONDS = 5.0
"""Seconds between two such sums, at most: coaches wait for what there is room for."""

USABLE_FRACTION = 0.8
"""Part of what can be done at most that may be planned for."""


class Capacity(Struct, frozen=True):
    """Looks a second: ``needed`` by all periods, ``possible`` at the present speed.

    ``coached`` rooms of all have a coach and no events, and are to be looked at
    every ``UNCOVERED_SECONDS`` seconds, or ``period_seconds`` if that is less.
    """

    rooms: int
    period_seconds: float
    needed: float
    possible: float
    coached: int = 0

    @property
    def met(self) -> bool:
        """Whether the periods can be kept."""
        return self.needed <= self.possible

    @property
    def coached_period_seconds(self) -> float:
        """Seconds between observations of a coached room: those that the others leave."""
        wanted = min(UNCOVERED_SECONDS, self.period_seconds)
        if self.met or not self.coached:
            return wanted
        spare = self.possible - self._others
        usual = self.period_seconds * (1.0 + SPREAD_FRACTION)
        return usual if spare <= 0.0 else min(usual, self.coached / spare)

    @property
    def warning(self) -> str:
        """What to tell an operator, "" while the periods can be kept."""
        if self.met:
            return ""
        return (
            f"{self.rooms} rooms every {self.period_seconds:.0f} s{self._coaches} need "
            f"{self.needed:.1f} reads per second; {self.possible:.1f} are possible: "
            f"{self._advice}"
        )

    @property
    def _urgent(self) -> float:
        return self.coached / min(UNCOVERED_SECONDS, self.period_seconds)

    @property
    def _others(self) -> float:
        return self.needed - self._urgent

    @property
    def _coaches(self) -> str:
        if not self.coached:
            return ""
        every = min(UNCOVERED_SECONDS, self.period_seconds)
        return f", {self.coached} of them with a coach every {every:.0f} s,"

    @property
    def _advice(self) -> str:
        """A resync that can be kept, if any; it does not change observations of coaches."""
        spare = self.possible - self._urgent
        if spare > 0.0:
            can = ceil(self.period_seconds * self._others / spare)
            return f"use a resync of {can} s or more"
        return (
            f"rooms with a coach are read every {self.coached_period_seconds:.0f} s: "
            "turn webhooks on, or split the rooms over two processes"
        )


class ObservedConference(Struct, frozen=True):
    """What a whole observation showed: the conference, and whether somebody coaches in it."""

    conference_sid: str | None = None
    coached: bool = False


class _Entry(Struct):
    """One room's; ``share`` is from 0 up to 1, its own in every process.

    ``heard`` has when an event of a conference was heard last, by its SID.
    """

    due: float
    share: float
    active_at: float = float("-inf")
    heard: dict[str, float] = field(default_factory=dict)
    observed: ObservedConference = field(default_factory=ObservedConference)
    managed: bool = True

    def receives_events(self, now: float) -> bool:
        """Whether events of the present conference come here."""
        at = self.heard.get(self.observed.conference_sid or "", float("-inf"))
        return now - at < HEARD_SECONDS

    def uncovered(self) -> bool:
        """Whether somebody coaches of whom observations alone tell."""
        return (
            self.observed.coached
            and self.managed
            and (self.observed.conference_sid or "") not in self.heard
        )


class ResyncSchedule(Struct):
    """The resyncs of all rooms. Times are seconds on a clock that never goes back.

    ``resync`` is the period of a quiet room of which Twilio does not tell us.
    """

    resync: float = 30.0
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _coached: set[str] = field(default_factory=set)
    _coached_period_seconds: float = UNCOVERED_SECONDS
    _ration_at: float = float("-inf")
    _seconds: float = 0.0

    def rooms(self) -> tuple[str, ...]:
        """All rooms that were met."""
        return tuple(self._entries)

    def knows(self, room: str) -> bool:
        """Whether the room was met before."""
        return room in self._entries

    def meet(self, room: str, now: float) -> None:
        """A new room: its first resync is somewhere within the first period."""
        if room not in self._entries:
            share = _share(room)
            self._entries[room] = _Entry(now + self.resync * share, share)

    def remove(self, room: str) -> None:
        """The room is not to be looked at any longer."""
        self._entries.pop(room, None)
        self._coached.discard(room)

    def heard(self, room: str, conference_sid: str, now: float) -> None:
        """An event of one of the room's conferences came; the present one counts."""
        entry = self._entries.get(room)
        if entry is None or not conference_sid:
            return
        entry.heard.pop(conference_sid, None)
        entry.heard[conference_sid] = now
        while len(entry.heard) > MAX_HEARD:
            del entry.heard[next(iter(entry.heard))]

    def looked(
        self,
        room: str,
        now: float,
        seconds: float,
        *,
        active: bool,
        managed: bool,
        observed: ObservedConference | None = None,
    ) -> float | None:
        """An observation took *seconds*; *active* says that something happened there.

        *observed* is what it showed; None leaves that as it was. Returned are the
        seconds until the next one where observations alone tell in time that a coach is
        to be silenced, else None.
        """
        entry = self._entries.get(room) or self._entry(room, now)
        entry.managed = managed
        if observed is not None:
            self._observe(room, entry, observed)
        if active:
            entry.active_at = now
        uncovered = entry.uncovered()
        usual = self._usual(entry, now)
        period = self._urgent(usual) if uncovered else usual
        entry.due = now + period
        self._seconds += (seconds - self._seconds) * 0.1 if self._seconds else seconds
        return period if uncovered else None

    def _observe(self, room: str, entry: _Entry, observed: ObservedConference) -> None:
        entry.observed = observed
        (self._coached.add if observed.coached else self._coached.discard)(room)

    def remember(self, room: str, observed: ObservedConference) -> None:
        """Another process observed *observed* of a room that was met here."""
        if entry := self._entries.get(room):
            self._observe(room, entry, observed)

    def period(self, room: str, now: float) -> float:
        """Seconds from one observation of *room* to the next, its own spread included."""
        return self._period(self._entries[room], now)

    def uncovered(self, room: str) -> bool:
        """Whether observations alone can tell in time that a coach is to be silenced."""
        return room in self._coached and self._entries[room].uncovered()

    def _period(self, entry: _Entry, now: float) -> float:
        usual = self._usual(entry, now)
        return self._urgent(usual) if entry.uncovered() else usual

    def _urgent(self, usual: float) -> float:
        """The period while somebody coaches, instead of the *usual* one."""
        return min(usual, self._coached_period_seconds, self.resync)

    def _usual(self, entry: _Entry, now: float) -> float:
        """The period whether or not anybody coaches."""
        if now - entry.active_at < ACTIVE_SECONDS:
            return min(CHANGING_SECONDS, self.resync)
        slower = 1.0 if entry.managed else UNMANAGED_FACTOR
        if entry.receives_events(now):
            slower *= WEBHOOK_FACTOR
        return (
            self.resync
            * slower
            * (1.0 - SPREAD_FRACTION + 2.0 * SPREAD_FRACTION * entry.share)
        )

    def _entry(self, room: str, due: float) -> _Entry:
        entry = self._entries.get(room)
        if entry is None:
            entry = self._entries[room] = _Entry(due, _share(room))
        return entry

    def postpone(self, room: str, until: float) -> None:
        """No resync of *room* before *until*: it is backing off."""
        entry = self._entry(room, until)
        entry.due = max(entry.due, until)

    def due(self, now: float) -> tuple[str, ...]:
        """Rooms whose resync is due; each is told once a period."""
        rooms = [room for room, entry in self._entries.items() if entry.due <= now]
        for room in rooms:
            entry = self._entries[room]
            entry.due = now + self._period(entry, now)
        return tuple(rooms)

    def ration(self, now: float, workers: int) -> None:
        """Look at coached rooms as often as wanted, or as the other rooms leave over.

        Costs nothing while nobody coaches, and with many rooms little.
        """
        if self._coached and now >= self._ration_at:
            wait = len(self._entries) / RATIONED_PER_SECOND
            self._ration_at = now + min(RATION_SECONDS, wait)
            self._coached_period_seconds = self.capacity(
                now, workers
            ).coached_period_seconds

    def capacity(self, now: float, workers: int) -> Capacity:
        """What the rooms need and what *workers* can do."""
        coached, needed = 0, 0.0
        for entry in self._entries.values():
            if entry.uncovered():
                coached += 1
            else:
                needed += 1.0 / self._usual(entry, now)
        needed += coached / min(UNCOVERED_SECONDS, self.resync)
        speed = workers / self._seconds if self._seconds else float("inf")
        possible = USABLE_FRACTION * speed
        return Capacity(len(self._entries), self.resync, needed, possible, coached)


def _share(room: str) -> float:
    """A number from 0 up to 1 that is the room's own in every process."""
    return zlib.crc32(room.encode()) / 2**32
