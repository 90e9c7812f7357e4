"""Rooms that a person paused, released or has forgotten, and how each is shown."""

from typing import Any

from reconciler.bootstrap import person
from tests.cli.commands.test_redial import PAIR, converged, hang_up
from tests.cli.conftest import World

OTHER = PAIR.replace("conference: line", "conference: other").replace(
    "+1555123", "+1555124"
)


def room(world: World, name: str = "line") -> dict[str, Any]:
    data = world.run("status", "--output", "json").data
    return next(each for each in data["rooms"] if each["conference"] == name)


def test_a_pause_outlives_a_file_that_is_moved_away_and_back(world: World) -> None:
    converged(world)
    file = world.write(PAIR.replace("ann: {", "ann: {muted: false, "))
    world.write(OTHER, "other.yaml")
    assert world.run("sync").code == 0
    assert world.run("pause", "line").code == 0
    world.tell("change", who="ann", muted=True)
    away = file.rename(world.folder / "line.away")
    assert world.run("sync").code == 0
    assert room(world)["state"] == "released"
    away.rename(file)
    world.forget()
    planned = world.run("plan")
    assert "paused" in planned.out
    assert world.run("sync").code == 4
    assert world.writes() == []
    assert room(world)["state"] == "paused"
    assert world.run("resume", "line").code == 0
    assert world.run("sync").code == 0
    assert world.people()["ann"]["muted"] is False


def test_a_paused_room_shows_its_people_who_paused_it_and_until_when(
    world: World,
) -> None:
    converged(world)
    hang_up(world, "bob")
    paused = world.run("pause", "line", "--for", "30m")
    assert paused.code == 0
    assert "No changes will be made" in paused.out
    shown = room(world)
    assert shown["state"] == "paused"
    assert shown["paused_by"] == person()
    assert shown["paused_until"] is not None
    phases = {each["label"]: each["phase"] for each in shown["members"]}
    assert phases == {"ann": "connected", "bob": "left"}
    text = world.run("status").out
    assert "ann" in text
    assert "until 20" in text
    assert f"by {person()}" in text
    assert "reconciler resume line" in text
    assert "reconciler resume line" in world.run("sync").out


def test_a_released_room_stays_released_until_its_file_changes_or_it_is_resumed(
    world: World,
) -> None:
    converged(world)
    done = world.run("release", "line")
    assert (done.code, "reconciler resume line" in done.out) == (0, True)
    hang_up(world, "ann")
    assert world.run("sync").code == 4
    shown = room(world)
    assert (shown["state"], shown["released_by"] is not None) == ("released", True)
    assert "reconciler resume line" in world.run("status").out
    assert "reconciler resume line" in world.run("explain", "line", "ann").out
    assert world.run("resume", "line").code == 0
    assert room(world)["state"] == "converged"
    assert world.run("release", "line").code == 0
    world.write(PAIR.replace("ann: {", "ann: {muted: true, "))
    assert world.run("redial", "line", "ann").code == 78
    assert world.run("sync").code == 0
    assert room(world)["state"] == "converged"


def test_a_released_room_is_forgotten_and_a_managed_one_is_not(world: World) -> None:
    converged(world)
    refused = world.run("forget", "line", "--yes")
    assert refused.code == 78
    assert "reconciler release line" in refused.err
    assert world.run("release", "line").code == 0
    asked = world.run("forget", "line")
    assert (asked.code, "--yes" in asked.err) == (64, True)
    done = world.run("forget", "line", "--yes")
    assert (done.code, done.out) == (0, "Forgot line.\n")
    assert world.run("status", "line").code == 78
    assert "room.forgotten" in world.run("events").out
    assert world.writes() == []
    assert sorted(world.people()) == ["ann", "bob"]


def test_either_all_rooms_are_known_or_nothing_is_decided(world: World) -> None:
    converged(world)
    for verb in (("release",), ("forget", "--yes")):
        done = world.run(*verb, "line", "nowhere")
        assert done.code == 78
        assert "nowhere" in done.err
        assert room(world)["state"] == "converged"


def test_a_room_that_everybody_has_left_is_not_as_declared(world: World) -> None:
    converged(world)
    hang_up(world, "ann")
    assert world.run("sync").code == 0
    assert "1 of 2 people have left line" in world.run("plan").out
    hang_up(world, "bob")
    done = world.run("sync", "--output", "json")
    assert (done.code, done.data["converged"]) == (4, False)
    assert world.run("plan", "--exit-code").code == 4
    assert world.run("status", "--exit-code").code == 4
    shown = room(world)
    assert shown["state"] == "stalled"
    assert "reconciler redial line --left" in shown["reason"]
    assert [each["kind"] for each in shown["conditions"]] == ["everybody-left"]
    for words in (("plan",), ("sync",), ("status",)):
        text = world.run(*words).out
        assert "everybody has left" in text
        assert "reconciler redial line --left" in text
        assert "as declared" not in text


def test_a_room_that_was_ended_and_is_open_again_calls_everybody(world: World) -> None:
    converged(world)
    world.write(PAIR + "state: ended\n")
    assert world.run("sync").code == 0
    assert world.people() == {}
    world.write(PAIR)
    assert world.run("plan", "--exit-code").code == 2
    assert world.run("sync").code == 0
    assert sorted(world.people()) == ["ann", "bob"]


def test_a_room_that_nobody_can_start_is_shown_so(world: World) -> None:
    quiet = PAIR.replace("{to", "{start_conference_on_enter: false, to")
    world.write(quiet)
    done = world.run("sync")
    assert done.code == 4
    assert "start_conference_on_enter" in done.out
    shown = room(world)
    assert (shown["state"], shown["conference_status"]) == ("stalled", "init")
    assert [each["kind"] for each in shown["conditions"]] == ["not-started"]


def test_a_sync_whose_time_is_up_says_so_and_who_was_not_called_yet(
    world: World,
) -> None:
    people = "".join(f'  p{n}: {{to: "+1555123000{n}"}}\n' for n in range(6))
    head = PAIR.partition("  ann")[0]
    world.write(head + people)
    done = world.run("sync", "--timeout", "1s", RECONCILER_CALLS_PER_SECOND="1")
    assert done.code == 3
    assert "people not called yet: " in done.out
    assert "p5" in done.out
    assert "Not converged within 1 s (--timeout)" in done.err


def test_a_released_room_whose_phone_rings_is_not_forgotten(world: World) -> None:
    world.write(PAIR)
    world.tell("people", address="+15551230001", answers_after="60s")
    world.run("sync", "--no-wait")
    world.run("release", "line")
    refused = world.run("forget", "line", "--yes")
    assert refused.code == 78, refused.out
    assert "may ring until" in refused.err
    assert "reconciler forget line" in refused.err
