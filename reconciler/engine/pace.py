"""How fast phones may be rung: below the account's calls per second."""


class Pace:
    """A token bucket of one: *per_second* rings, never two at once.

    Holds no clock: times come in as Unix seconds.
    """

    def __init__(self, per_second: float) -> None:
        self._gap = 1.0 / per_second if per_second > 0 else 0.0
        self._next = 0.0

    def take(self, now: float) -> float:
        """0.0 if a ring may be sent now, else the seconds to wait for one."""
        if now < self._next:
            return self._next - now
        self._next = now + self._gap
        return 0.0

    def eta(self, rings: int) -> float:
        """Seconds that *rings* take at this pace."""
        return max(0, rings - 1) * self._gap
