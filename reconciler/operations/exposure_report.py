"""Who was heard in a room, by the exposure ledger."""

from collections.abc import Iterable

from msgspec import Struct

from reconciler.engine.desired_room import Standing
from reconciler.model.event import Event
from reconciler.model.recorded_observation import LegInterval
from reconciler.model.roster import Roster
from reconciler.operations.evaluated_room import last_observed_at, require
from reconciler.planning.exposure_ledger import (
    PersonExposure,
    Window,
    people_exposed,
    within,
)
from reconciler.store.queries.audit import EventFilter
from reconciler.store.queries.decisions import KINDS, pause_seconds
from reconciler.store.store import SqlStore

_PAUSED, _ = KINDS[Standing.PAUSED]
_RESUMED, _ = KINDS[Standing.MANAGED]
_MOST_PAUSES = 1_000


class ExposureReport(Struct, frozen=True):
    """A room from ``since`` to ``until``, in Unix seconds.

    ``roster`` is what is declared now; ``observed_at`` is when the room was last
    observed, None if it never was.
    """

    room: str
    since: float
    until: float
    roster: Roster
    people: tuple[PersonExposure, ...]
    intervals: tuple[LegInterval, ...]
    observed_at: float | None


async def exposure_report(
    store: SqlStore, room: str, since: float, now: float
) -> ExposureReport:
    """Who was heard in *room* from *since* to *now*; SettingError if it is not known."""
    require(room, await store.rooms())
    desired = await store.desired(room, now)
    event_filter = EventFilter(room=room, kinds=(_PAUSED, _RESUMED))
    events = await store.newest(event_filter, limit=_MOST_PAUSES)
    pauses = pauses_of((stored.event for stored in events), now)
    parts = within(await store.intervals(room, since), since, now, pauses)
    check = (await store.checks([room])).get(room)
    last = (await store.observed([room])).get(room)
    return ExposureReport(
        room,
        since,
        now,
        desired.roster if desired else Roster(room, ()),
        people_exposed(parts),
        parts,
        last_observed_at(last, check),
    )


def pauses_of(events: Iterable[Event], now: float) -> list[Window]:
    """When a room was paused, by its events, oldest first."""
    pauses: list[Window] = []
    since, until = None, now
    for event in events:
        if since is not None and event.kind in {_PAUSED, _RESUMED}:
            pauses.append((since, min(event.at, until)))
            since = None
        if event.kind == _PAUSED:
            lasts = pause_seconds(event.message)
            since, until = event.at, now if lasts is None else event.at + lasts
    if since is not None:
        pauses.append((since, min(now, until)))
    return pauses
