"""Timeouts and timing hooks of requests."""

from dataclasses import dataclass
from typing import Protocol


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


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. ``read`` is between two pieces of an answer; totals end a request.

    ``longest_wait`` bounds each wait between two tries of a read: a longer
    Retry-After is left to the caller.
    """

    connect: float = 3.0
    read: float = 10.0
    read_total: float = 30.0
    write_total: float = 15.0
    tries: int = 3
    backoff: float = 0.25
    longest_wait: float = 5.0

    @property
    def extension(self) -> dict[str, float]:
        """As httpx's transports take it."""
        return {
            "connect": self.connect,
            "read": self.read,
            "write": self.read,
            "pool": self.read,
        }
