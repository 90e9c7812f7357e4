"""When a room changes: from files, from what was loaded, with overrides on top."""

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime

from tests.cli.conftest import World

HEAD = """\
version: 1
conference: line
from: "+15550100001"
participants:
  ann: {to: "+15551230001"}
  bob:
    to: "client:bob"
    schedule: {when: "%s"}
schedule:
  - {when: "%s", state: ended}
"""


def _instant(hours: float) -> str:
    at = datetime.fromtimestamp(time.time() // 60 * 60 + hours * 3600, UTC)
    return at.strftime("%Y-%m-%dT%H:%MZ")


def _line() -> str:
    """Ended from in an hour to in two; bob is declared from in four hours to in five."""
    bob = f"{_instant(4)}/{_instant(5)}"
    return HEAD % (bob, f"{_instant(1)}/{_instant(2)}")


def _changes(world: World, *words: str) -> list[tuple[str, str, list[str], list[str]]]:
    data = world.run("schedule", "line", *words, "--output", "json").data
    return [
        (each["utc"][:16] + "Z", each["state"], each["joins"], each["leaves"])
        for each in data["entries"][1:]
    ]


def test_files_are_shown_without_a_database_and_nothing_is_written(
    world: World,
) -> None:
    world.write(_line())

    assert _changes(world, "desired") == [
        (_instant(1), "ended", [], []),
        (_instant(2), "open", [], []),
        (_instant(4), "open", ["bob"], []),
        (_instant(5), "open", [], ["bob"]),
    ]
    assert world.writes() == []
    assert not (world.folder / "reconciler.db").exists()


def test_what_was_loaded_is_shown_until_files_are_named(world: World) -> None:
    world.write(_line())
    assert world.run("sync").code == 0
    loaded = _changes(world)
    world.write(HEAD.partition("schedule:\n  -")[0] % f"{_instant(4)}/{_instant(5)}")

    assert len(loaded) == 4
    assert _changes(world) == loaded
    assert _changes(world, "desired") == loaded[2:]


def test_the_table_names_room_zone_and_each_change(world: World) -> None:
    world.write(_line())
    found = world.run("schedule", "line", "desired", "--timezone", "Asia/Tokyo")

    lines = found.out.splitlines()
    assert lines[0].startswith("line: until ")
    assert lines[0].endswith("Asia/Tokyo, as these files declare it")
    assert lines[2].endswith("open   now, 1 person declared")
    assert [line.split()[-2:] for line in lines[5:]] == [["+", "bob"], ["-", "bob"]]


def test_only_the_days_asked_for_are_listed(world: World) -> None:
    late = f"{_instant(30)}/{_instant(31)}"
    world.write(HEAD % (late, f"{_instant(1)}/{_instant(2)}"))

    assert len(_changes(world, "desired", "--days", "1")) == 2
    assert len(_changes(world, "desired", "--days", "2")) == 4


def test_a_room_that_is_not_known_and_a_zone_that_is_none_are_named(
    world: World,
) -> None:
    world.write(_line())

    unknown = world.run("schedule", "court")
    undeclared = world.run("schedule", "court", "desired")
    nowhere = world.run("schedule", "line", "desired", "--timezone", "Mars/Base")

    assert unknown.code == undeclared.code == nowhere.code == 78
    assert "room 'court' does not exist" in unknown.err
    assert "these files declare no room 'court' (rooms: line)" in undeclared.err
    assert "'Mars/Base'" in nowhere.err


def test_a_sync_computes_boundaries_anew_with_the_zone_data_it_has(
    world: World,
) -> None:
    world.write(_line())
    assert world.run("sync").code == 0
    (due,) = _boundaries(world)
    with closing(sqlite3.connect(world.folder / "reconciler.db")) as database:
        database.execute("UPDATE rosters SET effective_until = effective_until + 3600")
        database.commit()

    assert world.run("sync").code == 0

    assert _boundaries(world) == [due]


def _boundaries(world: World) -> list[float]:
    with closing(sqlite3.connect(world.folder / "reconciler.db")) as database:
        found = database.execute("SELECT effective_until FROM rosters").fetchall()
    return [at for (at,) in found]
