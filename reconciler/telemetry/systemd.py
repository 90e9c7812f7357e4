"""sd_notify over a datagram socket."""

import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from msgspec import Struct

_MICROSECONDS: Final = 1e6
_SIGNS: Final = 3
"""Signs of life in each period of the watchdog."""


class Notifier(Struct, frozen=True):
    """Tells the service manager; does nothing where there is none.

    ``address`` is $NOTIFY_SOCKET, or "". ``watchdog_seconds`` is the time
    within which it wants a sign of life, None if it wants none.
    """

    address: str = ""
    watchdog_seconds: float | None = None

    def ready(self, status: str = "") -> None:
        """The start is over."""
        self.tell("READY=1", *_status(status))

    def stopping(self, status: str = "") -> None:
        """The stop has begun."""
        self.tell("STOPPING=1", *_status(status))

    def alive(self) -> None:
        """The loop moves: to be said at least twice in ``watchdog_seconds``."""
        self.tell("WATCHDOG=1")

    def tell(self, *lines: str) -> None:
        """Send assignments; what cannot be sent is dropped."""
        if not self.address or not lines:
            return
        path = f"\0{self.address[1:]}" if self.address[0] == "@" else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.setblocking(False)
            try:
                to.sendto("\n".join(lines).encode(), path)
            except OSError:
                return


def notifier(environ: Mapping[str, str], pid: int) -> Notifier:
    """The service manager that *environ* names, for the process *pid*."""
    wanted = environ.get("WATCHDOG_USEC", "")
    mine = environ.get("WATCHDOG_PID", str(pid)) == str(pid)
    seconds = int(wanted) / _MICROSECONDS if wanted.isdecimal() and mine else None
    return Notifier(environ.get("NOTIFY_SOCKET", ""), seconds or None)


async def keep_alive(
    told: Notifier,
    alive: Callable[[], bool],
    sleep: Callable[[float], Awaitable[object]],
) -> None:
    """Give signs of life for as long as *alive* says so; returns without a watchdog."""
    while told.watchdog_seconds:
        if alive():
            told.alive()
        await sleep(told.watchdog_seconds / _SIGNS)


def _status(text: str) -> tuple[str, ...]:
    return (f"STATUS={' '.join(text.split())}",) if text else ()
