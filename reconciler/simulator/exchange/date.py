"""Dates as Twilio writes and reads them."""

from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import lru_cache

from reconciler.simulator.exchange.api_error import BAD_PARAMETER, ApiError


def rfc2822(moment: float) -> str:
    """``Tue, 14 Apr 2026 09:26:42 +0000``: whole seconds, UTC."""
    return _rfc2822(int(moment))


@lru_cache(4096)
def _rfc2822(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def day(moment: float) -> date:
    """The UTC day of a moment."""
    return datetime.fromtimestamp(moment, UTC).date()


def read_day(written: str, *, with_time: bool = False) -> date:
    """The day of ``YYYY-MM-DD``, or of a date-time where that is allowed."""
    try:
        if with_time:
            return datetime.fromisoformat(written).date()
        return date.fromisoformat(written)
    except ValueError:
        raise ApiError(BAD_PARAMETER, f"Invalid date: {written}") from None
