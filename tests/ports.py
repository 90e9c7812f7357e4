"""Ports that no outgoing connection of this machine is given."""

import os
import random
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path

_LOWEST = 12_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_EPHEMERAL = 32_768
_WORKERS = 32


def free_port() -> int:
    """A loopback port below the ephemeral ones, of this worker's share of them.

    A port of the ephemeral range may be taken by any connection, and be asked
    by whoever still looks for the server that had it before. A port that was
    returned is returned again only when all others of the share have been:
    whoever has it may not listen yet.
    """
    share = _share(_worker())
    for _ in range(_share_length()):
        port = next(share)
        with socket.socket() as found:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                found.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no free port of worker {_worker()}")


@cache
def _share(worker: int) -> Iterator[int]:
    """The ports of *worker* in turn, in an order of this process."""
    length = _share_length()
    first = _LOWEST + worker % _WORKERS * length
    return cycle(random.SystemRandom().sample(range(first, first + length), length))


def _share_length() -> int:
    return (_ephemeral_from() - _LOWEST) // _WORKERS


def _ephemeral_from() -> int:
    try:
        return int(_EPHEMERAL.read_text("ascii").split()[0])
    except FileNotFoundError:
        return _USUAL_EPHEMERAL


def _worker() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
