"""A window of time in a file → Period.

``{when: "mon-fri 09:00-18:00", timezone: Europe/Berlin}``,
``{when: "2026-11-29T18:00/2026-11-29T20:00", timezone: Europe/Berlin}`` or
``{rrule: "FREQ=WEEKLY;BYDAY=SA", start: "2026-11-28T18:00", duration: 2h, …}``.
"""

import re
from datetime import date
from typing import Final

from yaml.nodes import Node, SequenceNode

from reconciler.files.mapping import Entry, did_you_mean, shown
from reconciler.files.moment import LOCAL, OFFSET, parse_moment, read_moment
from reconciler.files.scalar import scalar, text, untagged
from reconciler.files.skipped_hours import warn_of_skipped
from reconciler.files.timezone_field import read_timezone
from reconciler.files.yaml_text import Page
from reconciler.model.duration import parse_duration
from reconciler.model.schedule import Once, Period, Recurring, Weekly, Window
from reconciler.planning.recurrence import implied_start, rule_fault
from reconciler.planning.rrule import fault_of

PERIOD_KEYS: Final = ("when", "rrule", "start", "duration", "timezone", "except")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
WHEN: Final = (
    r"\S+ +[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}"
    f"|{LOCAL}{OFFSET}?/{LOCAL}{OFFSET}?"
)
"""What ``when`` looks like, for the schema; what it means is checked here."""

MAX_SECONDS: Final = 31 * 86400.0

_DAYS: Final = tuple(range(7))
_MIDNIGHT: Final = 1440
_WEEKLY: Final = re.compile(r"(\S+) +([0-9]{1,2}:[0-9]{2})-([0-9]{1,2}:[0-9]{2})")
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_DATE: Final = re.compile(DATE)
_ADD_START: Final = 'add start: "YYYY-MM-DDT18:00", when it first occurs'
_EXAMPLE: Final = 'write when: "mon-fri 09:00-18:00"'


def read_period(
    page: Page, node: Node, found: dict[str, Entry], timezone: str | None = None
) -> Period | None:
    """The period of the entries *found* of *node*; None is noted.

    *timezone* holds where none is named.
    """
    errors = page.errors
    if "timezone" in found:
        timezone = read_timezone(page, found["timezone"].value)
    if ("when" in found) == ("rrule" in found):
        both = "when and rrule cannot be given together" if "when" in found else None
        page.wrong(node, both or "a window needs when or rrule", _EXAMPLE)
        return None
    dates = _exceptions(page, found["except"].value) if "except" in found else ()
    if page.errors > errors:
        return None
    window = _window(page, node, found, timezone)
    if window is None or page.errors > errors:
        return None
    words = found["when" if "when" in found else "rrule"].value
    period = Period(window, dates, _words(words, timezone))
    warn_of_skipped(page, words, window)
    return period


def _words(node: Node, timezone: str | None) -> str:
    return f"{node.value} {timezone}" if timezone else str(node.value)


def _window(
    page: Page, node: Node, found: dict[str, Entry], timezone: str | None
) -> Window | None:
    if "rrule" in found:
        return _recurring(page, node, found, timezone)
    for name in ("start", "duration"):
        if name in found:
            page.wrong(found[name].key, f"{name} belongs to rrule, not to when")
    when = found["when"].value
    written = text(page, "when", when)
    if written is None:
        return None
    if "/" not in written:
        return _weekly(page, node, when, written, timezone)
    if "except" in found:
        message = "except has no effect if when is two instants"
        page.wrong(found["except"].key, message, "remove it")
    return _once(page, when, written, timezone)


def _needs_timezone(page: Page, node: Node) -> None:
    page.wrong(node, "a window needs timezone", "add timezone: Europe/Berlin")


def _weekly(
    page: Page, node: Node, when: Node, written: str, timezone: str | None
) -> Weekly | None:
    parts = _WEEKLY.fullmatch(written)
    if parts is None:
        message = "when must be weekdays and hours, or two instants"
        page.wrong(when, message, _completed(written))
        return None
    days = _weekdays(page, when, parts[1])
    start, end = _minutes(page, when, parts[2]), _minutes(page, when, parts[3])
    if start is None or end is None:
        return None
    if start == end:
        hint = "write 00:00-24:00 for a whole day"
        page.wrong(when, f"the window {parts[2]}-{parts[3]} is empty", hint)
    elif start == _MIDNIGHT:
        page.wrong(when, "a window cannot begin at 24:00", "write 00:00")
    if timezone is None:
        _needs_timezone(page, node)
        return None
    return Weekly(days, start, end, timezone)


def _completed(written: str) -> str:
    if re.fullmatch(r"[0-9:]+-[0-9:]+", written):
        return f'write when: "daily {written}"'
    if all(each in WEEKDAYS or each == "daily" for each in re.split("[,-]", written)):
        return f'write when: "{written} 00:00-24:00"'
    return f'{_EXAMPLE} or when: "YYYY-MM-DDT18:00/YYYY-MM-DDT20:00"'


