"""Windows of time: when a mode, a state or a member counts."""

from typing import TypeAlias

from msgspec import Struct


class Weekly(Struct, frozen=True):
    """Hours of some weekdays, as the clock of ``timezone`` shows them.

    ``days`` has 0 for Monday. ``start`` and ``end`` are minutes after midnight,
    ``end`` up to 1440; an ``end`` at or before ``start`` is on the next day.
    """

    days: tuple[int, ...]
    start: int
    end: int
    timezone: str


class Recurring(Struct, frozen=True):
    """Occurrences of an RFC 5545 rule, each ``duration_seconds`` of real time.

    ``rule`` is the RRULE's value, ``start`` its DTSTART as local time in
    ``timezone`` (``2026-11-29T18:00:00``).
    """

    rule: str
    start: str
    duration_seconds: float
    timezone: str


class Once(Struct, frozen=True):
    """From one instant to another, in Unix seconds."""

    start: float
    end: float


Window: TypeAlias = Weekly | Recurring | Once


class Period(Struct, frozen=True):
    """A window with its exceptions: ``dates`` (``2026-12-25``) on which it is not.

    An occurrence is left out if it begins on one of them, in the window's zone.
    ``text`` is what the file says, for messages.
    """

    window: Window
    dates: tuple[str, ...] = ()
    text: str = ""
