"""Option type for instants: ``18:00`` or ``2026-11-29T18:00``, with or without offset."""

import re
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

import click
from msgspec import Struct

from reconciler.bootstrap import now
from reconciler.model.errors import SettingError
from reconciler.planning.timezone import zone

_CLOCK: Final = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)


def parse_time(text: str, now: float, timezone: str | None = None) -> float:
    """Unix time of *text*; raises ValueError with a sentence for a person.

    What has no offset is in *timezone*, else in this machine's; a time alone is the
    next one after *now*.
    """
    local = None if timezone is None else zone(timezone)
    try:
        clock = _CLOCK.fullmatch(text)
        at = _clock(text, now, local) if clock else _moment(text, local)
    except (ValueError, OverflowError, OSError):
        at = None
    if at is None:
        raise ValueError(
            f"{text[:40]!r} is not a time: write 18:00, {example(now)} or "
            f"{example(now)}+01:00"
        )
    return at


def _clock(text: str, now: float, local: tzinfo | None) -> float:
    today = datetime.fromtimestamp(now, local)
    time = datetime.fromisoformat(f"{today:%Y-%m-%d}T{text}").replace(tzinfo=local)
    at = time.timestamp()
    return at if at > now else (time + timedelta(days=1)).timestamp()


def _moment(text: str, local: tzinfo | None) -> float | None:
    if not _MOMENT.fullmatch(text):
        return None
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=local)).timestamp()


def example(now: float) -> str:
    """A time that is to come, as it may be written: six in the evening of tomorrow."""
    tomorrow = datetime.fromtimestamp(now) + timedelta(days=1)  # noqa: DTZ006 - local
    return f"{tomorrow:%Y-%m-%d}T18:00"


def has_offset(text: str) -> bool:
    """Whether *text* says itself which time zone it is in."""
    match = _MOMENT.fullmatch(text)
    return match is not None and datetime.fromisoformat(text).tzinfo is not None


class FutureTime(Struct, frozen=True):
    """An instant to come, as written; see ``at`` for when it is."""

    text: str

    def at(self, timezone: str | None = None) -> float:
        """Unix time; see ``parse_time`` for *timezone*. BadParameter once it is past."""
        moment = now()
        try:
            found = parse_time(self.text, moment, timezone)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
        if found < moment:
            raise click.BadParameter(_past(self.text, moment))
        return found


class _FutureText(click.ParamType[FutureTime]):
    name = "time"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> FutureTime:
        future_time = value if isinstance(value, FutureTime) else FutureTime(str(value))
        try:
            parse_time(future_time.text, now())
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return future_time


FUTURE_TEXT = _FutureText()
"""A time of which the time zone is known later."""


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
            raise SettingError(f"--until: {_past(str(value), moment)}")
        return at


FUTURE = _Future()
"""An instant in Unix time; SettingError if it is in the past."""


def _past(text: str, now: float) -> str:
    return f"{text!r} is in the past: use a future time, such as {example(now)}"
