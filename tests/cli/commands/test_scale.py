"""``reconciler daemon --scale``: several processes on one real PostgreSQL."""

import re
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.scale.shards import shard_of
from tests.cli.conftest import World
from tests.cli.daemon_process import Process, daemon
from tests.plain_http import CLIENT
from tests.ports import free_port
from tests.postgres_server import Server, postgres
from tests.waiting import until

pytestmark = pytest.mark.process

SELDOM = 0.5
"""Seconds between two calls of a command that is asked until it says so."""

SHARDS = 8
ROOMS = tuple(f"line-{n}" for n in range(4))
assert len({shard_of(room, SHARDS) for room in ROOMS}) == len(ROOMS)


def room_file(room: str, number: int, people: int = 0) -> str:
    digit = f"+1555123{number:02d}"
    crowd = "".join(
        f'  p{n}: {{to: "{digit}{n:02d}"}}\n' for n in range(10, 10 + people)
    )
    return (
        f'version: 1\nconference: {room}\nfrom: "+15550100001"\n'
        "defaults: {muted: false}\nparticipants:\n"
        f'  ann: {{to: "{digit}01"}}\n  bob: {{to: "{digit}02", muted: true}}\n'
        f'  sup: {{to: "{digit}03", coaching: ann}}\n{crowd}'
    )


def declare(world: World, people: int = 0) -> None:
    for number, room in enumerate(ROOMS):
        world.write(room_file(room, number, people), f"{room}.yaml")


def use(world: World, server: Server) -> None:
    world.environ |= {
        "RECONCILER_DATABASE_URL": server.url(server.create()),
        "RECONCILER_SHARDS": str(SHARDS),
    }
    done = world.run("db", "upgrade", "--scale")
    assert done.code == 0, done.err
    assert "procrastinate 3.10" in done.out


def nodes(world: World) -> dict[int, list[int]]:
    """The shards of each live daemon that has told its name, by its process."""
    done = world.run("nodes", "--output", "json")
    assert done.code == 0, done.err
    return {
        int(each["name"].rpartition(":")[2]): each["shards"]
        for each in done.data["nodes"]
        if each["live"] and ":" in each["name"]
    }


def even(world: World, count: int) -> Callable[[], bool]:
    def so() -> bool:
        held = nodes(world)
        shards = sorted(shard for each in held.values() for shard in each)
        return (
            len(held) == count and shards == list(range(SHARDS)) and all(held.values())
        )

    return so


def holder(world: World, room: str, *processes: Process) -> Process:
    held = nodes(world)
    (found,) = (
        each for each in processes if shard_of(room, SHARDS) in held[each.process.pid]
    )
    return found


def converged(world: World, count: int = 3) -> Callable[[], bool]:
    def so() -> bool:
        rooms = world.rooms()
        people = [rooms.get(room, {}) for room in ROOMS]
        return all(
            len(each) == count
            and each["bob"]["muted"]
            and each["sup"]["coaching"]
            and not each["sup"]["muted"]
            for each in people
        )

    return so


def filled(world: World, count: int) -> Callable[[], bool]:
    """The same, once a person has said of each lost call that it did not ring.

    A daemon that dies between the record of a call and its request leaves one.
    """

    def so() -> bool:
        for room, label in undecided(world):
            assert not rung(world, room, label)
            assert world.run("resolve", room, label, "--not-rung").code == 0
        return converged(world, count)()

    return so


def undecided(world: World) -> list[tuple[str, str]]:
    """Room and label of those of whom a person must say whether their phone rang."""
    return [
        (room["conference"], each["label"])
        for room in world.run("status", "--output", "json").data["rooms"]
        for each in room["members"]
        if "reconciler resolve" in (each["reason"] or "")
    ]


def rung(world: World, room: str, label: str) -> bool:
    rings = world.state()["rings"]
    return any((x["conference"], x["label"]) == (room, label) for x in rings)


def metric(process: Process, name: str) -> float:
    text = CLIENT.get(f"http://{process.admin}/metrics").text
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    assert found, text
    return float(found[1])


@pytest.mark.long
def test_a_daemon_joins_another_is_killed_and_a_coach_is_silenced_in_time(
    world: World, server: Server
) -> None:
    declare(world)
    use(world, server)
    with daemon(world, "--scale", "--resync", "30s") as one:
        until(converged(world))
        assert metric(one, "reconciler_shards_held") == SHARDS
        with daemon(world, "--scale", "--resync", "30s") as other:
            until(even(world, 2), every=SELDOM)
            until(lambda: other.probe("readyz") == 200)
            until(lambda: metric(one, "reconciler_shards_held") == SHARDS / 2)
            until(lambda: metric(other, "reconciler_nodes") == 2)
            room = next(x for x in ROOMS if holder(world, x, one, other) is other)
            time.sleep(3)

            other.process.kill()
            other.process.wait(60)
            call = world.people(room)["ann"]["call_sid"]
            world.tell("hang-up", who=call)

            until(lambda: world.people(room)["sup"]["muted"], within=60)
            until(even(world, 1), every=SELDOM)
        assert one.end() == 0
    assert nodes(world) == {}
    labels = world.rings()
    assert labels.count("bob") == labels.count("sup") == len(ROOMS)


