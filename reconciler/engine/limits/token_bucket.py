"""Token bucket for placed calls, below the account's calls per second."""

BURST_SECONDS = 0.25
"""Seconds' worth of rings that may leave together; always at least one."""


class TokenBucket:
    """A token bucket of *per_second* rings.

    Holds no clock: times come in as Unix seconds.
    """

    def __init__(self, per_second: float) -> None:
        self._rate = per_second
        self._most = max(1.0, per_second * BURST_SECONDS)
        self._tokens = self._most
        self._at = 0.0

    def take(self, now: float) -> float:
        self._tokens = min(
            self._most, self._tokens + max(0.0, now - self._at) * self._rate
        )
        self._at = now
        if self._tokens < 1.0:
            return (1.0 - self._tokens) / self._rate
        self._tokens -= 1.0
        return 0.0

    def eta(self, rings: int) -> float:
        return rings / self._rate
