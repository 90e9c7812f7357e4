"""A daemon whose rooms are at rest asks for little, and misses nothing."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from tests.cli.conftest import World
from tests.cli.daemon_process import Process, daemon
from tests.plain_http import CLIENT
from tests.waiting import until

pytestmark = pytest.mark.process

ROOMS = ("line", "east", "west")
RESYNC = ("--resync", "1s")
OK = 200
SEEN = 60.0
"""Seconds in which a resync of one second sees and repairs anything, at leisure."""


def room(name: str) -> str:
    number = ROOMS.index(name)
    return f"""\
version: 1
conference: {name}
from: "+15550100001"
redial: {{on: [left, busy, no-answer, failed], attempts: 9, backoff: 1s}}
participants:
  ann-{name}: {{to: "+1555123{number}001", muted: false}}
  bob-{name}: {{to: "+1555123{number}002", muted: true}}
"""


def as_declared(world: World, name: str) -> Callable[[], bool]:
    def so() -> bool:
        people = world.people(name)
        return (
            people.keys() == {f"ann-{name}", f"bob-{name}"}
            and not people[f"ann-{name}"]["muted"]
            and people[f"bob-{name}"]["muted"]
        )

    return so


@pytest.fixture
def home(world: World, database: str) -> World:
    """Three rooms declared, over a database that is there."""
    world.environ["RECONCILER_DATABASE_URL"] = database
    assert world.run("db", "upgrade").code == 0
    for name in ROOMS:
        world.write(room(name), f"{name}.yaml")
    return world


def execute(database: str, statement: str, rows: int = 1) -> None:
    """Write so many rows as a stranger does, with nothing of the product."""
    if database.startswith("sqlite"):
        with (
            closing(sqlite3.connect(database.removeprefix("sqlite:///"), 10)) as here,
            here,
        ):
            assert here.execute(statement).rowcount == rows
    else:
        with psycopg.connect(database) as there:
            assert there.execute(statement.encode()).rowcount == rows


def unmuted(world: World, name: str) -> Callable[[], bool]:
    return lambda: not world.people(name)[f"bob-{name}"]["muted"]


def test_what_changes_behind_a_daemon_is_seen_in_a_resync(
    home: World, database: str
) -> None:
    with daemon(home, *RESYNC) as process:
        for name in ROOMS:
            until(as_declared(home, name))
        until(lambda: process.probe("readyz") == 200)

        home.tell("change", who="bob-east", muted=False)
        until(as_declared(home, "east"), within=SEEN)

        home.tell("hang-up", who="ann-west")
        until(as_declared(home, "west"), within=SEEN)
        assert home.rings().count("ann-west") == 2

        home.tell("end", room="line")
        for label, muted in (("ann-line", True), ("bob-line", False)):
            number = "+15551230001" if label == "ann-line" else "+15551230002"
            given = {"room": "line", "from": number, "label": label, "muted": muted}
            home.tell("dial-in", **given)
        until(as_declared(home, "line"), within=SEEN)
        assert home.rings().count("ann-line") == 1

        execute(
            database,
            "UPDATE members SET muted = false "
            "WHERE room = 'line' AND label = 'bob-line'",
        )
        until(unmuted(home, "line"), within=SEEN)
        assert as_declared(home, "east")()
        assert as_declared(home, "west")()
        assert process.end() == 0


def record(world: World) -> str:
    return world.run("events", "--output", "json").out


def at_rest(world: World) -> bool:
    """Whether nothing is put on record for three seconds."""
    before = record(world)
    time.sleep(3)
    return record(world) == before


@pytest.mark.long
def test_rooms_at_rest_cost_a_request_each_and_a_survey_and_no_row(
    home: World, database: str
) -> None:
    with daemon(home, *RESYNC) as process:
        for name in ROOMS:
            until(as_declared(home, name))
        until(lambda: at_rest(home))
        events = record(home)
        home.forget()
        began = time.monotonic()
        time.sleep(10)
        state, took = home.state(), time.monotonic() - began

        most = took * (len(ROOMS) / 0.9 + 2) + len(ROOMS) + 2
        assert took * len(ROOMS) / 5 <= sum(state["reads"].values()) <= most
        assert state["writes"] == state["rings"] == []
        assert record(home) == events

        execute(
            database,
            "UPDATE members SET muted = false "
            "WHERE room = 'west' AND label = 'bob-west'",
        )
        until(unmuted(home, "west"), within=SEEN)
        assert process.end() == 0


def runs(process: Process, result: str) -> float:
    """How many visits of a daemon ended so."""
    text = CLIENT.get(f"http://{process.admin}/metrics", timeout=5).text
    name = f'reconciler_runs_total{{result="{result}"}} '
    (line,) = (each for each in text.splitlines() if each.startswith(name))
    return float(line.removeprefix(name))


def counted(database: str, table: str) -> int:
    """The rows of a table."""
    if database.startswith("sqlite"):
        path = database.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
            return int(rows.fetchone()[0])
    with psycopg.connect(database) as server:
        found = server.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608
    assert found is not None
    return int(found[0])


def test_a_daemon_that_starts_evaluates_no_room_that_was_left_as_declared(
    home: World, database: str
) -> None:
    with daemon(home, *RESYNC) as first:
        for name in ROOMS:
            until(as_declared(home, name))
        until(lambda: at_rest(home))
        until(lambda: counted(database, "converged_rooms") == len(ROOMS))
        assert counted(database, "loaded_folders") == 1
        assert first.end() == 0
    with daemon(home, *RESYNC) as second:
        until(lambda: second.probe("readyz") == OK)
        until(lambda: runs(second, "rested") >= len(ROOMS))
        assert runs(second, "quiet") == runs(second, "acted") == 0
        assert second.end() == 0
