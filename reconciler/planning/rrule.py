"""Parses and validates RRULE values.

Refused is what libraries disagree on, or read otherwise than RFC 5545 3.3.10
(python-dateutil: ordinal and plain weekdays mixed, a week of the year without a
weekday, an hour in autumn skipped by FREQ=HOURLY).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from math import prod
from typing import Final, NamedTuple

from msgspec import Struct

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
MOST_A_DAY: Final = 24

_NUMBERS: Final = {
    "INTERVAL": (1, 1000),
    "COUNT": (1, 1000),
    "BYSECOND": (0, 59),
    "BYMINUTE": (0, 59),
    "BYHOUR": (0, 23),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYMONTH": (1, 12),
    "BYSETPOS": (-366, 366),
}
_SINGLE: Final = frozenset({"INTERVAL", "COUNT"})
_ONLY: Final = {
    "BYMONTHDAY": ("DAILY", "MONTHLY", "YEARLY"),
    "BYYEARDAY": ("YEARLY",),
}
_ORDINALS: Final = {"MONTHLY": 5, "YEARLY": 53}
_KNOWN: Final = frozenset({"FREQ", "UNTIL", "WKST", "BYDAY", *_NUMBERS})
_UNSUPPORTED: Final = {
    "BYWEEKNO": "write BYMONTH and BYDAY",
    "BYEASTER": "write the dates as windows of their own",
    "RSCALE": "remove it: dates are always Gregorian",
    "SKIP": "write BYMONTHDAY=-1 for the last day of a month",
}
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,4}")
_DAY: Final = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z")


class RuleFault(NamedTuple):
    """What is wrong with a rule, and what to write instead ("" if unknown)."""

    message: str
    hint: str = ""


class Rule(Struct, frozen=True):
    """A rule that passed ``fault_of``; ``until`` in Unix time, inclusive."""

    frequency: str
    interval: int
    count: int | None
    until: float | None
    parts: tuple[tuple[str, str], ...]


def parse(text: str) -> Rule:
    """The rule of *text*, which must have no fault."""
    parts = dict(each.split("=", 1) for each in text.split(";"))
    count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
    return Rule(
        frequency=parts.pop("FREQ"),
        interval=int(parts.get("INTERVAL", "1")),
        count=int(count) if count else None,
        until=_until(until).timestamp() if until else None,
        parts=tuple(parts.items()),
    )


def fault_of(text: str) -> RuleFault | None:
    """What is wrong with *text* as an RRULE's value, None if it can be used."""
    return next(_faults(text), None)


def _faults(text: str) -> Iterator[RuleFault]:
    pairs = [each.partition("=") for each in text.split(";")]
    parts = {name: value for name, _, value in pairs}
    if text.upper().startswith("RRULE:"):
        yield RuleFault("an rrule must not begin with RRULE:", f"write {text[6:]}")
    for name, equals, value in pairs:
        if not (equals and value):
            hint = "write parts such as FREQ=WEEKLY;BYDAY=MO, joined by ;"
            yield RuleFault(
                f"{name or 'an empty part'} has no value in the rrule", hint
            )
        elif name not in _KNOWN:
            yield _unknown(name)
    if len(parts) < len(pairs):
        yield RuleFault("a part of the rrule is given twice")
    yield from _frequency_faults(parts)
    yield from _end_faults(parts)
    yield from _value_faults(parts)
    yield from _combination_faults(parts)


def _unknown(name: str) -> RuleFault:
    if name in _UNSUPPORTED:
        return RuleFault(f"{name} is not supported in an rrule", _UNSUPPORTED[name])
    hint = f"write {name.upper()}" if name.upper() in _KNOWN else ""
    return RuleFault(f"unknown rrule part {name[:30]!r}", hint)


