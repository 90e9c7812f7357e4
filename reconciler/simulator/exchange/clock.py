"""A manual clock, for tests and ``/simulator/advance``."""

from msgspec import Struct


class VirtualClock(Struct):
    """Unix seconds that stand still between calls of ``advance``."""

    now: float = 1_776_158_802.0

    def __call__(self) -> float:
        """The moment it stands at."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass; it never runs backwards."""
        if seconds < 0:
            raise ValueError(f"Time cannot go back by {-seconds} s.")
        self.now += seconds
