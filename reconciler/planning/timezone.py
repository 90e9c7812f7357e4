"""Local time of a zone → instants, by RFC 5545 3.3.5.

A local time that a clock change skips counts with the offset from before the
change; of one that occurs twice the first counts.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.model.errors import SettingError

MIDNIGHT: Final = time()


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The zone called *name*; SettingError if this machine has no data of it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        message = f"no data of the time zone {name!r} on this machine: install tzdata"
        raise SettingError(message) from error


def instant(local: datetime, name: str) -> float:
    """Unix time of the naive *local* in the zone called *name*."""
    return local.replace(tzinfo=zone(name), fold=0).timestamp()


def local_date(at: float, name: str) -> date:
    """The date that the clocks of the zone called *name* show at *at*."""
    return datetime.fromtimestamp(at, zone(name)).date()


def on(day: date, minutes: int) -> datetime:
    """The naive local time *minutes* after the midnight that begins *day*."""
    return datetime.combine(day, MIDNIGHT) + timedelta(minutes=minutes)