def _weekdays(page: Page, node: Node, written: str) -> tuple[int, ...]:
    if written == "daily":
        return _DAYS
    days: set[int] = set()
    for part in written.split(","):
        first, dash, last = part.partition("-")
        ends = [
            _weekday(page, node, name) for name in ([first, last] if dash else [first])
        ]
        if None not in ends:
            begin, length = ends[0] or 0, ((ends[-1] or 0) - (ends[0] or 0)) % 7
            days.update((begin + n) % 7 for n in range(length + 1))
    return tuple(sorted(days))


def _weekday(page: Page, node: Node, name: str) -> int | None:
    if name in WEEKDAYS:
        return WEEKDAYS.index(name)
    short = name[:3].lower()
    hint = f"write {short}" if short in WEEKDAYS else did_you_mean(name, WEEKDAYS)
    message = f"{shown(name)} is not a weekday"
    page.wrong(node, message, hint or f"write {', '.join(WEEKDAYS)} or daily")
    return None


def _minutes(page: Page, node: Node, written: str) -> int | None:
    if _TIME.fullmatch(written):
        return int(written[:2]) * 60 + int(written[3:])
    hint = (
        f"write 0{written}"
        if _TIME.fullmatch(f"0{written}")
        else "write 00:00 to 24:00"
    )
    page.wrong(node, f"{written} is not a time of day", hint)
    return None


def _once(page: Page, node: Node, written: str, timezone: str | None) -> Once | None:
    parts = written.split("/")
    if len(parts) != 2:  # noqa: PLR2004 - from and to
        message = "when must be two instants with one / between them"
        page.wrong(node, message, 'write "YYYY-MM-DDT18:00/YYYY-MM-DDT20:00"')
        return None
    start, end = (read_moment(page, node, part, timezone) for part in parts)
    if start is None or end is None:
        return None
    if end <= start:
        message = f"the window ends {'when' if end == start else 'before'} it begins"
        page.wrong(node, message, "write the earlier instant before the /")
    return Once(start, end)


def _recurring(
    page: Page, node: Node, found: dict[str, Entry], timezone: str | None
) -> Recurring | None:
    rule = text(page, "rrule", found["rrule"].value)
    fault = fault_of(rule) if rule is not None else None
    if fault:
        page.wrong(found["rrule"].value, fault.message, fault.hint)
    implied = implied_start(rule) if rule is not None and not fault else None
    start = _start(page, node, found.get("start"), implied)
    duration = _duration(page, node, found.get("duration"))
    if timezone is None:
        _needs_timezone(page, node)
    if fault or None in (rule, start, duration, timezone):
        return None
    recurring = Recurring(rule or "", start or "", duration or 0.0, timezone or "")
    fault = rule_fault(recurring)
    if fault and "start" in found:
        page.wrong(found["start"].value, fault.message, fault.hint)
    elif "start" not in found and "BYHOUR" not in recurring.rule:
        message = "the rrule has neither start nor BYHOUR: it begins at 00:00"
        page.warn(found["rrule"].value, message, _ADD_START)
    return recurring


def _start(
    page: Page, node: Node, entry: Entry | None, implied: str | None
) -> str | None:
    """The start that is given, else the one that the rule *implied*."""
    if entry is None and implied is not None:
        return implied
    if entry is None:
        page.wrong(node, "an rrule needs start", _ADD_START)
        return None
    written = text(page, "start", entry.value)
    moment = parse_moment(written) if written is not None else None
    if moment is None or moment.tzinfo is not None:
        if written is not None:
            message = "start must be local time in the window's timezone"
            page.wrong(entry.value, message, 'write start: "YYYY-MM-DDT18:00"')
        return None
    return moment.isoformat()


def _duration(page: Page, node: Node, entry: Entry | None) -> float | None:
    if entry is None:
        page.wrong(node, "an rrule needs duration", "add duration: 2h")
        return None
    single = scalar(page, "duration", entry.value)
    written = page.replaced(entry.value, single.value) if single else None
    if written is None:
        return None
    try:
        seconds = parse_duration(written)
    except ValueError:
        page.wrong(
            entry.value, "duration must be a duration", "write 30m, 2h or seconds"
        )
        return None
    if 0 < seconds <= MAX_SECONDS:
        return seconds
    page.wrong(entry.value, "duration must be more than 0 and at most 744h")
    return None


def _exceptions(page: Page, node: Node) -> tuple[str, ...]:
    if not untagged(page, "except", node):
        return ()
    if not isinstance(node, SequenceNode):
        page.wrong(node, "except must be a list of dates", "write except: [YYYY-MM-DD]")
        return ()
    found = [_exception(page, each) for each in node.value]
    return tuple(sorted({each for each in found if each}))


def _exception(page: Page, node: Node) -> str | None:
    written = text(page, "except", node)
    if written is None:
        return None
    try:
        if _DATE.fullmatch(written):
            return date.fromisoformat(written).isoformat()
    except ValueError:
        pass
    page.wrong(node, f"{shown(written)} is not a date", "write YYYY-MM-DD")
    return None
