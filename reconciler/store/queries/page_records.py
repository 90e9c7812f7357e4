"""What the operators' page shows, each view of it read in one transaction.

A view that is read in several has its answer wait for the event loop as often, and
while a daemon reads all rooms the loop is busy.
"""

from collections.abc import Collection, Mapping

from msgspec import Struct
from sqlalchemy import Connection

from reconciler.engine.desired_room import Desired
from reconciler.model.recorded_observation import LegInterval, RoomCheck
from reconciler.store.queries import (
    audit,
    effective_rosters,
    observations,
    refused_files,
)
from reconciler.store.queries import rosters as stored
from reconciler.store.queries.audit import EventFilter, StoredEvent
from reconciler.store.queries.effective_rosters import Declared
from reconciler.store.queries.refused_files import Refusal
from reconciler.store.queries.rosters import Summary


class ListedRooms(Struct, frozen=True):
    """All rooms sorted by name, the last checks of some, and the refused files."""

    summaries: tuple[Summary, ...]
    checks: Mapping[str, RoomCheck]
    refusals: tuple[Refusal, ...]


def listed_rooms(
    connection: Connection, observed: Collection[str], now: float
) -> ListedRooms:
    """All rooms as they stand at *now*; no checks of those *observed* by the reader."""
    summaries = stored.summaries(connection, now)
    others = {summary.room for summary in summaries}.difference(observed)
    checks = observations.checks(connection, None) if others else {}
    return ListedRooms(
        summaries,
        {room: check for room, check in checks.items() if room in others},
        refused_files.refusals(connection),
    )


class TimelineRecord(Struct, frozen=True):
    """Events until a moment, oldest first, and intervals of legs.

    ``earlier`` and ``later`` are when the nearest event or exposure before and after
    the moment happened, None for none.
    """

    events: tuple[StoredEvent, ...]
    intervals: tuple[LegInterval, ...]
    earlier: float | None
    later: float | None


class TimelineSpan(Struct, frozen=True):
    """Until when, how far back intervals reach, and at most how many events."""

    until: float
    back_seconds: float
    most_events: int


def timeline(connection: Connection, room: str, span: TimelineSpan) -> TimelineRecord:
    """What happened in *room* within *span*."""
    event_filter = EventFilter(room=room, until=span.until)
    since = span.until - span.back_seconds
    earlier, later = _beside(connection, room, span.until)
    return TimelineRecord(
        audit.newest(connection, event_filter, span.most_events),
        observations.intervals(connection, room, since, span.until),
        earlier,
        later,
    )


def _beside(
    connection: Connection, room: str, at: float
) -> tuple[float | None, float | None]:
    """The nearest moments before and after *at* at which something happened."""
    exposed_before, exposed_after = observations.exposures_beside(connection, room, at)
    before = (audit.previous_at(connection, room, at), exposed_before)
    after = (audit.next_at(connection, room, at), exposed_after)
    return (
        max((x for x in before if x is not None), default=None),
        min((x for x in after if x is not None), default=None),
    )


class RoomRecord(Struct, frozen=True):
    """What is desired of a room, what is declared, and what happened in it."""

    desired: Desired
    declared: Declared | None
    timeline: TimelineRecord


def room_record(
    connection: Connection, room: str, now: float, span: TimelineSpan
) -> RoomRecord | None:
    """The room as it stands at *now*, None if it was never loaded."""
    desired = stored.desired(connection, room, now)
    if desired is None:
        return None
    declared = effective_rosters.declared(connection, [room], now)
    return RoomRecord(desired, declared.get(room), timeline(connection, room, span))
