"""Durations as people write them: ``30s``, ``2m``, ``1h``, ``1d`` or plain seconds."""

import math
import re
from typing import Final

AMOUNT: Final = r"[0-9]{1,9}(?:\.[0-9]{1,6})?"
UNIT: Final = "[smhd]?"

_FORM: Final = re.compile(f"({AMOUNT})({UNIT})")
_NONE: Final = "{!r} is not a duration: write 30s, 2m, 1h, 1d or plain seconds"
_SECONDS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str) -> float:
    """Seconds; raises ValueError with a sentence for a person."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(_NONE.format(text[:40]))
    return float(match[1]) * _SECONDS[match[2]]


def seconds(written: object) -> float:
    """Seconds of a duration given as text or as a number; ValueError otherwise."""
    if isinstance(written, str):
        return parse_duration(written.strip())
    if isinstance(written, bool) or not isinstance(written, int | float):
        raise ValueError(_NONE.format(written))  # noqa: TRY004 - one error for all
    if 0 <= written < math.inf:
        return float(written)
    raise ValueError(_NONE.format(written))