@pytest.mark.long
def test_nobody_is_rung_twice_when_a_daemon_is_killed_while_rooms_are_filled(
    world: World, server: Server
) -> None:
    people = 12
    declare(world, people)
    world.environ["RECONCILER_CALLS_PER_SECOND"] = "4"
    use(world, server)
    total = len(ROOMS) * (people + 3)
    words = ("--scale", "--resync", "5s")
    with daemon(world, *words) as one, daemon(world, *words) as other:
        until(even(world, 2), every=SELDOM)
        until(lambda: len(world.rings()) >= total // 3)
        other.process.kill()
        until(filled(world, people + 3), every=4 * SELDOM)
        assert one.end() == 0
    assert len(world.rings()) == total


@pytest.mark.long
def test_nobody_is_rung_twice_when_a_daemon_is_frozen_while_rooms_are_filled(
    world: World, server: Server
) -> None:
    people = 12
    declare(world, people)
    world.environ["RECONCILER_CALLS_PER_SECOND"] = "4"
    use(world, server)
    total = len(ROOMS) * (people + 3)
    words = ("--scale", "--resync", "5s")
    with daemon(world, *words) as one, daemon(world, *words) as other:
        until(even(world, 2), every=SELDOM)
        until(lambda: len(world.rings()) >= total // 4)
        other.process.send_signal(signal.SIGSTOP)
        until(lambda: list(nodes(world)) == [one.process.pid], every=SELDOM)
        until(lambda: metric(one, "reconciler_shards_held") == SHARDS)
        other.process.send_signal(signal.SIGCONT)
        until(even(world, 2), every=SELDOM)
        until(converged(world, people + 3))
        assert one.end() == other.end() == 0
    assert len(world.rings()) == total


def test_a_webhook_at_the_wrong_daemon_and_a_decision_elsewhere_are_heard_at_once(
    world: World, server: Server
) -> None:
    declare(world)
    use(world, server)
    ports = (free_port(), free_port())
    public = f"http://127.0.0.1:{ports[0]}"
    words = [
        (
            "--scale",
            "--resync",
            "1h",
            "--public-url",
            public,
            "--listen",
            f"127.0.0.1:{x}",
        )
        for x in ports
    ]
    with daemon(world, *words[0]) as one, daemon(world, *words[1]) as other:
        until(even(world, 2), every=SELDOM)
        until(converged(world))
        room = next(x for x in ROOMS if holder(world, x, one, other) is other)
        time.sleep(3)
        world.tell("change", who=world.people(room)["bob"]["call_sid"], muted=False)
        until(converged(world))
        assert metric(one, "reconciler_marks_sent_total") > 0

        before = {x: world.people(x)["ann"]["muted"] for x in ROOMS}
        assert not any(before.values())
        for each in ROOMS:
            done = world.run("set", each, "ann", "muted=true", "--for", "5m")
            assert done.code == 0, done.err
        until(lambda: all(world.people(x)["ann"]["muted"] for x in ROOMS))


def test_daemons_go_on_after_a_restart_of_the_database(world: World) -> None:
    declare(world)
    with postgres() as running:
        use(world, Server(running.get_uri()))
        with (
            daemon(world, "--scale", "--resync", "2s") as one,
            daemon(world, "--scale", "--resync", "2s") as other,
        ):
            until(even(world, 2), every=SELDOM)
            until(converged(world))
            before = nodes(world)
            running.stop()
            until(lambda: one.probe("readyz") == other.probe("readyz") == 503)
            for room in ROOMS:
                call = world.people(room)["bob"]["call_sid"]
                world.tell("change", who=call, muted=False)
            running.start()
            until(converged(world))
            until(lambda: one.probe("readyz") == other.probe("readyz") == 200)
            until(even(world, 2), every=SELDOM)
            assert set(nodes(world)) == set(before)
            assert one.end() == other.end() == 0


def refused(world: World, *words: str, **environ: str) -> str:
    done = world.run("daemon", *words, **environ)
    assert done.code == 78, done.err
    assert "Traceback" not in done.err
    return done.err


def test_what_scaling_out_needs_is_said_before_anything_starts(
    world: World, server: Server
) -> None:
    declare(world)
    assert "--scale needs PostgreSQL" in refused(world, "--scale")
    world.environ["RECONCILER_DATABASE_URL"] = server.url(server.create())
    assert world.run("db", "upgrade").code == 0
    assert "db upgrade --scale" in refused(world, "--scale")
    assert "from 1 to 4096" in refused(world, "--scale", RECONCILER_SHARDS="0")
    assert world.run("db", "upgrade", "--scale").code == 0
    with daemon(world, "--scale") as one:
        until(lambda: one.probe("readyz") == 200)
        said: Any = refused(world, "--scale", RECONCILER_SHARDS="7")
        assert "all daemons of a database need the same number" in said
