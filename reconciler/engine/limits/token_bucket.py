"""Token bucket for placed calls, below the account's calls per second."""

from collections.abc import Callable

BURST_SECONDS = 0.25
"""Seconds' worth of rings that may leave together; always at least one."""

LEAST_PORTION = 1e-4
"""Part of the rate at least, so that a wait is never infinite."""

PORTION_SECONDS = 5.0
"""Seconds to wait at most for a token of a portion: it may be greater by then."""


class TokenBucket:
    """A token bucket of *per_second* rings, or of the ``portion`` of them at a time.

    Holds no clock: times come in as Unix seconds.
    """

    def __init__(
        self, per_second: float, portion: Callable[[], float] = lambda: 1.0
    ) -> None:
        self._per_second = per_second
        self._portion = portion
        self._most = max(1.0, per_second * BURST_SECONDS)
        self._tokens = self._most
        self._at = 0.0

    @property
    def rate(self) -> float:
        """Rings a second."""
        return self._per_second * max(self._portion(), LEAST_PORTION)

    def take(self, now: float) -> float:
        self._tokens = min(
            self._most, self._tokens + max(0.0, now - self._at) * self.rate
        )
        self._at = now
        if self._tokens < 1.0:
            wait = (1.0 - self._tokens) / self.rate
            return wait if self._portion() >= 1.0 else min(wait, PORTION_SECONDS)
        self._tokens -= 1.0
        return 0.0

    def eta(self, rings: int) -> float:
        return rings / self.rate
