"""Ports that no outgoing connection of this machine is given."""

import os
import random
import socket
from pathlib import Path

_LOWEST = 12_000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_USUAL_EPHEMERAL = 32_768
_WORKERS = 32


def free_port() -> int:
    """A loopback port below the ephemeral ones, of this worker's share of them.

    A port of the ephemeral range may be taken by any connection, and be asked
    by whoever still looks for the server that had it before.
    """
    share = (_ephemeral_from() - _LOWEST) // _WORKERS
    first = _LOWEST + _worker() % _WORKERS * share
    for port in random.sample(range(first, first + share), share):
        with socket.socket() as found:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                found.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no free port from {first} to {first + share}")


def _ephemeral_from() -> int:
    try:
        return int(_EPHEMERAL.read_text("ascii").split()[0])
    except FileNotFoundError:
        return _USUAL_EPHEMERAL


def _worker() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
