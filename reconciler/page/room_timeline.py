"""The timeline of a room: events, rings, decisions, and who was overheard."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.model.event import Event
from reconciler.model.observed import LegInterval
from reconciler.store.queries.audit import EventFilter
from reconciler.store.store import SqlStore

MOST_EVENTS: Final = 200
BACK_SECONDS: Final = 86400.0


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that happened; ``kind`` is the event's, or ``exposure``."""

    at: float
    kind: str
    label: str
    text: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class RoomTimeline:
    """Entries until ``at``, newest first, of a range from ``first`` to ``last``."""

    entries: tuple[TimelineEntry, ...]
    first: int
    last: int
    at: int

    @property
    def now(self) -> bool:
        """Whether nothing is left out at the end."""
        return self.at >= self.last


async def room_timeline(
    store: SqlStore, room: str, now: float, until: float | None
) -> RoomTimeline:
    """The newest entries of *room*, or those until a moment."""
    events = await store.newest(EventFilter(room=room), limit=MOST_EVENTS)
    intervals = await store.intervals(room, now - BACK_SECONDS)
    return timeline_of([x.event for x in events], intervals, now, until)


def timeline_of(
    events: Sequence[Event],
    intervals: Iterable[LegInterval],
    now: float,
    until: float | None,
) -> RoomTimeline:
    """Events and exposures in one list."""
    entries = [TimelineEntry(x.at, x.kind, x.label, x.message, x.cause) for x in events]
    entries += [_exposure(x, now) for x in intervals if x.overheard]
    entries.sort(key=lambda x: x.at, reverse=True)
    first = int(min((x.at for x in entries), default=now))
    last = int(now) + 1
    at = last if until is None else max(first, min(int(until), last))
    shown = tuple(x for x in entries if x.at < at + 1)
    return RoomTimeline(shown, first, last, at)


def _exposure(interval: LegInterval, now: float) -> TimelineEntry:
    ends = now if interval.ends_at is None else interval.ends_at
    still = ", still" if interval.ends_at is None else ""
    text = (
        f"audible to {interval.audience} for {ends - interval.begins_at:.1f} s{still}, "
        f"declared {interval.permitted}"
    )
    cause = str(interval.cause or "")
    name = interval.label or interval.call_sid
    return TimelineEntry(interval.begins_at, "exposure", name, text, cause)
