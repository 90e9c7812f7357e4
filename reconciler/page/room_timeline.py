"""The timeline of a room: events, rings, decisions, and who was overheard."""

from typing import Final

from msgspec import Struct

from reconciler.model.recorded_observation import LegInterval
from reconciler.store.queries.page_records import TimelineRecord, TimelineSpan

MOST_EVENTS: Final = 200
BACK_SECONDS: Final = 86400.0


class TimelineEntry(Struct, frozen=True):
    """Something that happened; ``kind`` is the event's, or ``exposure``."""

    at: float
    kind: str
    label: str
    text: str
    cause: str = ""


class RoomTimeline(Struct, frozen=True):
    """Entries until ``at``, newest first.

    The scrubber goes from ``first`` to ``last``. ``earlier`` and ``later`` are when
    something happened before and after ``at``, None where nothing is on record.
    """

    entries: tuple[TimelineEntry, ...]
    first: int
    last: int
    at: float
    earlier: float | None = None
    later: float | None = None


def span_until(at: float) -> TimelineSpan:
    """What is shown of a timeline that ends at *at*."""
    return TimelineSpan(at, BACK_SECONDS, MOST_EVENTS)


def recorded_timeline(record: TimelineRecord, now: float, at: float) -> RoomTimeline:
    """The timeline until *at* as it was read."""
    events = [stored.event for stored in record.events]
    entries = [TimelineEntry(x.at, x.kind, x.label, x.message, x.cause) for x in events]
    entries += [_exposure(x, at) for x in record.intervals if x.overheard]
    entries.reverse()
    entries.sort(key=lambda x: x.at, reverse=True)
    return RoomTimeline(
        tuple(entries),
        int(min((x.at for x in entries), default=at)),
        int(now) + 1,
        at,
        record.earlier,
        record.later,
    )


def _exposure(interval: LegInterval, at: float) -> TimelineEntry:
    """An interval as it was known at *at*."""
    lasts = interval.ends_at is None or interval.ends_at > at
    ends = at if interval.ends_at is None else min(interval.ends_at, at)
    still = ", still" if lasts else ""
    text = (
        f"audible to {interval.audience} for {ends - interval.begins_at:.1f} s{still}, "
        f"declared {interval.permitted}"
    )
    cause = str(interval.cause or "")
    name = interval.label or interval.call_sid
    return TimelineEntry(interval.begins_at, "exposure", name, text, cause)
