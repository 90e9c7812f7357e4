"""Warnings about windows that begin or end in an hour skipped by a clock change."""

from datetime import date, datetime
from functools import lru_cache

from yaml.nodes import Node

from reconciler.files.yaml_text import Page
from reconciler.model.schedule import Once, Recurring, Weekly, Window
from reconciler.planning.rrule import parse
from reconciler.planning.timezone import Skip, instant, on, skips, zone

_MIDNIGHT = 1440


def warn_of_skipped(page: Page, node: Node, window: Window) -> None:
    """Warn of the first day on which *window* begins or ends in a skipped hour."""
    found = None if isinstance(window, Once) else _first(window)
    if found:
        page.warn(node, *found)


@lru_cache(maxsize=512)
def _first(window: Weekly | Recurring) -> tuple[str, str] | None:
    """What to warn of, and what to write instead."""
    for skip in skips(window.timezone):
        message = _affected(window, skip)
        if message:
            times = f"{skip.before:%H:%M} or {skip.after:%H:%M}"
            return message, f"write {times} to be sure"
    return None


def _affected(window: Weekly | Recurring, skip: Skip) -> str | None:
    day = skip.after.date()
    if isinstance(window, Recurring):
        return _begins(window, day, skip)
    if day.weekday() not in window.days:
        return None
    whole = _MIDNIGHT if window.end <= window.start else 0
    start, end = on(day, window.start), on(day, window.end + whole)
    skipped = next((moment for moment in (start, end) if _within(skip, moment)), None)
    if skipped is None:
        return None
    begin, over = instant(start, window.timezone), instant(end, window.timezone)
    if over <= begin:
        return f"{_reason(skipped, window, skip)}; the window is skipped on that day"
    which, at = ("begins", begin) if skipped == start else ("ends", over)
    shown = _clock(at, window.timezone)
    return (
        f"{_reason(skipped, window, skip)}; the window {which} at {shown} on that day"
    )


def _begins(window: Recurring, day: date, skip: Skip) -> str | None:
    """For rules that take the time of day from their start."""
    start = datetime.fromisoformat(window.start)
    names = {name for name, _ in parse(window.rule).parts}
    begin = datetime.combine(day, start.time())
    if names & {"BYHOUR", "BYMINUTE"} or not _within(skip, begin):
        return None
    shown = _clock(instant(begin, window.timezone), window.timezone)
    reason = _reason(begin, window, skip)
    return f"{reason}; an occurrence on that day begins at {shown}"


def _within(skip: Skip, local: datetime) -> bool:
    return skip.before < local < skip.after


def _reason(local: datetime, window: Weekly | Recurring, skip: Skip) -> str:
    return (
        f"{local:%H:%M} does not exist in {window.timezone} on a {skip.after:%A in %B}, "
        f"when clocks go from {skip.before:%H:%M} to {skip.after:%H:%M}"
    )


def _clock(at: float, timezone: str) -> str:
    return f"{datetime.fromtimestamp(at, zone(timezone)):%H:%M}"
