"""Occurrences of an RFC 5545 rule, a calendar year at a time.

python-dateutil expands the local times; each becomes an instant here, so what a
clock change skips or repeats follows RFC 5545 3.3.5 whatever the library does.
"""

from calendar import isleap
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Final, NamedTuple

from reconciler.model.schedule import Recurring
from reconciler.planning.rrule import WEEKDAYS, Rule, RuleFault, fault_of, parse
from reconciler.planning.timezone import MIDNIGHT, instant

LAST_YEAR: Final = 9900
FIRST_YEAR: Final = 2000
"""When a rule without a start begins to occur."""

YEARS_AHEAD: Final = 10
"""How far a first or a next occurrence is looked for."""

_EQUIVALENT: Final = {
    (isleap(year), date(year, 1, 1).weekday()): year for year in range(9961, 9989)
}
"""A late year of each calendar: leap or not, by the weekday of its 1 January.

python-dateutil looks for a next occurrence until the year 9999, which takes
seconds for a rule that has none; from a late year it takes milliseconds.
"""


class Start(NamedTuple):
    """When an occurrence begins, and on which local date (``2026-12-25``)."""

    at: float
    date: str


@lru_cache(maxsize=512)
def starts(recurring: Recurring, year: int) -> tuple[Start, ...]:
    """The occurrences whose local date is in *year*, by instant, each instant once."""
    rule = _rule(recurring)
    last = _last(recurring) if rule.count else None
    found: dict[float, Start] = {}
    for local in _locals(recurring, year):
        at = instant(local, recurring.timezone)
        if (last and local > last) or (rule.until is not None and at > rule.until):
            break
        found.setdefault(at, Start(at, local.date().isoformat()))
    return tuple(sorted(found.values()))


@lru_cache(maxsize=512)
def rule_fault(recurring: Recurring) -> RuleFault | None:
    """What is wrong with the rule of *recurring*, whose other fields are sound."""
    fault = fault_of(recurring.rule)
    if fault:
        return fault
    start = datetime.fromisoformat(recurring.start)
    if start in _locals(recurring, start.year):
        return None
    years = range(start.year, start.year + YEARS_AHEAD)
    first = next((x for year in years for x in _locals(recurring, year)), None)
    if first is None:
        message = f"the rrule does not occur within {YEARS_AHEAD} years after its start"
        return RuleFault(message, "change BYMONTH, BYMONTHDAY or BYSETPOS")
    return RuleFault(
        "start is not an occurrence of the rrule", f"write start: {first.isoformat()}"
    )


@lru_cache(maxsize=512)
def implied_start(rule: str) -> str | None:
    """The first occurrence since 2000 of a sound *rule* that says its days by itself.

    Local time, at midnight without BYHOUR. None where the rule depends on its start:
    it counts occurrences, skips some, or takes a day from the start.
    """
    parsed = parse(rule)
    parts = dict(parsed.parts).keys()
    days = parts & {"BYDAY", "BYMONTHDAY", "BYYEARDAY"}
    months = parsed.frequency != "YEARLY" or parts & {"BYMONTH", "BYYEARDAY"}
    if parsed.count or parsed.interval > 1 or not months:
        return None
    if parsed.frequency != "DAILY" and not days:
        return None
    probe = Recurring(rule, f"{FIRST_YEAR}-01-01T00:00:00", 0.0, "UTC")
    years = range(FIRST_YEAR, FIRST_YEAR + YEARS_AHEAD)
    first = next((x for year in years for x in _locals(probe, year)), None)
    return first.isoformat() if first else None


@lru_cache(maxsize=512)
def _rule(recurring: Recurring) -> Rule:
    return parse(recurring.rule)


@lru_cache(maxsize=512)
def _last(recurring: Recurring) -> datetime | None:
    """The local time of the last occurrence that COUNT allows."""
    left = _rule(recurring).count or 0
    first = datetime.fromisoformat(recurring.start).year
    for year in range(first, LAST_YEAR):
        moments = tuple(_locals(recurring, year))
        if left <= len(moments):
            return moments[left - 1]
        left -= len(moments)
    return None


def _locals(recurring: Recurring, year: int) -> Iterator[datetime]:
    """The rule's local times in *year*, as if it had neither COUNT nor UNTIL."""
    from dateutil.rrule import rrulestr  # noqa: PLC0415 - heavy, and seldom needed

    start = datetime.fromisoformat(recurring.start)
    if not start.year <= year <= LAST_YEAR:
        return
    rule = _rule(recurring)
    late = _EQUIVALENT[isleap(year), date(year, 1, 1).weekday()]
    begin = datetime.combine(_begin(rule, start.date(), year, late), MIDNIGHT)
    expanded = rrulestr(_complete(rule, start), dtstart=begin)
    for moment in takewhile(lambda local: local.year <= late, expanded):
        if moment.year == late and moment.replace(year=year) >= start:
            yield moment.replace(year=year)


def _begin(rule: Rule, start: date, year: int, late: int) -> date:
    """The last beginning of an interval until 1 January, moved from *year* to *late*.

    The first beginning if *start* is in *year*.
    """
    if rule.frequency in {"DAILY", "WEEKLY"}:
        step = rule.interval * (7 if rule.frequency == "WEEKLY" else 1)
        days = (start - date(year, 1, 1)).days
        return date(late, 1, 1) + timedelta(days if days > 0 else -(-days % step))
    step = rule.interval * (12 if rule.frequency == "YEARLY" else 1)
    begin = start.year * 12 + (start.month - 1 if rule.frequency == "MONTHLY" else 0)
    begin += max(0, (year * 12 - begin) // step) * step
    return date(begin // 12 - year + late, begin % 12 + 1, 1)


def _complete(rule: Rule, start: datetime) -> str:
    """The rule with all that RFC 5545 takes from DTSTART written out."""
    parts = dict(rule.parts)
    parts.setdefault("BYHOUR", str(start.hour))
    parts.setdefault("BYMINUTE", str(start.minute))
    parts.setdefault("BYSECOND", str(start.second))
    if not parts.keys() & {"BYDAY", "BYMONTHDAY", "BYYEARDAY"}:
        if rule.frequency == "WEEKLY":
            parts["BYDAY"] = WEEKDAYS[start.weekday()]
        elif rule.frequency != "DAILY":
            parts["BYMONTHDAY"] = str(start.day)
            if rule.frequency == "YEARLY":
                parts.setdefault("BYMONTH", str(start.month))
    return ";".join([f"FREQ={rule.frequency}", *map("=".join, parts.items())])
