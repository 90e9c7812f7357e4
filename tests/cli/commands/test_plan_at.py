"""The plan as it would be at another time, and exactly what is then done."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cli.conftest import World

LINE = """\
version: 1
conference: line
from: "+15550100001"
participants:
  ann: {to: "+15551230001", muted: false}
  bob: {to: "client:bob", muted: false, schedule: {when: "%s"}}
modes:
  quiet: {ann: {muted: true}}
schedule:
  - {when: "%s", mode: quiet}
  - {when: "%s", state: ended}
"""


def _instant(hours: float) -> str:
    at = datetime.fromtimestamp(time.time() // 60 * 60 + hours * 3600, UTC)
    return at.strftime("%Y-%m-%dT%H:%MZ")


def _window(start: float) -> str:
    return f"{_instant(start)}/{_instant(start + 1)}"


def _line() -> str:
    """Bob joins in an hour, ann is muted in two, the room is ended in three."""
    return LINE % (_window(1), _window(2), _window(3))


def _actions(data: Any) -> list[tuple[str, str]]:
    return [(x["verb"], x["label"]) for room in data["rooms"] for x in room["actions"]]


def _planned(world: World, hours: float) -> list[tuple[str, str]]:
    found = world.run("plan", "--at", _instant(hours), "--output", "json")
    assert found.code == 0, found.err
    return _actions(found.data)


@pytest.fixture
def _converged(world: World) -> None:
    world.write(_line())
    assert world.run("sync").code == 0


@pytest.mark.usefixtures("_converged")
def test_a_plan_is_for_what_is_declared_then(world: World) -> None:
    assert _planned(world, 0.5) == []
    assert _planned(world, 1.5) == [("ring", "bob")]
    assert _planned(world, 2.5) == [("change", "ann")]
    assert _planned(world, 3.5) == [("remove", "")]
    assert _planned(world, 4.5) == []


@pytest.mark.usefixtures("_converged")
def test_nothing_is_written_and_the_time_is_named(world: World) -> None:
    before = world.writes()
    at = _instant(1.5)

    found = world.run("plan", "--at", at)

    assert found.out.startswith(
        f"As declared at {at[:10]} {at[11:16]}:00Z, with the current participants:"
    )
    assert "bob" in found.out
    assert world.writes() == before
    assert _planned(world, 0.5) == []


def test_a_room_that_was_never_loaded_is_planned_as_it_will_be(world: World) -> None:
    world.write(_line())

    assert _planned(world, 0.5) == [("ring", "ann")]
    assert _planned(world, 1.5) == [("ring", "ann"), ("ring", "bob")]
    assert _planned(world, 3.5) == []


@pytest.mark.usefixtures("_converged")
def test_an_edit_counts_before_the_schedule_does(world: World) -> None:
    world.write(_line().replace("client:bob", "client:eve"))

    assert _planned(world, 1.5) == [("ring", "bob")]


@pytest.mark.usefixtures("_converged")
def test_a_paused_room_stays_paused_at_another_time(world: World) -> None:
    assert world.run("pause", "line", "--for", "30m").code == 0
    found = world.run("plan", "--at", _instant(1.5), "--output", "json").data

    assert found["rooms"][0]["state"] == "paused"
    assert _actions(found) == []


@pytest.mark.usefixtures("_converged")
def test_a_time_that_is_past_or_none_is_a_usage_error(world: World) -> None:
    past = world.run("plan", "--at", "2020-01-01T00:00Z")
    none = world.run("plan", "--at", "soon")

    assert past.code == none.code == 64
    assert "is in the past" in past.err
    assert "is not a time: write 18:00" in none.err


def test_a_time_without_a_zone_is_in_that_of_the_schedule(world: World) -> None:
    world.write(LINE % ("daily 00:00-24:00", "mon 18:00-18:30", "tue 01:00-01:30"))
    path = world.folder / "desired/line.yaml"
    text = path.read_text()
    path.write_text(text.replace("version: 1", "version: 1\ntimezone: Asia/Tokyo"))

    found = world.run("plan", "--at", "18:00")

    assert ":00Z (18:00 in Asia/Tokyo), with the current participants:" in found.out
    assert "09:00:00Z" in found.out
    data = world.run("plan", "--at", "18:00", "--output", "json").data
    assert data["timezone"] == "Asia/Tokyo"
    assert data["at"] % 86_400 == 9 * 3600


@pytest.mark.usefixtures("_converged")
def test_a_time_without_a_zone_is_in_this_machine_s_where_no_schedule_has_one(
    world: World,
) -> None:
    found = world.run("plan", "--at", "18:00")

    assert "(18:00 in this machine's time zone, " in found.out