def _frequency_faults(parts: dict[str, str]) -> Iterator[RuleFault]:
    frequency = parts.get("FREQ")
    if frequency is None:
        yield RuleFault("the rrule has no FREQ", "begin with FREQ=WEEKLY")
    elif frequency in {"HOURLY", "MINUTELY", "SECONDLY"}:
        hint = "write FREQ=DAILY;BYHOUR=9,10,11"
        yield RuleFault(f"FREQ={frequency} is not supported in an rrule", hint)
    elif frequency not in FREQUENCIES:
        yield RuleFault(f"FREQ must be one of {', '.join(FREQUENCIES)}")


def _end_faults(parts: dict[str, str]) -> Iterator[RuleFault]:
    until = parts.get("UNTIL")
    if until is None:
        return
    if "COUNT" in parts:
        yield RuleFault(
            "UNTIL and COUNT cannot be given together", "remove one of them"
        )
    if not _is_instant(until):
        hint = "write it in UTC with a Z at the end: UNTIL=YYYYMMDDT230000Z"
        yield RuleFault("UNTIL must be an instant in UTC", hint)


def _is_instant(text: str) -> bool:
    try:
        return bool(_UNTIL.fullmatch(text)) and bool(_until(text))
    except ValueError:
        return False


def _until(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _value_faults(parts: dict[str, str]) -> Iterator[RuleFault]:
    for name, value in parts.items():
        if name in _NUMBERS:
            yield from _number_faults(name, value)
    if parts.get("WKST", "MO") not in WEEKDAYS:
        yield RuleFault(f"WKST must be one of {', '.join(WEEKDAYS)}")
    for each in parts.get("BYDAY", "MO").split(","):
        if not _DAY.fullmatch(each):
            yield RuleFault(
                f"{each!r} is not a weekday in BYDAY", "write MO,TU or 1MO,-1FR"
            )


def _number_faults(name: str, value: str) -> Iterator[RuleFault]:
    least, most = _NUMBERS[name]
    found = value.split(",")
    if name in _SINGLE and len(found) > 1:
        yield RuleFault(f"{name} takes one number")
    for each in found:
        fits = _NUMBER.fullmatch(each) and least <= int(each) <= most
        if not fits or (least < 0 and int(each) == 0):
            but = ", but not 0" if least < 0 else ""
            yield RuleFault(f"{name} must be from {least} to {most}{but}, not {each!r}")


def _combination_faults(parts: dict[str, str]) -> Iterator[RuleFault]:
    frequency = parts["FREQ"]
    for name, allowed in _ONLY.items():
        if name in parts and frequency not in allowed:
            yield RuleFault(f"{name} has no meaning with FREQ={frequency}")
    yield from _ordinal_faults(frequency, parts.get("BYDAY"))
    if "BYSETPOS" in parts and not _choosable(parts):
        yield RuleFault("BYSETPOS needs another part that begins with BY")
    if _a_day(parts) > MOST_A_DAY:
        yield RuleFault(f"the rrule occurs more than {MOST_A_DAY} times a day")


def _ordinal_faults(frequency: str, days: str | None) -> Iterator[RuleFault]:
    matches = [_DAY.fullmatch(each) for each in days.split(",")] if days else []
    ordinals = [int(match[1]) for match in matches if match and match[1]]
    most = _ORDINALS.get(frequency)
    if not ordinals:
        return
    if most is None:
        yield RuleFault(
            f"BYDAY takes no numbers with FREQ={frequency}", "write BYDAY=MO"
        )
    elif not all(0 < abs(each) <= most for each in ordinals):
        yield RuleFault(f"numbers in BYDAY are from 1 to {most}, or from -{most} to -1")
    if len(ordinals) < len(matches):
        hint = "write a schedule entry for each"
        yield RuleFault("BYDAY mixes weekdays with and without numbers", hint)


def _choosable(parts: dict[str, str]) -> bool:
    return any(name.startswith("BY") and name != "BYSETPOS" for name in parts)


def _a_day(parts: dict[str, str]) -> int:
    names = ("BYHOUR", "BYMINUTE", "BYSECOND")
    return prod(len(set(parts.get(name, "").split(","))) for name in names)
