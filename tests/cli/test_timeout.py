"""``sync --timeout`` bounds a sync, whatever the network does."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

import pytest

from tests.cli.conftest import LINE, PATIENCE, World
from tests.dripping import Dripping

SLACK = 40.0
"""Seconds for the last answers, and for a busy machine."""


@contextmanager
def dripping(*, silent: bool) -> Iterator[str]:
    """A server that never answers whole, in a loop of its own."""
    ready: Queue[str] = Queue()
    over = threading.Event()

    async def serve() -> None:
        async with Dripping(silent=silent) as server:
            ready.put(f"http://127.0.0.1:{server.port}")
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        yield ready.get(timeout=PATIENCE)
    finally:
        over.set()
        thread.join(PATIENCE)


@pytest.mark.parametrize("silent", [True, False])
def test_a_sync_whose_answers_drip_or_never_come_ends_in_time(
    world: World, *, silent: bool
) -> None:
    world.write(LINE)
    with dripping(silent=silent) as url:
        began = time.perf_counter()
        done = world.run("sync", "--timeout", "2s", RECONCILER_TWILIO_URL=url)
        assert time.perf_counter() - began < 2 + SLACK
    assert done.code == 69
    assert "line: unknown" in done.out


def test_a_room_that_was_not_read_is_in_the_json_and_not_converged(
    world: World,
) -> None:
    world.write(LINE)
    done = world.run("--output", "json", "sync", "--timeout", "0s")
    assert done.code == 3
    assert done.data["converged"] is False
    (room,) = done.data["rooms"]
    assert (room["conference"], room["state"]) == ("line", "unknown")


@pytest.mark.long
@pytest.mark.parametrize("kind", ["hang", "slow"])
def test_a_create_that_hangs_at_the_end_is_noted_as_unknown_and_not_repeated(
    world: World, kind: str
) -> None:
    world.write(LINE)
    world.tell(
        "faults",
        kind=kind,
        method="POST",
        path="*/Participants.json",
        after=True,
        seconds=60,
    )
    world.tell("people", address="+15551230001", answers_after="10s")
    began = time.perf_counter()
    done = world.run("sync", "--timeout", "6s")
    assert time.perf_counter() - began < 6 + SLACK
    assert done.code == 3
    events = world.run("events", "--output", "json").out
    assert "ring.unknown" in events
    again = world.run("sync", "--timeout", "2m")
    assert again.code == 0, again.out
    assert sorted(world.rings()) == ["ann", "bob", "cara", "dan", "sup"]


def test_a_listing_that_hangs_after_a_first_look_is_no_unreachable_twilio(
    world: World,
) -> None:
    world.write(LINE)
    world.tell(
        "faults", kind="hang", method="GET", path="*Participants*", skip=1, times=50
    )
    began = time.perf_counter()
    done = world.run("sync", "--timeout", "6s")
    assert time.perf_counter() - began < 6 + SLACK
    assert done.code == 3
