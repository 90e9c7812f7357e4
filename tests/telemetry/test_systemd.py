"""sd_notify, as systemd receives it."""

import os
import socket
from pathlib import Path

import pytest

from reconciler.telemetry.systemd import Notifier, keep_alive, notifier


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_ready_alive_and_stopping(tmp_path: Path, abstract: bool) -> None:
    address = f"@reconciler-{os.getpid()}" if abstract else str(tmp_path / "notify")
    bound = f"\0{address[1:]}" if abstract else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(bound)
        systemd.settimeout(2)
        told = Notifier(address)
        told.ready("12 rooms\nWATCHDOG=trigger")
        told.alive()
        told.stopping()
        heard = [systemd.recv(999).decode() for _ in range(3)]
    assert heard == [
        "READY=1\nSTATUS=12 rooms WATCHDOG=trigger",
        "WATCHDOG=1",
        "STOPPING=1",
    ]


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@nobody-listens-here"])
def test_without_systemd_nothing_happens(address: str) -> None:
    Notifier(address).ready("well")


@pytest.mark.parametrize(
    ("environ", "watchdog"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_the_environment_says_where_and_how_often(
    environ: dict[str, str], watchdog: float | None
) -> None:
    told = notifier({"NOTIFY_SOCKET": "/run/x", **environ}, 7)
    assert told == Notifier("/run/x", watchdog)


async def test_the_watchdog_hears_nothing_while_the_loop_is_stuck(
    tmp_path: Path,
) -> None:
    address, answers = str(tmp_path / "notify"), [True, False, True]
    sleeps: list[float] = []

    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.setblocking(False)
        with pytest.raises(IndexError):
            await keep_alive(Notifier(address, 30.0), lambda: answers.pop(0), sleep)
        assert [systemd.recv(99), systemd.recv(99)] == [b"WATCHDOG=1"] * 2
        with pytest.raises(BlockingIOError):
            systemd.recv(99)
    assert sleeps == [10.0] * 3
    await keep_alive(Notifier(address), lambda: True, sleep)
