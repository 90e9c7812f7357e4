"""Durations as people write them: ``30s``, ``2m``, ``1h`` or plain seconds."""

import math
import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|)")


def seconds(written: object) -> float:
    """Seconds of a duration; ValueError when it is none or is negative."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        if 0 <= written < math.inf:
            return float(written)
    elif isinstance(written, str) and (match := _WRITTEN.fullmatch(written.strip())):
        return float(match[1]) * _UNITS[match[2]]
    raise ValueError(f"{written!r} is not a duration; write 30s, 2m, 1h or seconds")
