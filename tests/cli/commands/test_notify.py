"""``reconciler notify`` and what the daemon sends, with a receiver on loopback."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from queue import Queue

import pytest

from tests.cli.conftest import LINE, PATIENCE, World
from tests.cli.daemon_process import daemon
from tests.notifications.receiver import OK, Answer, Receiver, receiving
from tests.waiting import until

KEY = "whsec_" + "A" * 32


@contextmanager
def received(answer: Answer = lambda _: OK) -> Iterator[Receiver]:
    """A receiver in a loop of its own."""
    ready: Queue[Receiver] = Queue()
    over = threading.Event()

    async def serve() -> None:
        async with receiving(answer) as receiver:
            ready.put(receiver)
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        yield ready.get(timeout=PATIENCE)
    finally:
        over.set()
        thread.join(PATIENCE)


def declare(world: World, *urls: str, names: tuple[str, ...] = ("ops", "chat")) -> None:
    (world.folder / "key").write_text(f"{KEY}\n", "utf-8")
    targets = [
        {"name": name, "url": url, "secret": "${OPS_KEY}"}
        for name, url in zip(names, urls, strict=False)
    ]
    text = json.dumps({"version": "1", "targets": targets}).replace('"1"', "1")
    (world.folder / "notify.yaml").write_text(text, "utf-8")
    world.environ["RECONCILER_NOTIFY_FILE"] = "notify.yaml"
    world.environ["OPS_KEY_FILE"] = str(world.folder / "key")


def test_a_test_event_goes_to_the_target_named(world: World) -> None:
    with received() as ops, received() as chat:
        declare(world, ops.url, chat.url)
        done = world.run("notify", "test", "--target", "chat")
        assert (done.code, done.out) == (0, "chat: sent\n")
        assert ops.requests == []
        (request,) = chat.requests
        assert request.event["data"]["event"] == "notification.test"
        assert "webhook-signature" in request.headers


def test_a_test_says_which_target_did_not_take_it(world: World) -> None:
    with received() as ops, received(lambda _: "500 Oops") as chat:
        declare(world, ops.url, chat.url)
        done = world.run("notify", "test")
        assert done.code != 0
        assert done.out == "ops: sent\nchat: failed: HTTP 500\n"


def test_a_target_that_there_is_not_is_refused_with_those_that_are(
    world: World,
) -> None:
    declare(world, "http://127.0.0.1:1/x")
    done = world.run("notify", "test", "--target", "opss")
    assert done.code == 64
    assert "did you mean 'ops'?" in done.err


def test_the_list_shows_hosts_and_no_more_of_a_url(world: World) -> None:
    declare(world, "https://h.example/hooks?token=s3cret")
    done = world.run("notify", "list")
    assert done.out == (
        "ops: CloudEvents to h.example; kinds: as rosters ask for; rooms: *; 0 waiting\n"
    )
    data = world.run("notify", "list", "--output", "json").data
    assert data["targets"][0]["kinds"] is None


def test_without_a_file_nobody_is_notified_and_a_test_says_what_to_set(
    world: World,
) -> None:
    assert "Nobody is notified" in world.run("notify", "list").out
    done = world.run("notify", "test")
    assert done.code != 0
    assert "RECONCILER_NOTIFY_FILE" in done.err


def test_a_mistake_is_told_by_doctor_and_before_the_daemon_starts(world: World) -> None:
    declare(world, "http://h.example/s3cret")
    world.write(LINE)
    doctor = world.run("doctor")
    assert "fail notifications: " in doctor.out
    for done in (doctor, world.run("daemon")):
        assert "url is not encrypted" in done.out + done.err
        assert "s3cret" not in done.out + done.err
        assert done.code != 0


def begun(world: World) -> bool:
    """Whether a daemon has begun to read events."""
    with closing(sqlite3.connect(world.folder / "reconciler.db")) as database:
        return bool(database.execute("SELECT * FROM notification_cursors").fetchall())


@pytest.mark.process
def test_the_daemon_notifies_of_what_sync_did_and_of_its_own(world: World) -> None:
    roster = LINE.replace("defaults:", "notify: [exposed, override]\ndefaults:")
    with received() as ops:
        declare(world, f"{ops.url}?token=s3cret")
        world.converge(roster)
        with daemon(world) as first:
            until(lambda: begun(world))
            assert first.end() == 0
        world.run(
            "set", "line", "bob", "muted=false", "--for", "1h", "--reason", "asks"
        )
        world.run("sync")
        assert ops.requests == []
        with daemon(world) as second:
            until(lambda: len(ops.requests) >= 2)
            log = second.log
        kinds = [each.event["data"]["kind"] for each in ops.requests]
        assert sorted(kinds) == ["exposed", "override"]
        assert "s3cret" not in log.read_text("utf-8")
