"""Whether two windows of time overlap."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from reconciler.model.schedule import Once, Period, Recurring, Weekly, Window
from reconciler.planning.occurrences import Occurrence, occurrences
from reconciler.planning.timezone import instant

_DAY: Final = 1440
_WEEK: Final = 7 * _DAY
_COMPARED_SECONDS: Final = 400 * 86400.0
_SOME_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC).timestamp()


@lru_cache(maxsize=1024)
def overlap(first: Period, second: Period) -> float | None:
    """An instant at which both last, None if there is none.

    Repeating windows are compared over the 400 days after both have begun.
    """
    if _apart(first.window, second.window):
        return None
    start = max(_begin(first), _begin(second))
    end = min(_end(first, start), _end(second, start))
    return _common(occurrences(first, start, end), occurrences(second, start, end))


def _apart(first: Window, second: Window) -> bool:
    """Whether two weekly windows of one zone share no minute of the week.

    False where that takes more than arithmetic to tell.
    """
    if not (isinstance(first, Weekly) and isinstance(second, Weekly)):
        return False
    return first.timezone == second.timezone and not any(
        (begin - start) % _WEEK < _length(first)
        or (start - begin) % _WEEK < _length(second)
        for start in _starts(first)
        for begin in _starts(second)
    )


def _starts(weekly: Weekly) -> list[int]:
    return [day * _DAY + weekly.start for day in weekly.days]


def _length(weekly: Weekly) -> int:
    length = weekly.end - weekly.start
    return length if length > 0 else length + _DAY


def _begin(period: Period) -> float:
    window = period.window
    if isinstance(window, Once):
        return window.start
    if isinstance(window, Recurring):
        return instant(datetime.fromisoformat(window.start), window.timezone)
    return _SOME_TIME


def _end(period: Period, start: float) -> float:
    window = period.window
    return window.end if isinstance(window, Once) else start + _COMPARED_SECONDS


def _common(first: Sequence[Occurrence], second: Sequence[Occurrence]) -> float | None:
    i = j = 0
    while i < len(first) and j < len(second):
        start = max(first[i].start, second[j].start)
        if start < min(first[i].end, second[j].end):
            return start
        if first[i].end <= second[j].end:
            i += 1
        else:
            j += 1
    return None
