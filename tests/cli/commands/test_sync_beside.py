"""A ``sync`` that ends in the middle of its work, and a daemon beside it."""

import signal
import sqlite3
import time

import pytest

from tests.cli.conftest import LINE, World
from tests.cli.daemon_process import daemon
from tests.cli.forked_process import ForkedProcess
from tests.waiting import until

pytestmark = pytest.mark.process

CREATE = {"method": "POST", "path": "*/Participants.json"}
HANGS_SECONDS = 60.0
"""Longer than a lease, and than a daemon needs to act once it has one."""
GUEST = '  eve: {to: "+15551230005"}\n'


def held(world: World) -> list[str]:
    """The rooms that somebody holds."""
    with sqlite3.connect(world.folder / "reconciler.db") as database:
        now = time.time()
        rows = database.execute("SELECT room FROM leases WHERE expires_at > ?", (now,))
        return [room for (room,) in rows]


def sync_that_hangs(world: World) -> ForkedProcess:
    """One that rings somebody new, and waits for the answer to that."""
    world.forget()
    world.tell("faults", kind="hang", times=1, seconds=HANGS_SECONDS, **CREATE)
    process = world.start("sync")
    until(world.creates)
    until(lambda: held(world) == ["line"])
    return process


def test_a_closed_terminal_ends_a_sync_that_gives_its_rooms_back(world: World) -> None:
    world.write(LINE)
    world.tell("people", address="+15551230004", answers_after="60s")
    process = world.start("sync")
    until(lambda: len(world.people()) == 4)
    process.send_signal(signal.SIGHUP)
    _, err = process.communicate()
    assert process.returncode == 130, err
    assert "Stopping" in err
    assert held(world) == []


def test_a_killed_sync_keeps_a_daemon_from_its_room_for_a_lease_at_most(
    world: World,
) -> None:
    world.write(LINE)
    assert world.run("sync").code == 0
    world.write(LINE + GUEST)
    process = sync_that_hangs(world)
    with daemon(world, "--resync", "1s") as running:
        until(lambda: running.probe("readyz") == 200)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        world.tell("hang-up", who="ann")
        seconds = until(lambda: world.people()["sup"]["muted"])
        assert seconds < HANGS_SECONDS - 10
