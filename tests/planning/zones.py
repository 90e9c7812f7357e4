"""Local times and instants for tests, found without the code under test."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

NEW_YORK = "America/New_York"
BERLIN = "Europe/Berlin"
SYDNEY = "Australia/Sydney"
LORD_HOWE = "Australia/Lord_Howe"
ZONES = (NEW_YORK, BERLIN, SYDNEY, LORD_HOWE)

CHANGES = {
    NEW_YORK: ("2026-03-08", "2026-11-01"),
    BERLIN: ("2026-03-29", "2026-10-25"),
    SYDNEY: ("2026-10-04", "2026-04-05"),
    LORD_HOWE: ("2026-10-04", "2026-04-05"),
}
"""The local dates on which clocks go forward and back in 2026."""


def utc(text: str) -> float:
    """Unix time of ``2026-03-08T07:30`` in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def shown(at: float) -> str:
    """``03-08T07:30`` in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%m-%dT%H:%M")


@cache
def _clock(name: str, day: str) -> tuple[tuple[datetime, float], ...]:
    """What the clocks show in each minute of the 80 hours around *day*, in order."""
    first = utc(day) - 40 * 3600
    return tuple(
        (datetime.fromtimestamp(at, ZoneInfo(name)).replace(tzinfo=None), at)
        for at in (first + 60 * minute for minute in range(80 * 60))
    )


def resolved(local: datetime, name: str) -> float:
    """The instant of a local time by RFC 5545 3.3.5, found minute by minute."""
    clock = _clock(name, local.date().isoformat())
    first = next((at for each, at in clock if each == local), None)
    if first is not None:
        return first
    before, at = next(
        (each, at) for (each, at), (after, _) in pairwise(clock) if each < local < after
    )
    return at + (local - before) / timedelta(seconds=1)
