"""Timeouts and timing hooks of requests."""

from typing import Protocol

from msgspec import Struct


class OnRequest(Protocol):
    """Told of every request once it is over.

    ``status`` is 0 without an answer; ``seconds`` is how long it took.
    """

    def __call__(
        self,
        operation: str,
        method: str,
        status: int,
        seconds: float,
        request_id: str | None,
    ) -> None:
        """Take note; must not raise."""
        ...


class Timing(Struct, frozen=True):
    """``read_seconds`` is between two pieces of an answer; totals end a request.

    ``longest_wait_seconds`` bounds each wait between two tries of a read: a longer
    Retry-After is left to the caller.
    """

    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    read_total_seconds: float = 30.0
    write_total_seconds: float = 15.0
    tries: int = 3
    backoff_seconds: float = 0.25
    longest_wait_seconds: float = 5.0

    @property
    def extension(self) -> dict[str, float]:
        """As httpx's transports take it."""
        return {
            "connect": self.connect_seconds,
            "read": self.read_seconds,
            "write": self.read_seconds,
            "pool": self.read_seconds,
        }
