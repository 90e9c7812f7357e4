"""Agendas as text and as data."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from reconciler.model.declaration import Declaration
from reconciler.model.masking import mask
from reconciler.model.schedule import Once
from reconciler.planning.agenda import AgendaEntry
from reconciler.planning.describe import counted
from reconciler.planning.timezone import zone

_HEADINGS = ("from", "UTC", "mode", "state", "changes")


class Agenda(Struct, frozen=True):
    """What of a room changes until ``end``, in the local time of ``timezone``."""

    room: str
    entries: tuple[AgendaEntry, ...]
    end: float
    timezone: str
    source: str


def timezone_of(declaration: Declaration) -> str:
    """The first time zone that the room's schedule names, else UTC."""
    return named_timezone(declaration) or "UTC"


def named_timezone(declaration: Declaration) -> str | None:
    """The first time zone that the room's schedule names, None if it names none."""
    periods = [x.period for x in declaration.schedule if x.period is not None]
    periods += [
        period for presence in declaration.presences for period in presence.periods
    ]
    named = (x.window.timezone for x in periods if not isinstance(x.window, Once))
    return next(named, None)


def agenda_lines(agenda: Agenda) -> Iterator[str]:
    """A table with a line for each change, headed by the room."""
    until = _local(agenda.end, agenda.timezone)
    yield f"{mask(agenda.room)}: until {until} {agenda.timezone}, {agenda.source}"
    yield from _table(
        [_HEADINGS, *(_row(agenda_entry, agenda) for agenda_entry in agenda.entries)]
    )
    if len(agenda.entries) == 1:
        yield "No change."


def _row(entry: AgendaEntry, agenda: Agenda) -> tuple[str, ...]:
    effective = entry.effective
    now = entry is agenda.entries[0]
    return (
        _local(entry.at, agenda.timezone),
        f"{datetime.fromtimestamp(entry.at, UTC):%H:%M:%SZ}",
        mask(effective.mode),
        str(effective.roster.state),
        f"now, {_declared(entry)}" if now else _changes(entry),
    )


def _declared(entry: AgendaEntry) -> str:
    count = len(entry.effective.roster.members)
    return f"{counted(count, 'person', 'people')} declared"


def _changes(entry: AgendaEntry) -> str:
    marked = (("+", entry.joins), ("-", entry.leaves), ("~", entry.changes))
    return ", ".join(f"{mark} {mask(x)}" for mark, names in marked for x in names)


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (x.ljust(width) for x, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()


def _local(at: float, timezone: str) -> str:
    return f"{datetime.fromtimestamp(at, zone(timezone)):%a %Y-%m-%d %H:%M:%S}"


def agenda_data(agenda: Agenda) -> dict[str, Any]:
    """The same for JSON; ``at`` in Unix time."""
    return {
        "conference": agenda.room,
        "source": agenda.source,
        "timezone": agenda.timezone,
        "until": agenda.end,
        "entries": [
            _entry_data(agenda_entry, agenda.timezone)
            for agenda_entry in agenda.entries
        ],
    }


def _entry_data(entry: AgendaEntry, timezone: str) -> dict[str, Any]:
    roster = entry.effective.roster
    return {
        "at": entry.at,
        "local": datetime.fromtimestamp(entry.at, zone(timezone)).isoformat(),
        "utc": f"{datetime.fromtimestamp(entry.at, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "mode": entry.effective.mode,
        "state": str(roster.state),
        "unlisted": str(roster.unlisted),
        "declared": [member.label for member in roster.members],
        "joins": list(entry.joins),
        "leaves": list(entry.leaves),
        "changes": list(entry.changes),
    }
