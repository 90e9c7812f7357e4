"""Rate limits of requests: a bucket for each client and each kind of request."""

from collections import OrderedDict
from typing import Final

from msgspec import Struct

from reconciler.engine.ports import Clock

MOST_BUCKETS: Final = 4096


class RequestRate(Struct, frozen=True):
    """``burst`` requests at once, and ``per_second`` more."""

    burst: float
    per_second: float


FAILED_TOKENS: Final = RequestRate(10, 0.1)
PROVIDER_VISITS: Final = RequestRate(10, 0.1)
READS: Final = RequestRate(200, 50.0)
DECISIONS: Final = RequestRate(30, 1.0)


class RequestLimits:
    """Counts by key; the buckets that were used least recently are forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, RequestRate], tuple[float, float]] = (
            OrderedDict()
        )

    def wait(self, key: str, rate: RequestRate) -> float:
        """0.0 if *key* may go on, and is counted; else the seconds to wait."""
        now = self._clock()
        tokens, at = self._buckets.pop((key, rate), (rate.burst, now))
        tokens = min(rate.burst, tokens + max(0.0, now - at) * rate.per_second)
        allowed = tokens >= 1.0
        self._buckets[key, rate] = (tokens - 1.0 if allowed else tokens, now)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - tokens) / rate.per_second
