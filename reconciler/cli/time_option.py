"""Option type for instants: ``18:00`` or ``2026-11-29T18:00``, with or without offset."""

import re
from datetime import datetime, timedelta
from typing import Any, Final

import click

from reconciler.bootstrap import now

_CLOCK: Final = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)


def parse_time(text: str, now: float) -> float:
    """Unix time of *text*; raises ValueError with a sentence for a person.

    What has no offset is in this machine's time zone; a time alone is the next one
    after *now*.
    """
    try:
        at = _clock(text, now) if _CLOCK.fullmatch(text) else _moment(text)
    except (ValueError, OverflowError, OSError):
        at = None
    if at is None:
        raise ValueError(
            f"{text[:40]!r} is not a time: write 18:00, 2026-11-29T18:00 or "
            "2026-11-29T18:00+01:00"
        )
    return at


def _clock(text: str, now: float) -> float:
    today = datetime.fromtimestamp(now).astimezone()
    time = datetime.fromisoformat(f"{today:%Y-%m-%d}T{text}")
    at = time.timestamp()
    return at if at > now else (time + timedelta(days=1)).timestamp()


def _moment(text: str) -> float | None:
    if not _MOMENT.fullmatch(text):
        return None
    return datetime.fromisoformat(text).timestamp()


class _Future(click.ParamType[float]):
    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        moment = now()
        try:
            at = parse_time(str(value), moment)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if at < moment:
            self.fail(f"{str(value)!r} is in the past", param, ctx)
        return at


FUTURE = _Future()
"""An instant that is not in the past, in Unix time."""
