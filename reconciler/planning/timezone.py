"""Local time of a zone → instants, by RFC 5545 3.3.5.

A local time that a clock change skips counts with the offset from before the
change; of one that occurs twice the first counts.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from reconciler.model.errors import SettingError

MIDNIGHT: Final = time()

_FIRST: Final = datetime(2026, 1, 1, tzinfo=UTC)
_WEEK: Final = timedelta(days=7)
_MINUTE: Final = timedelta(minutes=1)


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


def later_instant(local: datetime, name: str) -> float:
    """The second instant of a *local* time that occurs twice, else its only one."""
    return local.replace(tzinfo=zone(name), fold=1).timestamp()


def local_date(at: float, name: str) -> date:
    """The date that the clocks of the zone called *name* show at *at*."""
    return datetime.fromtimestamp(at, zone(name)).date()


def on(day: date, minutes: int) -> datetime:
    """The naive local time *minutes* after the midnight that begins *day*."""
    return datetime.combine(day, MIDNIGHT) + timedelta(minutes=minutes)


class Skip(NamedTuple):
    """Local times that clocks skip: later than ``before``, earlier than ``after``."""

    before: datetime
    after: datetime


@lru_cache(maxsize=256)
def skips(name: str) -> tuple[Skip, ...]:
    """What the clocks of the zone called *name* skip in the years 2026 to 2037.

    The rules that hold from 2037 on are those of 2037.
    """
    weeks = [_FIRST + n * _WEEK for n in range(12 * 53)]
    found = (_skip(first, zone(name)) for first in weeks)
    return tuple(each for each in found if each)


def _skip(first: datetime, where: ZoneInfo) -> Skip | None:
    """What clocks skip in the week after *first*, to the minute."""
    last = first + _WEEK
    if _offset(last, where) <= _offset(first, where):
        return None
    while last - first > _MINUTE:
        middle = first + (last - first) // (2 * _MINUTE) * _MINUTE
        if _offset(middle, where) > _offset(first, where):
            last = middle
        else:
            first = middle
    before, after = (last + _offset(moment, where) for moment in (first, last))
    return Skip(before.replace(tzinfo=None), after.replace(tzinfo=None))


def _offset(at: datetime, where: ZoneInfo) -> timedelta:
    return at.astimezone(where).utcoffset() or timedelta()
