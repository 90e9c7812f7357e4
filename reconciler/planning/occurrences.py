"""When windows of time begin and end.

A window lasts from its beginning, which belongs to it, to its end, which does not.
What clock changes do to it: docs/schedules.md and ``planning.timezone``.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, assert_never

from reconciler.model.schedule import Once, Period, Recurring, Weekly
from reconciler.planning.recurrence import LAST_YEAR, YEARS_AHEAD, starts
from reconciler.planning.timezone import instant, local_date, on

MOST_JOINED: Final = 16
"""Occurrences without a gap that are followed to their end; then one is reported."""

_SHARED: Final = 1024
"""Answers that are kept: at nine o'clock many rooms ask the same."""

_DAYS_AHEAD: Final = 366 * YEARS_AHEAD
_DAY: Final = timedelta(days=1)
_MIDNIGHT: Final = 1440


class Occurrence(NamedTuple):
    """One stretch of a window, in Unix time."""

    start: float
    end: float


@lru_cache(maxsize=_SHARED)
def active(period: Period, at: float) -> bool:
    """Whether *period* lasts at *at*."""
    first = next(_ending_after(period, at), None)
    return first is not None and first.start <= at


def next_change(periods: Iterable[Period], at: float) -> float | None:
    """The soonest instant after *at* at which one of *periods* begins or ends.

    None if there is none within ten years. A period that lasts without a gap for
    more than 16 occurrences may be reported as ending.
    """
    changes = (_change(period, at) for period in periods)
    return min((change for change in changes if change is not None), default=None)


def occurrences(period: Period, start: float, end: float) -> tuple[Occurrence, ...]:
    """What of *period* overlaps the time from *start* to *end*, by its beginning."""
    found: list[Occurrence] = []
    for each in _ending_after(period, start):
        if each.start >= end:
            break
        found.append(each)
    return tuple(found)


@lru_cache(maxsize=_SHARED)
def _change(period: Period, at: float) -> float | None:
    """The end of what lasts at *at*, else the next beginning."""
    reach: float | None = None
    for joined, each in enumerate(_ending_after(period, at)):
        if reach is None:
            if each.start > at:
                return each.start
            reach = each.end
        elif each.start > reach or joined > MOST_JOINED:
            return reach
        else:
            reach = max(reach, each.end)
    return reach


def _ending_after(period: Period, at: float) -> Iterator[Occurrence]:
    """The occurrences that have not ended at *at*, by beginning, for ten years."""
    window = period.window
    match window:
        case Once():
            found = iter((Occurrence(window.start, window.end),))
        case Weekly():
            found = _weekly(window, period.dates, at)
        case Recurring():
            found = _recurring(window, period.dates, at)
        case _:
            assert_never(window)
    return (each for each in found if each.end > max(at, each.start))


def _weekly(
    weekly: Weekly, exceptions: tuple[str, ...], at: float
) -> Iterator[Occurrence]:
    day = local_date(at, weekly.timezone) - 2 * _DAY
    whole = _MIDNIGHT if weekly.end <= weekly.start else 0
    for _ in range(_DAYS_AHEAD):
        if day.weekday() in weekly.days and day.isoformat() not in exceptions:
            yield Occurrence(
                instant(on(day, weekly.start), weekly.timezone),
                instant(on(day, weekly.end + whole), weekly.timezone),
            )
        day += _DAY


def _recurring(
    recurring: Recurring, exceptions: tuple[str, ...], at: float
) -> Iterator[Occurrence]:
    earliest = at - recurring.duration_seconds
    begin = datetime.fromtimestamp(earliest, UTC) - 2 * _DAY
    for year in range(begin.year, min(begin.year + YEARS_AHEAD + 1, LAST_YEAR)):
        found = starts(recurring, year)
        first = bisect_right(found, earliest, key=lambda each: each.at)
        for each in found[first:]:
            if each.date not in exceptions:
                yield Occurrence(each.at, each.at + recurring.duration_seconds)
